"""Batch execution as classic's clients did it: upload, submit, start, poll, download, delete.

The samples of the help pages and of Consume (Python, C#), azmlclient's flow and PowerShell's cmdlet are kept as they
were, but for URL, key and connection string. Uploads go through Azure's own client.
"""

import csv
import datetime
import http.server
import io
import json
import ssl
import threading
import time
import urllib.error
import urllib.request

import pytest
import requests
from azure.core.exceptions import HttpResponseError, ResourceExistsError
from azure.storage.blob import BlobServiceClient, ContainerClient
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from portico import Server
from wire import Wire, exchange, request

COLUMNS = ["island", "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g", "sex"]
ROWS = [["Torgersen", "39.1", "18.7", "181", "3750", "male"], ["Biscoe", "46.1", "13.2", "211", "4500", "female"]]
LABELS = ["Adelie", "Gentoo"]
CSV = "\n".join(",".join(row) for row in [COLUMNS, *ROWS]) + "\n"
WAITS_S = 60


@pytest.fixture(scope="module")
def connection_string(species):
    """What a customer puts where their Azure account's connection string stood."""
    answer = requests.get(
        species.api_location + "/blobs",
        params={"comp": "connectionstring"},
        headers={"Authorization": "Bearer " + species.primary_key},
        timeout=60,
    )
    assert answer.status_code == 200
    return answer.json()["connection_string"]


@pytest.fixture(scope="module")
def uploaded(connection_string):
    """A container with one table in it, made by Azure's client."""
    container = BlobServiceClient.from_connection_string(connection_string).get_container_client("mycontainer")
    container.create_container()
    container.upload_blob("input1datablob.csv", CSV.encode(), overwrite=True)
    return "mycontainer"


def check(text, delimiter=","):
    """The rows came back in their order, with their labels."""
    names, *rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    assert names[:7] == [*COLUMNS, "Scored Labels"]
    assert [row[:6] for row in rows] == ROWS
    assert [row[6] for row in rows] == LABELS
    return names


# The sample of the help page, Python.


def invoke_batch_execution_service(url, api_key, connection_string, container):
    """The sample; it returns what it would have saved to files, by output."""
    payload = {
        "Inputs": {"input1": {"ConnectionString": connection_string, "RelativeLocation": "/" + container + "/input1datablob.csv"}},
        "Outputs": {"output1": {"ConnectionString": connection_string, "RelativeLocation": "/" + container + "/output1results.csv"}},
        "GlobalParameters": {},
    }
    body = str.encode(json.dumps(payload))
    headers = {"Content-Type": "application/json", "Authorization": ("Bearer " + api_key)}
    # submit the job
    req = urllib.request.Request(url + "?api-version=2.0", body, headers)
    response = urllib.request.urlopen(req)
    result = response.read()
    job_id = result[1:-1].decode()
    # start the job
    req = urllib.request.Request(url + "/" + job_id + "/start?api-version=2.0", str.encode(""), headers)
    response = urllib.request.urlopen(req)
    url2 = url + "/" + job_id + "?api-version=2.0"
    until = time.monotonic() + WAITS_S
    while time.monotonic() < until:
        req = urllib.request.Request(url2, headers={"Authorization": ("Bearer " + api_key)})
        response = urllib.request.urlopen(req)
        result = json.loads(response.read())
        status = result["StatusCode"]
        if status == 0 or status == "NotStarted":
            pass
        elif status == 1 or status == "Running":
            pass
        elif status == 2 or status == "Failed":
            raise AssertionError("Error details: " + result["Details"])
        elif status == 3 or status == "Cancelled":
            raise AssertionError("Job " + job_id + " cancelled!")
        elif status == 4 or status == "Finished":
            return process_results(result)
        time.sleep(0.2)
    raise AssertionError("timed out")


def process_results(result):
    """The sample's own, without the files."""
    saved = {}
    results = result["Results"]
    for output_name in results:
        result_blob_location = results[output_name]
        sas_token = result_blob_location["SasBlobToken"]
        base_url = result_blob_location["BaseLocation"]
        relative_url = result_blob_location["RelativeLocation"]
        url3 = base_url + relative_url + sas_token
        saved[output_name] = urllib.request.urlopen(url3).read().decode()
    return saved


def test_pythons_sample(species, connection_string, uploaded):
    saved = invoke_batch_execution_service(species.api_location + "/jobs", species.primary_key, connection_string, uploaded)
    assert list(saved) == ["output1"]
    check(saved["output1"])
    # The override is where it was asked for, to be read by Azure's client too.
    container = ContainerClient.from_connection_string(connection_string, uploaded)
    assert container.download_blob("output1results.csv").readall().decode() == saved["output1"]


def test_azures_client_finds_what_it_expects(species, connection_string):
    service = BlobServiceClient.from_connection_string(connection_string)
    blob = service.get_blob_client("clients", "folder/ä b.csv")
    assert not blob.exists()
    blob.upload_blob(b"one")
    with pytest.raises(ResourceExistsError):
        blob.upload_blob(b"two")
    blob.upload_blob(b"three, longer", overwrite=True)
    assert blob.exists() and blob.get_blob_properties().size == 13
    assert blob.download_blob(offset=7, length=4).readall() == b"long"
    blob.delete_blob()
    with pytest.raises(HttpResponseError) as gone:
        blob.download_blob()
    assert gone.value.status_code == 404
    wrong = connection_string.replace("AccountKey=", "AccountKey=AAAA")
    with pytest.raises(HttpResponseError) as refused:
        BlobServiceClient.from_connection_string(wrong).get_blob_client("clients", "x.csv").upload_blob(b"x")
    assert refused.value.status_code == 401


# azmlclient: references without a connection string, a look every few seconds, and a delete at the end of every job.


def execute_bes(base_url, api_key, blob_refs, out_refs):
    """The library's flow with `requests`; the status that it ended with, and its output's text."""
    session = requests.Session()
    headers = {"Content-Type": "application/json", "Authorization": "Bearer " + api_key}
    body = {"Inputs": blob_refs, "Outputs": out_refs, "GlobalParameters": {}}
    made = session.post(base_url + "/jobs?api-version=2.0", data=json.dumps(body), headers=headers, timeout=60)
    made.raise_for_status()
    job_id = made.text[1:-1]
    try:
        session.post(f"{base_url}/jobs/{job_id}/start?api-version=2.0", data="", headers=headers, timeout=60).raise_for_status()
        until = time.monotonic() + WAITS_S
        while time.monotonic() < until:
            status = session.get(f"{base_url}/jobs/{job_id}?api-version=2.0", headers=headers, timeout=60).json()
            if status["StatusCode"] in (4, "Finished"):
                location = status["Results"]["output1"]
                url = location["BaseLocation"] + location["RelativeLocation"] + location["SasBlobToken"]
                return status, requests.get(url, timeout=60).text
            if status["StatusCode"] in (2, "Failed", 3, "Cancelled"):
                return status, None
            time.sleep(0.2)
        raise AssertionError("timed out")
    finally:
        session.delete(f"{base_url}/jobs/{job_id}?api-version=2.0", headers=headers, timeout=60).raise_for_status()


def put(species, name, text):
    """Uploads with the endpoint's key alone; the reference that a job takes."""
    headers = {"Authorization": "Bearer " + species.primary_key}
    answer = requests.put(f"{species.api_location}/blobs/{name}", data=text.encode(), headers=headers, timeout=60)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_azmlclients_flow_with_its_delete(species):
    reference = put(species, "azmlclient/a.csv", CSV)
    status, text = execute_bes(species.api_location, species.secondary_key, {"input1": reference}, {})
    assert status["Details"] is None
    check(text)
    failed, _ = execute_bes(species.api_location, species.primary_key, {"input1": put(species, "azmlclient/b.csv", "a,b\n1,2\n")}, None)
    assert failed["StatusCode"] == "Failed" and "island" in failed["Details"]


def test_errors_have_all_three_keys(species):
    with pytest.raises(requests.HTTPError) as refused:
        execute_bes(species.api_location, species.primary_key, {"input2": {}}, {})
    error = refused.value.response.json()["error"]
    assert error["code"] == "BadArgument" and error["message"]
    assert error["details"][0]["code"] == "InvalidInputNames"


# C#: HttpClient with PostAsJsonAsync (chunked, with Expect) and PostAsync(…, null); the same bytes.


def test_csharps_bytes(species, connection_string, uploaded):
    key = ("Authorization", "Bearer " + species.primary_key)
    host = ("Host", "%s:%d" % species.address)
    reference = {"ConnectionString": connection_string, "RelativeLocation": f"{uploaded}/input1datablob.csv", "BaseLocation": None, "SasBlobToken": None}
    body = json.dumps({"Input": None, "Inputs": {"input1": reference}, "Outputs": {}, "GlobalParameters": {}}).encode()
    headers = [key, ("Content-Type", "application/json; charset=utf-8"), host, ("Transfer-Encoding", "chunked"), ("Expect", "100-continue")]
    with Wire(species.address) as wire:
        wire.send(request("POST", species.path + "/jobs?api-version=2.0", headers))
        assert wire.head().status == 100
        for piece in (body[:100], body[100:]):
            wire.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        wire.send(b"0\r\n\r\n")
        made = wire.reply()
    assert made.status == 200 and len(made.body) == 34
    job = made.json()
    start = request("POST", f"{species.path}/jobs/{job}/start?api-version=2.0", [key, host, ("Content-Length", "0")])
    started = exchange(species.address, start)
    assert 200 <= started.status < 300 and started.body == b""
    until = time.monotonic() + WAITS_S
    look = request("GET", f"{species.path}/jobs/{job}?api-version=2.0", [key, host])
    while (status := exchange(species.address, look).json())["StatusCode"] in ("NotStarted", "Running"):
        assert time.monotonic() < until
        time.sleep(0.1)
    # As the class BatchScoreStatus takes it: each of these is there, dates read as dates.
    assert status["StatusCode"] == "Finished" and set(status) >= {"Results", "Details"}
    location = status["Results"]["output1"]
    assert location["ConnectionString"] is None and location["SasBlobToken"].startswith("?sv=")
    for _ in range(2):
        gone = exchange(species.address, request("DELETE", f"{species.path}/jobs/{job}?api-version=2.0", [key, host]))
        assert 200 <= gone.status < 300


# PowerShell: Invoke-AmlWebServiceBESEndpoint.


def test_powershells_cmdlet(species):
    submit_job_request_url = species.api_location + "/jobs?api-version=2.0"
    headers = {"Authorization": "Bearer " + species.primary_key, "Content-Type": "application/json; charset=us-ascii"}
    config = json.dumps({"GlobalParameters": {}, "Inputs": {"input1": put(species, "powershell/a.csv", CSV)}})
    job = requests.post(submit_job_request_url, data=config, headers=headers, timeout=60).text.replace('"', "")
    # Text in text, as the cmdlet makes its URLs.
    start_url = submit_job_request_url.replace("jobs?api-version=2.0", "jobs/" + job + "/start?api-version=2.0")
    status_url = submit_job_request_url.replace("jobs?api-version=2.0", "jobs/" + job + "?api-version=2.0")
    assert start_url != submit_job_request_url != status_url
    assert requests.post(start_url, headers=headers, timeout=60).ok
    until = time.monotonic() + WAITS_S
    # It polls without a pause.
    while True:
        status = requests.get(status_url, headers=headers, timeout=60).json()
        if status["StatusCode"] in ("Failed", "Canceled", "Finished"):
            break
        assert time.monotonic() < until
    assert status["StatusCode"] == "Finished"


def test_the_portal_shows_the_url_that_they_replace_in(server, species):
    answer = requests.get(
        f"{server.base_url}/api/v1/workspaces/{species.workspace_id}/services/{species.service_id}/endpoints/{species.name}",
        headers={"Authorization": "Bearer " + server.workspace_token},
        timeout=60,
    )
    assert answer.json()["urls"]["batch"] == species.api_location + "/jobs?api-version=2.0"


# The first clients: no version, no start, one result, numbers.


def test_clients_of_february_2015(species, connection_string, uploaded):
    headers = {"Authorization": "Bearer " + species.primary_key}
    blob = {"ConnectionString": connection_string, "RelativeLocation": f"/{uploaded}/input1datablob.csv"}
    out = {"ConnectionString": connection_string, "RelativeLocation": f"/{uploaded}/old.tsv"}
    made = requests.post(species.api_location + "/jobs", json={"Input": blob, "Output": out, "GlobalParameters": {}}, headers=headers, timeout=60)
    job, until = made.json(), time.monotonic() + WAITS_S
    while (status := requests.get(f"{species.api_location}/jobs/{job}", headers=headers, timeout=60).json())["StatusCode"] < 2:
        assert time.monotonic() < until
        time.sleep(0.1)
    assert status["StatusCode"] == 4 and "Results" not in status
    location = status["Result"]
    check(requests.get(location["BaseLocation"] + location["RelativeLocation"] + location["SasBlobToken"], timeout=60).text, "\t")
    assert requests.delete(f"{species.api_location}/jobs/{job}", headers=headers, timeout=60).ok


def test_a_wrong_key_is_told_as_everywhere(species):
    for call in (requests.post, requests.get, requests.delete):
        answer = call(species.api_location + "/jobs/" + "0" * 32 + ("/start" if call is requests.post else ""), headers={"Authorization": "Bearer wrong"}, timeout=60)
        assert answer.status_code == 401
        assert answer.json()["error"]["details"][0]["message"] == "Invalid credentials provided."
    with pytest.raises(urllib.error.HTTPError) as refused:
        invoke_batch_execution_service(species.api_location + "/jobs", "wrong", "", "")
    assert refused.value.code == 401


# Inputs on another host, which an administrator allowed, over TLS.


@pytest.fixture
def storage(tmp_path):
    """A host with one table, known by its certificate; its URL and the file of the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    class Storage(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            found = self.path == "/mycontainer/a.csv?sv=1&sig=x%2B"
            self.send_response(200 if found else 403)
            self.send_header("Content-Length", str(len(CSV) if found else 0))
            self.end_headers()
            self.wfile.write(CSV.encode() if found else b"")

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Storage)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://localhost:{server.server_address[1]}/", str(tmp_path / "cert.pem")
    server.shutdown()


@pytest.mark.parametrize("trusted", [True, False])
def test_an_input_comes_over_tls_from_an_allowed_host(storage, monkeypatch, trusted):
    url, certificate = storage
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", certificate)
    server = Server.start("--allow-source", "localhost", "--allow-source", "127.0.0.1")
    try:
        endpoint = server.endpoint("Penguin species", "northwind")
        blob = {"BaseLocation": url, "RelativeLocation": "mycontainer/a.csv", "SasBlobToken": "?sv=1&sig=x%2B", "ConnectionString": None}
        status, text = execute_bes(endpoint.api_location, endpoint.primary_key, {"input1": blob}, {})
        if trusted:
            check(text)
        else:
            assert status["StatusCode"] == "Failed" and "localhost does not answer" in status["Details"]
        assert "sig=x" not in server.log()
    finally:
        server.stop()
