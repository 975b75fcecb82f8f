"""Twenty fitted pipelines, published by the Python helper and scored through an endpoint as Python scores them.

Each is trained on made-up customers: numbers, whole numbers, texts and truth values, some of them missing. The rows that
are scored were not trained on. A pipeline agrees if all its labels are equal and all its values within 1e-5, relative
above 1; what does not agree is named in DIFFERS with how far it may be off.
"""

import csv
import http.server
import importlib.util
import io
import json
import sys
import threading
import zipfile
from pathlib import Path

import lightgbm as lgb
import numpy as np
import onnx
import pandas as pd
import pytest
import requests
import xgboost as xgb
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet, LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

SEED = 20140090
ROWS, HELD_OUT = 600, 1_000
NUMBERS = ["income", "age", "balance"]
WHOLE = ["children", "years"]
TEXTS = ["town", "plan"]
# What may differ, and how far: the share of labels, and the largest difference of a value.
DIFFERS = {
    # LightGBM compares in 64 bits, ONNX in 32: one row in a thousand falls to the other side of a threshold.
    "LightGBM regression on texts, missing values": (0.0, 0.02),
}


def _helper():
    """clients/python's package under another name: this folder has a module `portico` of its own."""
    folder = Path(__file__).resolve().parents[2] / "clients/python/portico"
    place = importlib.util.spec_from_file_location(
        "portico_client", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    module = importlib.util.module_from_spec(place)
    sys.modules["portico_client"] = module
    place.loader.exec_module(module)
    return module


portico = _helper()


def customers(rows, seed, missing=False):
    """Customers, whether each has churned, which of three plans suits them, and what they spend."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "income": random.lognormal(10, 0.5, rows).round(2),
            "age": random.uniform(18, 90, rows).round(1),
            "balance": random.normal(0, 1_000, rows).round(2),
            "children": random.integers(0, 5, rows),
            "years": random.integers(0, 30, rows),
            "town": random.choice(["Ulm", "Jena", "Köln", "Bad Tölz"], rows),
            "plan": random.choice(["basic", "plus", "pro"], rows),
            "mobile": random.random(rows) < 0.5,
        }
    )
    town = frame["town"].map({"Ulm": 0.0, "Jena": 1.0, "Köln": -1.0, "Bad Tölz": 2.0})
    score = (
        (frame["income"] - 22_000) / 15_000 + (frame["age"] - 50) / 40 + frame["children"] / 3 + town / 2
        + frame["mobile"] + random.normal(0, 0.5, rows)
    )
    spends = (1_000 + 300 * score + 0.2 * frame["balance"]).round(2)
    churns = np.where(score > score.median(), "yes", "no")
    suits = np.digitize(score, np.quantile(score, [0.3, 0.7]))
    if missing:
        for name in NUMBERS:
            frame.loc[random.random(rows) < 0.15, name] = np.nan
        for name in TEXTS:
            frame.loc[random.random(rows) < 0.15, name] = None
    return frame, {"churns": churns, "suits": suits, "spends": spends.to_numpy()}


def prepared(model, numbers=StandardScaler, texts=None, impute=False):
    """A pipeline over columns of numbers and texts."""
    number = make_pipeline(SimpleImputer(strategy="median"), numbers()) if impute else numbers()
    text = texts or OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = ColumnTransformer([("numbers", number, NUMBERS + WHOLE), ("texts", text, TEXTS)])
    return make_pipeline(columns, model)


def quiet(kind, **options):
    return kind(n_estimators=30, random_state=SEED, n_jobs=1, **options)


def lightgbm(kind, **options):
    return quiet(kind, verbose=-1, num_leaves=15, **options)


# Name: the model, what it predicts, which columns it takes (None: all), whether values are missing.
PIPELINES = {
    "logistic regression on texts": (prepared(LogisticRegression(max_iter=500)), "churns", None, False),
    "logistic regression of three classes, missing values": (
        prepared(LogisticRegression(max_iter=500), impute=True), "suits", None, True),
    "random forest on texts": (prepared(quiet(RandomForestClassifier, max_depth=6)), "churns", None, False),
    "decision tree on a matrix": (DecisionTreeClassifier(max_depth=5, random_state=SEED), "suits", NUMBERS, False),
    "gradient boosting on texts, missing values": (
        prepared(GradientBoostingClassifier(n_estimators=30, random_state=SEED), impute=True), "churns", None, True),
    "histogram gradient boosting, missing numbers": (
        HistGradientBoostingClassifier(max_iter=30, random_state=SEED), "churns", NUMBERS, True),
    "naive Bayes on a matrix": (make_pipeline(StandardScaler(), GaussianNB()), "suits", NUMBERS, False),
    "support vectors on a matrix": (
        make_pipeline(StandardScaler(), SVC(random_state=SEED)), "churns", NUMBERS, False),
    "neural network on texts": (
        prepared(MLPClassifier([16], max_iter=400, tol=1e-3, random_state=SEED)), "churns", None, False),
    "linear regression on texts": (prepared(LinearRegression()), "spends", None, False),
    "elastic net, missing values": (prepared(ElasticNet(), numbers=MinMaxScaler, impute=True), "spends", None, True),
    "random forest regression on texts": (
        prepared(quiet(RandomForestRegressor, max_depth=6), texts=OrdinalEncoder()), "spends", None, False),
    "extra trees regression on a matrix": (quiet(ExtraTreesRegressor, max_depth=6), "spends", NUMBERS + WHOLE, False),
    "gradient boosting regression on texts": (
        prepared(GradientBoostingRegressor(n_estimators=30, random_state=SEED)), "spends", None, False),
    "nearest neighbours": (make_pipeline(MinMaxScaler(), KNeighborsRegressor()), "spends", NUMBERS, False),
    "LightGBM classes, missing numbers": (lightgbm(lgb.LGBMClassifier), "suits", NUMBERS + WHOLE, True),
    "LightGBM on texts": (prepared(lightgbm(lgb.LGBMClassifier)), "churns", None, False),
    "LightGBM regression on texts, missing values": (
        prepared(lightgbm(lgb.LGBMRegressor), numbers=MinMaxScaler, impute=True), "spends", None, True),
    "XGBoost classes, missing numbers": (quiet(xgb.XGBClassifier, max_depth=4), "suits", NUMBERS + WHOLE, True),
    "XGBoost regression on texts": (prepared(quiet(xgb.XGBRegressor, max_depth=4)), "spends", None, False),
}


@pytest.fixture(scope="module")
def api(server):
    """The demo's workspace."""
    workspace = server.demo["endpoints"][0]["workspace_id"]
    return {"url": server.base_url, "workspace": workspace, "token": server.workspace_token}


def ask(api, method, path, **sent):
    url = f"{api['url']}/api/v1/workspaces/{api['workspace']}{path}"
    headers = {"Authorization": f"Bearer {api['token']}", **sent.pop("headers", {})}
    return requests.request(method, url, headers=headers, timeout=60, **sent)


def cell(value):
    """A cell of a frame as JSON."""
    if value is None or value != value:
        return None
    return value.item() if hasattr(value, "item") else value


def score(api, service, frame):
    """All rows through a new endpoint of the service, signed in with the workspace's token."""
    rows = [
        {name: "" if cell(value) is None and name in TEXTS else cell(value) for name, value in row.items()}
        for row in frame.to_dict("records")
    ]
    answer = ask(api, "POST", f"/services/{service}/endpoints/default/score", json={"rows": rows})
    assert answer.status_code == 200, answer.text
    return answer.json()


def fitted(name):
    model, target, names, missing = PIPELINES[name]
    frame, outcome = customers(ROWS, SEED, missing)
    held_out, _ = customers(HELD_OUT, SEED + 1, missing)
    if names:
        frame, held_out = frame[names], held_out[names]
    y = outcome[target]
    model.fit(frame, y)
    return model, held_out


def compare(answer, model, held_out):
    """The share of labels that differ, and the largest difference of a value."""
    columns = answer["columns"]
    scored = dict(zip(columns, zip(*answer["rows"])))
    predicted = model.predict(held_out)
    if not hasattr(model, "classes_"):
        found = np.array(scored["Scored Labels"], dtype=float)
        return 0.0, float(np.max(np.abs(found - predicted) / np.maximum(1, np.abs(predicted))))
    labels = [str(label) for label in scored["Scored Labels"]]
    share = np.mean([str(label) != found for label, found in zip(predicted, labels)])
    if not hasattr(model, "predict_proba"):
        return float(share), 0.0
    wanted = model.predict_proba(held_out)
    found = np.array([scored[f'Scored Probabilities for Class "{label}"'] for label in model.classes_], dtype=float).T
    return float(share), float(np.max(np.abs(found - wanted)))


agreed = {}


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_scores_as_in_python(api, name):
    model, held_out = fitted(name)
    result = portico.publish(model, held_out, name=f"Twenty: {name}", notes="Made up.", **api)
    assert result.version == 1
    share, largest = compare(score(api, result.service_id, held_out), model, held_out)
    agreed[name] = share == 0 and largest <= 1e-5
    print(f"{name}: {share:.2%} of labels differ, largest difference {largest:.1e}")

    # The version says of itself what was found from outside.
    version = ask(api, "GET", f"/services/{result.service_id}/versions/1").json()
    parity = version["parity"]
    assert result.parity == parity
    assert (parity["rows"], parity["compared"]) == (HELD_OUT, HELD_OUT)
    assert parity["label_share"] == pytest.approx(share, abs=1e-9)
    assert parity["largest_difference"] == pytest.approx(largest, rel=1e-3, abs=1e-6)
    assert parity["engine"].startswith("ONNX Runtime ")
    assert version["published_by"] == "workspace token"

    if name in DIFFERS:
        most_labels, most = DIFFERS[name]
        assert share <= most_labels <= 0.001
        assert largest <= most
    else:
        assert agreed[name], f"{share:.2%} of labels differ, largest difference {largest:.1e}"


def test_at_least_eighteen_of_twenty_agree():
    if len(agreed) < len(PIPELINES):
        pytest.skip("not all pipelines were run")
    assert len(PIPELINES) == 20
    assert sum(agreed.values()) >= 18, [name for name, same in agreed.items() if not same]
    assert {name for name, same in agreed.items() if not same} <= set(DIFFERS)


def test_a_second_call_publishes_the_next_version_and_a_breaking_one_is_refused(api):
    frame, outcome = customers(200, SEED)
    name = "Churn of the tests"
    model = prepared(LogisticRegression(max_iter=500)).fit(frame, outcome["churns"])
    said = []
    first = portico.publish(model, frame, name=name, progress=said.append, **api)
    again = portico.publish(model, frame, name=name, notes="The same.", **api)
    assert (first.version, again.version) == (1, 2)
    assert again.service_id == first.service_id
    assert again.difference == {"from": 1, "changes": []}
    assert said[0] == f"Uploading {name}.zip" and said[-1] == "Publishing"
    narrower = DecisionTreeClassifier(max_depth=3, random_state=SEED).fit(frame[NUMBERS], outcome["churns"])
    with pytest.raises(portico.Refused) as refused:
        portico.publish(narrower, frame[NUMBERS], name=name, **api)
    assert refused.value.status == 422
    codes = {(error["pointer"], error["code"]) for error in refused.value.errors}
    assert ("/schema/inputs/town", "breaking_removed") in codes
    assert "“town” is no input any more." in str(refused.value)
    versions = ask(api, "GET", f"/services/{first.service_id}/versions").json()["items"]
    assert [version["number"] for version in versions] == [2, 1]
    accepted = portico.publish(narrower, frame[NUMBERS], name=name, accept_breaking=True, **api)
    assert accepted.version == 3
    assert any(change["breaking"] for change in accepted.difference["changes"])
    called = requests.get(accepted.url.split("/execute")[0] + "/swagger.json", timeout=60)
    assert called.status_code == 200


def test_a_package_is_a_file_that_says_what_is_in_it(tmp_path):
    frame, outcome = customers(200, SEED, missing=True)
    model = prepared(LogisticRegression(max_iter=500), impute=True).fit(frame, outcome["churns"])
    path = tmp_path / "churn.zip"
    portico.package(model, frame, path, name="Churn", descriptions={"age": "In years."}, nullable=["children"])
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        samples = archive.read("samples.csv").decode().splitlines()
        expected = archive.read("expected.csv").decode().splitlines()
        graph = archive.read("model.onnx")
    columns = {column["name"]: column for column in manifest["inputs"]}
    assert columns["town"]["type"] == "string" and columns["town"]["nullable"]
    assert columns["town"]["categories"] == ["Bad Tölz", "Jena", "Köln", "Ulm"]
    assert columns["age"]["nullable"] and columns["age"]["description"] == "In years."
    assert columns["age"]["min"] >= 18 and columns["age"]["max"] <= 90
    assert columns["years"]["type"] == "integer" and not columns["years"]["nullable"]
    assert columns["children"]["nullable"]
    assert [output["column"] for output in manifest["outputs"]] == [
        "Scored Labels", 'Scored Probabilities for Class "no"', 'Scored Probabilities for Class "yes"']
    assert len(samples) == len(expected) == 201
    assert {tensor.name for tensor in onnx.load_from_string(graph).graph.input} >= {"town", "age", "years"}


@pytest.mark.parametrize("model, X, words", [
    (StandardScaler().fit([[0.0], [1.0]]), [[1.0]], "predicts nothing that a web service could answer"),
    (LinearRegression().fit([[0.0], [1.0]], [0, 1]), [1.0], "X is a table"),
    (LinearRegression().fit([[0.0], [1.0]], [0, 1]), [["a"]], "numbers alone"),
    (LinearRegression().fit([[0.0], [1.0]], [0, 1]), np.zeros((0, 1)), "at least one of each"),
])
def test_what_can_not_be_published_is_told_before_anything_is_sent(tmp_path, model, X, words):
    with pytest.raises(ValueError, match=words):
        portico.package(model, X, tmp_path / "x.zip", name="x")


def test_a_wrong_token_and_a_model_that_is_none_are_refused(api, tmp_path):
    model = LinearRegression().fit([[0.0], [1.0]], [0, 1])
    with pytest.raises(portico.Refused) as refused:
        portico.publish(model, [[1.0], [2.0]], name="x", **{**api, "token": "nobody's"})
    assert refused.value.status == 401
    path = tmp_path / "model.onnx"
    path.write_bytes(b"no model")
    with pytest.raises(portico.Refused, match="model.onnx"):
        portico.upload(path, "model.onnx", **api)
    drafts = ask(api, "GET", "/drafts").json()["items"]
    assert all(draft["state"] == "published" for draft in drafts)


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers what its server was told to, and keeps what came."""

    def answer(self):
        self.server.came.append((self.path, self.headers["Authorization"]))
        # The client says how much it sends.
        assert self.command != "POST" or self.headers["Content-Length"]
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        status, headers, body = self.server.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


@pytest.fixture
def answering():
    """Makes servers that give one answer each."""
    servers = []

    def make(status, headers, body=b""):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        server.answer, server.came = (status, headers, body), []
        server.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()


def send(url, file_name="model.onnx", **more):
    return portico.upload(io.BytesIO(b"x"), file_name, url=url, workspace="w", token=" secret\n", **more)


@pytest.mark.parametrize("url", ["http://portico.example", "http://10.0.0.1:8080", "http://localhost.example/"])
def test_the_token_does_not_travel_in_clear_to_another_machine(url):
    with pytest.raises(portico.PorticoError, match="in clear"):
        send(url)


@pytest.mark.parametrize("url", ["ftp://portico.example", "file:///etc/passwd", "portico.example", "https://"])
def test_an_address_that_is_none_is_told(url):
    with pytest.raises(portico.PorticoError, match="no address of a server"):
        send(url)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_with_the_token(answering, status):
    other = answering(200, {}, b"{}")
    first = answering(status, {"Location": other.url + "/"})
    with pytest.raises(portico.Refused) as refused:
        send(first.url)
    assert refused.value.status == status
    assert other.came == []
    assert [token for _, token in first.came] == ["Bearer secret"]


def test_a_loopback_address_is_reached_without_a_proxy(answering, monkeypatch):
    proxy, server = answering(200, {}, b"{}"), answering(404, {})
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(portico.Refused):
        send(server.url)
    assert proxy.came == [] and len(server.came) == 1
    # To another machine only if it is wanted, and then by the proxy that is set.
    with pytest.raises(KeyError):
        send("http://portico.example", insecure=True)
    assert len(proxy.came) == 1


def test_an_answer_that_breaks_off_or_is_none_is_told(answering):
    with pytest.raises(portico.PorticoError, match="broke off"):
        send(answering(200, {"Content-Length": "100"}, b"{").url)
    with pytest.raises(portico.PorticoError, match="does not answer as Portico does"):
        send(answering(200, {}, b"<html>").url)
    with pytest.raises(portico.Refused):
        send(answering(500, {"Content-Length": "100"}, b"{").url)


def test_a_file_name_is_made_plain(answering):
    server = answering(404, {})
    with pytest.raises(portico.Refused):
        send(server.url, "a/b\\c\nd.onnx")
    assert server.came[0][0].endswith("?file=a_b_c_d.onnx")


def tables(path):
    """The manifest and both tables of a package."""
    with zipfile.ZipFile(path) as archive:
        read = {name: archive.read(name).decode() for name in archive.namelist() if name != "model.onnx"}
    rows = {name: list(csv.reader(io.StringIO(read[name], newline=""))) for name in ("samples.csv", "expected.csv")}
    return json.loads(read["manifest.json"]), rows["samples.csv"], rows["expected.csv"]


def test_expected_labels_may_be_given_in_any_form(tmp_path):
    frame, outcome = customers(50, SEED)
    model = LogisticRegression(max_iter=2_000).fit(frame[NUMBERS], outcome["suits"])
    path = tmp_path / "x.zip"
    wanted = [["1"] for _ in range(50)]
    shifted = pd.Series([1] * 50, index=range(1_000, 1_050))
    for y in ([1] * 50, shifted, shifted.to_frame(), np.ones((50, 1)), [1] * 60):
        portico.package(model, frame[NUMBERS], path, name="x", y=y)
        manifest, _, expected = tables(path)
        # The probabilities are the model's own, whoever gave the labels.
        assert [output["kind"] for output in manifest["outputs"]] == ["label"] + ["probability"] * 3
        assert [row[:1] for row in expected[1:]] == wanted
    large = 2**60 + 1
    model.classes_ = np.array([large, large + 1, large + 2])
    portico.package(model, frame[NUMBERS], path, name="x", y=[large] * 50)
    assert tables(path)[2][1][0] == str(large)


def test_several_labels_at_once_are_refused(tmp_path):
    frame, outcome = customers(50, SEED)
    both = np.column_stack([outcome["suits"] > 0, outcome["suits"] > 1]).astype(int)
    model = DecisionTreeClassifier(max_depth=2, random_state=SEED).fit(frame[NUMBERS], outcome["suits"])
    with pytest.raises(ValueError, match="several labels at once"):
        portico.package(model, frame[NUMBERS], tmp_path / "x.zip", name="x", y=both)
    several = MLPClassifier([4], max_iter=20, random_state=SEED).fit(frame[NUMBERS], both)
    with pytest.raises(ValueError, match="several labels at once"):
        portico.package(several, frame[NUMBERS], tmp_path / "x.zip", name="x")


def test_what_no_table_holds_is_cut_off_and_lines_stay_whole(tmp_path, monkeypatch):
    frame = pd.DataFrame({"n": [1.0, 2.0, 3.0], "t": ["a\rb", "c\nd", 'e"f']})
    encode = ColumnTransformer([("n", StandardScaler(), ["n"]), ("t", OrdinalEncoder(), ["t"])])
    model = make_pipeline(encode, LinearRegression()).fit(frame, [1.0, 2.0, 3.0])
    path = tmp_path / "x.zip"
    portico.package(model, frame, path, name="x")
    assert [row[1] for row in tables(path)[1]] == ["t", "a\rb", "c\nd", 'e"f']
    long = pd.DataFrame({"n": [1.0, 2.0, 3.0] * 20, "t": ["a\rb", "c\nd", 'e"f'] * 20})
    monkeypatch.setattr(sys.modules["portico_client._package"], "TABLE_BYTES_MAX", 200)
    portico.package(model, long, path, name="x")
    _, samples, expected = tables(path)
    assert len(samples) == len(expected)
    assert 2 < len(samples) < 20
    monkeypatch.setattr(sys.modules["portico_client._package"], "TABLE_BYTES_MAX", 5)
    with pytest.raises(ValueError, match="a row of X takes more than"):
        portico.package(model, long, path, name="x")
