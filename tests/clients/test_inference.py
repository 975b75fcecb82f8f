"""Open Inference Protocol with NVIDIA's own client, `tritonclient[http]`: an endpoint's URL and its key are all it needs."""

import json
import os
import subprocess
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import requests
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

MODELS = Path(__file__).resolve().parent.parent / "fixtures/models"
SPECIES = "Penguin species"
NUMBERS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
CLASSES = ["Adelie", "Chinstrap", "Gentoo"]
PROBABILITIES = [f'Scored Probabilities for Class "{name}"' for name in CLASSES]
LABELS = [b"Adelie", b"Gentoo"]
ROWS = {
    "island": ["Torgersen", "Biscoe"],
    "bill_length_mm": [39.0, 46.0],
    "bill_depth_mm": [18.5, 13.25],
    "flipper_length_mm": [181.0, 211.0],
    "body_mass_g": [3750.0, np.nan],
    "sex": ["male", ""],
}


class Client:
    """`tritonclient` with an endpoint's base URL and key."""

    def __init__(self, base, key):
        self.key = key
        self.base = base
        self.triton = InferenceServerClient(base.removeprefix("http://"))

    @property
    def headers(self):
        """New ones each time: `tritonclient` writes those of a call into what it is given."""
        return {"Authorization": f"Bearer {self.key}"}

    def infer(self, model, inputs, **more):
        return self.triton.infer(model, inputs, headers=self.headers, **more)

    def post(self, body, path=f"v2/models/{SPECIES}/infer", **headers):
        return requests.post(f"{self.base}/{path}", json=body, headers={**self.headers, **headers}, timeout=60)


def tensor(name, values, dtype=None, binary=True, shape=None):
    """An input tensor of these values; text becomes BYTES."""
    array = np.array([str(v).encode() for v in values], dtype=object) if dtype is object else np.array(values, dtype)
    array = array.reshape(shape or (len(values), 1))
    made = InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype))
    return made.set_data_from_numpy(array, binary_data=binary)


def penguins(binary, numbers=np.float64):
    of = {"island": object, "sex": object}
    return [tensor(name, values, of.get(name, numbers), binary) for name, values in ROWS.items()]


@pytest.fixture(scope="module")
def client(server, species):
    """The base URL as the REST API gives it."""
    path = f"/api/v1/workspaces/{species.workspace_id}/services/{species.service_id}/endpoints/{species.name}"
    request = urllib.request.Request(server.base_url + path, headers={"Authorization": f"Bearer {server.workspace_token}"})
    with urllib.request.urlopen(request, timeout=60) as response:
        urls = json.load(response)["urls"]
    assert urls["inference"] == species.api_location
    return Client(urls["inference"], species.primary_key)


def publish(server, workspace, package):
    """Publishes a package of the tests and makes an endpoint of it; its client."""
    command = [os.environ["PORTICO_BIN"], "import", "--data", server.folder / "data", "--workspace", workspace, MODELS / package]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    headers = {"Authorization": f"Bearer {server.workspace_token}"}
    services = f"{server.base_url}/api/v1/workspaces/{workspace}/services"
    listed = requests.get(services, headers=headers, timeout=60).json()["items"]
    service = next(item for item in listed if item["name"].lower() == package)
    made = requests.post(f"{services}/{service['id']}/endpoints", json={"name": "clients"}, headers=headers, timeout=60).json()
    return Client(made["endpoint"]["urls"]["inference"], made["keys"]["primary"])


@pytest.fixture(scope="module")
def twelve(server, species):
    """A service with a column of every type."""
    client = publish(server, species.workspace_id, "twelve")
    until = time.monotonic() + 10
    while not client.triton.is_server_ready(headers=client.headers) and time.monotonic() < until:
        time.sleep(0.1)
    return client


def test_health_and_metadata(client, species):
    triton, headers = client.triton, client.headers
    assert triton.is_server_live(headers=headers)
    assert triton.is_server_ready(headers=headers)
    for model in (SPECIES, species.service_id):
        assert triton.is_model_ready(model, headers=headers)
        assert triton.is_model_ready(model, "1", headers=headers)
        metadata = triton.get_model_metadata(model, headers=headers)
        assert (metadata["name"], metadata["versions"]) == (SPECIES, ["1"])
        inputs = {item["name"]: (item["datatype"], item["shape"]) for item in metadata["inputs"]}
        assert inputs == {name: ("FP64" if name in NUMBERS else "BYTES", [-1, 1]) for name in ROWS}
        outputs = {item["name"]: item["datatype"] for item in metadata["outputs"]}
        assert outputs == {"Scored Labels": "BYTES"} | {name: "FP32" for name in PROBABILITIES}
    server = triton.get_server_metadata(headers=headers)
    assert server["name"] == "portico" and {"binary_tensor_data", "portico_nullable"} <= set(server["extensions"])


def test_what_is_not_there(client):
    triton, headers = client.triton, client.headers
    assert not triton.is_model_ready("Penguin", headers=headers)
    assert not triton.is_model_ready(SPECIES, "2", headers=headers)
    for ask in (
        lambda: triton.get_model_metadata("Penguin", headers=headers),
        lambda: triton.get_model_metadata(SPECIES, "2", headers=headers),
        lambda: triton.get_model_config(SPECIES, headers=headers),
        lambda: client.infer(SPECIES, penguins(True), model_version="2"),
    ):
        with pytest.raises(InferenceServerException) as error:
            ask()
        assert error.value.status() == "404" and error.value.message()


@pytest.mark.parametrize("key", ["", "abc123"])
def test_without_a_key(client, key):
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    assert not client.triton.is_server_live(headers=headers)
    with pytest.raises(InferenceServerException) as error:
        client.triton.infer(SPECIES, penguins(False), headers=headers)
    assert error.value.status() == "401" and "Send a key" in error.value.message()


@pytest.mark.parametrize("outputs_binary", [True, False])
@pytest.mark.parametrize("inputs_binary", [True, False])
def test_penguins(client, inputs_binary, outputs_binary):
    names = ["Scored Labels", *PROBABILITIES]
    wanted = [InferRequestedOutput(name, binary_data=outputs_binary) for name in names]
    result = client.infer(SPECIES, penguins(inputs_binary), outputs=wanted, request_id="seven", model_version="1")
    response = result.get_response()
    assert (response["model_name"], response["model_version"], response["id"]) == (SPECIES, "1", "seven")
    assert [output["name"] for output in response["outputs"]] == names
    labels = [label if isinstance(label, bytes) else label.encode() for label in result.as_numpy("Scored Labels").ravel()]
    assert labels == LABELS
    probabilities = np.hstack([result.as_numpy(name) for name in PROBABILITIES])
    assert probabilities.dtype == np.float32 and probabilities.shape == (2, 3)
    assert probabilities.sum(axis=1) == pytest.approx([1, 1], abs=1e-5)


def test_all_outputs_are_binary_where_none_is_named(client):
    result = client.infer(SPECIES, penguins(True))
    assert result.as_numpy("Scored Labels").ravel().tolist() == LABELS
    assert all("binary_data_size" in output["parameters"] for output in result.get_response()["outputs"])
    whole = client.infer(SPECIES, penguins(True), outputs=[InferRequestedOutput("probabilities")])
    columns = np.hstack([result.as_numpy(name) for name in PROBABILITIES])
    assert (whole.as_numpy("probabilities") == columns).all()


@pytest.mark.parametrize(
    "dtype",
    [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64, np.float16, np.float32, np.float64, object],
)
@pytest.mark.parametrize("binary", [True, False])
def test_numbers_of_every_datatype(client, dtype, binary):
    values = {"bill_length_mm": [39, 46], "bill_depth_mm": [18, 13], "flipper_length_mm": [101, 111], "body_mass_g": [100, 120]}
    texts = [tensor(name, ROWS[name], object) for name in ("island", "sex")]
    exact = client.infer(SPECIES, texts + [tensor(name, row, np.float64) for name, row in values.items()])
    inputs = texts + [tensor(name, row, dtype, binary) for name, row in values.items()]
    if dtype is np.float16 and not binary:
        with pytest.raises(InferenceServerException, match="FP16 has no form in JSON"):
            client.infer(SPECIES, inputs)
        return
    result = client.infer(SPECIES, inputs)
    for name in PROBABILITIES:
        assert (result.as_numpy(name) == exact.as_numpy(name)).all(), name


@pytest.mark.parametrize("binary", [True, False])
def test_columns_of_every_type(twelve, binary):
    orders = [9007199254740993, 999999999999999999]
    columns = {
        "account": (["0000012345", "x"], object),
        "order_id": (orders, np.int64),
        "region": (["Süd", "Mars"], object),
        "ordered_at": (["2026-02-28T23:59:59Z", "2024-02-29"], object),
        "amount": ([9999.99, 1.0], np.float64),
        "rate": ([-0.125, 0.0], np.float32),
        "weight_kg": ([np.nan, 1.0], np.float64),
        "latitude": ([53.55073, 0.1], np.float64),
        "longitude": ([9, -9], np.int8),
        "quantity": ([3, 500], np.uint64),
        "express": ([True, False], np.bool_),
        "note": (["", "Grüße aus 東京 🗼"], object),
    }
    inputs = [tensor(name, values, dtype, binary, shape=(2,)) for name, (values, dtype) in columns.items()]
    wanted = [InferRequestedOutput(name, binary_data=binary) for name in ("Scored Labels", "Scored Order", "Scored Value")]
    result = twelve.infer("Twelve", inputs, outputs=wanted)
    order = result.as_numpy("Scored Order")
    assert order.dtype == np.int64 and order.ravel().tolist() == orders
    assert [str(label, "utf-8") if isinstance(label, bytes) else label for label in result.as_numpy("Scored Labels").ravel()] == ["high", "low"]
    assert result.as_numpy("Scored Value").ravel() == pytest.approx([19999.855, 2.0], rel=1e-6)
    inputs[1] = tensor("order_id", [2**63, 1], np.uint64, binary)
    with pytest.raises(InferenceServerException, match="Tensor order_id: row 0, column order_id: 9223372036854775808"):
        twelve.infer("Twelve", inputs)


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_compression_both_ways(client, algorithm):
    rows = 400
    inputs = [tensor(name, values * (rows // 2), object if name in ("island", "sex") else np.float64) for name, values in ROWS.items()]
    result = client.infer(SPECIES, inputs, request_compression_algorithm=algorithm, response_compression_algorithm=algorithm)
    assert result.as_numpy("Scored Labels").ravel().tolist() == LABELS * (rows // 2)
    body = {"inputs": [{"name": n, "shape": [2], "datatype": "BYTES", "data": [str(v) for v in vs]} for n, vs in ROWS.items()]}
    body["inputs"][4]["data"] = ["3750", None]
    plain = client.post(body, **{"Accept-Encoding": algorithm})
    assert plain.status_code == 200 and "Content-Encoding" not in plain.headers, "small answers are not worth it"
    for made in body["inputs"]:
        made["shape"], made["data"] = [rows], made["data"] * (rows // 2)
    packed = client.post(body, **{"Accept-Encoding": algorithm})
    assert packed.headers["Content-Encoding"] == algorithm
    assert packed.json()["outputs"][0]["data"] == [label.decode() for label in LABELS] * (rows // 2)


def test_missing_values_are_null(client):
    inputs = [{"name": n, "shape": [1, 1], "datatype": "FP64" if n in NUMBERS else "BYTES", "data": [None]} for n in ROWS]
    inputs[0]["data"] = ["Biscoe"]
    answer = client.post({"inputs": inputs, "parameters": None}).json()
    assert answer["outputs"][0]["datatype"] == "BYTES" and answer["outputs"][0]["data"][0] in CLASSES
    inputs[0]["data"] = [None]
    refused = client.post({"inputs": inputs})
    assert refused.status_code == 400 and "Tensor island: row 0, column island" in refused.json()["error"]


def test_wrong_tensors_are_named(client):
    for wrong, words in [
        (tensor("body_mass_g", ["heavy", ""], object), "Tensor body_mass_g: row 0: body_mass_g takes a number, not heavy"),
        (tensor("body_mass_g", [1.0, 2.0, 3.0], np.float32), "Tensor body_mass_g: it has 3 rows, and island has 2"),
        (tensor("mass", [1.0, 2.0], np.float32), "Tensor mass: the model has no such input"),
    ]:
        inputs = penguins(True)
        inputs[4] = wrong
        with pytest.raises(InferenceServerException) as error:
            client.infer(SPECIES, inputs)
        assert error.value.status() == "400" and words in error.value.message()


def test_the_limit_answers_429_and_says_what_it_is(server, species):
    """While a call runs that never ends by itself, with a limit of one, others say why they are not scored."""
    client = publish(server, species.workspace_id, "endless")
    endpoint = client.base.replace(server.base_url, "").split("/")
    services = f"{server.base_url}/api/v1/workspaces/{endpoint[2]}/services"
    headers = {"Authorization": f"Bearer {server.workspace_token}"}
    service = next(item for item in requests.get(services, headers=headers, timeout=60).json()["items"] if item["name"] == "Endless")
    path = f"{services}/{service['id']}/endpoints/clients"
    patch = {"throttle": {"level": "high", "max_concurrent_calls": 1}}
    assert requests.patch(path, json=patch, headers={**headers, "If-Match": "*"}, timeout=60).status_code == 200
    ends, never_ends = [tensor("x", [-1.0], np.float64)], {"name": "x", "shape": [1], "datatype": "FP64", "data": [1.0]}

    def hold():
        """The call that never ends, once it has the place: its timeout is in microseconds."""
        call = {"inputs": [never_ends], "parameters": {"timeout": 2_000_000}}
        while (answer := client.post(call, "v2/models/Endless/infer")).status_code == 429:
            pass
        return answer

    with ThreadPoolExecutor(1) as others:
        held = others.submit(hold)
        with pytest.raises(InferenceServerException) as error:
            while not held.done():
                assert client.infer("Endless", ends).as_numpy("y").ravel().tolist() == [-1.0]
        assert error.value.status() == "429" and "takes 1 calls at once" in error.value.message()
        assert held.result().status_code == 504
    # The place is free once the run has been stopped, a little after the answer to its call.
    until = time.monotonic() + 10
    while (done := client.post({"inputs": [{**never_ends, "data": [-1.0]}]}, "v2/models/Endless/infer")).status_code == 429:
        assert time.monotonic() < until
    assert done.status_code == 200
    assert done.headers["RateLimit-Policy"] == '"endpoint";q=1;qu="concurrent-requests"'
    assert done.headers["RateLimit"] == '"endpoint";r=1'


def test_curl_as_the_readme_has_it(client):
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")
    start = readme.index('curl "$URL/v2/models/')
    command = readme[start : readme.index("```", start)]
    environment = {**os.environ, "URL": client.base, "PORTICO_KEY": client.key}
    done = subprocess.run(["sh", "-c", command.replace("curl ", "curl -sS ", 1)], env=environment, capture_output=True, check=True, timeout=60)
    assert json.loads(done.stdout)["outputs"][0]["data"] == ["Adelie"]
