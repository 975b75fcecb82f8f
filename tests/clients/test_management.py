"""Classic's management wire, as its own tools spoke it: PowerShell's AzureMLPS, R's AzureML, Python's azureml, Data Factory.

Requests go out byte for byte as those clients write them; what they read from the answers is read here in the same way.
"""

import json
import re
import uuid
from pathlib import Path

import pytest

from wire import Wire, exchange, request

MODELS = Path(__file__).resolve().parents[1] / "fixtures/models/retrained"
SLOT = "Body mass model [trained model]"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
PENGUIN = {
    "species": "Adelie", "island": "Torgersen", "bill_length_mm": 39.1, "bill_depth_mm": 18.7, "flipper_length_mm": 181,
    "sex": "male",
}


class PowerShell:
    """AzureMLPS 0.3.8: .NET Framework's HttpClient under `ManagementSDK`, JSON by JavaScriptSerializer."""

    def __init__(self, mass, token):
        self.address, self.token = mass.address, token
        self.workspace = f"/workspaces/{mass.workspace_id}/webservices"
        self.service = f"{self.workspace}/{mass.service_id}"
        self.service_id = mass.service_id

    def headers(self, key):
        return [
            ("Authorization", f"Bearer {key}"),
            ("x-ms-metaanalytics-authorizationtoken", key),
            ("x-aml-sdk", "dotnetsdk_0.3.8"),
        ]

    def send(self, method, target, body=None, key=None):
        """`HttpGet`, `HttpPut`, `HttpPatch`, `HttpPost`, `HttpDelete`; a body is ASCII and waits for 100."""
        headers = self.headers(key or self.token)
        host = ("Host", "%s:%s" % self.address)
        if body is None:
            return exchange(self.address, request(method, target, [*headers, host, ("Connection", "Keep-Alive")]))
        data = body.encode("ascii", "replace")
        headers += [("Content-Type", "application/json; charset=us-ascii"), host, ("Content-Length", str(len(data))),
                    ("Expect", "100-continue")]
        with Wire(self.address) as wire:
            wire.send(request(method, target, headers))
            wire.send(data)
            return wire.reply()

    @staticmethod
    def serialise(value):
        """JavaScriptSerializer: no spaces, and what could end a script in escapes."""
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        for sign in "&<>'":
            text = text.replace(sign, f"\\u{ord(sign):04x}")
        return text

    def add(self, name, description, level="Low", calls=None):
        """`Add-AmlWebServiceEndpoint`."""
        body = {"WebServiceId": self.service_id, "EndpointName": name, "Description": description,
                "ThrottleLevel": level, "MaxConcurrentCalls": calls, "PreventUpdate": False}
        return self.send("PUT", f"{self.service}/endpoints/{name}", self.serialise(body))

    def refresh(self, name, overwrite):
        """`Refresh-AmlWebServiceEndpoint`; false where nothing was new."""
        body = '{"OverwriteResources": "' + str(overwrite) + '"}'
        reply = self.send("POST", f"{self.service}/endpoints/{name}/refresh", body)
        if reply.status == 304:
            return False
        assert reply.status == 200, reply.text
        return True


@pytest.fixture
def powershell(server, mass):
    return PowerShell(mass, server.workspace_token)


@pytest.fixture
def endpoint(powershell):
    """An endpoint of its own for a test, as the request that made it answered."""
    name = "e" + uuid.uuid4().hex[:12]
    made = powershell.add(name, "for a test", "High", 8)
    assert made.status == 200, made.text
    yield made.json()
    powershell.send("DELETE", f"{powershell.service}/endpoints/{name}")


def path_of(location):
    return "/" + location.split("://", 1)[1].split("/", 1)[1]


def upload(address, endpoint, model):
    """Puts a model into the endpoint's blob area, as the output of a retraining job is; answers its location."""
    data = (MODELS / model).read_bytes()
    target = f"{path_of(endpoint['ApiLocation'])}/blobs/retrained/{model}"
    headers = [("Host", "h"), ("Authorization", f"Bearer {endpoint['PrimaryKey']}"), ("Content-Length", str(len(data)))]
    reply = exchange(address, request("PUT", target, headers, data))
    assert reply.status == 201, reply.text
    location = reply.json()
    return {name: location[name] for name in ("BaseLocation", "RelativeLocation", "SasBlobToken")}


def grams(address, endpoint):
    """Scores one penguin as R's `consume` does: numbers without quotes."""
    body = json.dumps({"Inputs": {"input1": [PENGUIN]}, "GlobalParameters": {}}, separators=(",", ":")).encode()
    target = path_of(endpoint["ApiLocation"]) + "/execute?api-version=2.0&details=true&format=swagger"
    headers = [("Host", "h"), ("User-Agent", "R"), ("Content-Type", "application/json"),
               ("Authorization", f"Bearer {endpoint['PrimaryKey']}"), ("Content-Length", str(len(body)))]
    reply = exchange(address, request("POST", target, headers, body))
    assert reply.status == 200, reply.text
    return float(reply.json()["Results"]["output1"][0]["Scored Labels"])


def test_powershell_lists_services_and_endpoints(powershell, mass, server):
    services = powershell.send("GET", powershell.workspace).json()
    names = ["Id", "Name", "Description", "CreationTime", "WorkspaceId", "DefaultEndpointName", "EndpointCount"]
    assert all(list(service) == names for service in services)
    one = next(service for service in services if service["Id"] == mass.service_id)
    assert one == powershell.send("GET", powershell.service).json()
    assert one["Name"] == "Penguin body mass" and one["DefaultEndpointName"] == "default"
    assert isinstance(one["EndpointCount"], int) and MOMENT.fullmatch(one["CreationTime"])

    endpoints = powershell.send("GET", powershell.service + "/endpoints").json()
    assert len(endpoints) == one["EndpointCount"] and endpoints[0]["Name"] == "default"
    shown = next(endpoint for endpoint in endpoints if endpoint["Name"] == mass.name)
    assert shown == powershell.send("GET", f"{powershell.service}/endpoints/{mass.name}").json()
    assert shown == powershell.send("GET", f"{powershell.service}/endpoints/{mass.id}").json()
    assert shown["ApiLocation"] == mass.api_location and shown["HelpLocation"] == mass.help_location
    assert MOMENT.fullmatch(shown["CreationTime"]) and MOMENT.fullmatch(shown["Version"])
    assert shown["ThrottleLevel"] in ("Low", "High") and isinstance(shown["MaxConcurrentCalls"], int)
    assert shown["DiagnosticsTraceLevel"] in ("None", "Error", "All")
    assert [(r["Name"], list(r["Location"])) for r in shown["Resources"]] == [
        (SLOT, ["BaseLocation", "RelativeLocation", "SasBlobToken"])
    ]
    # A workspace's token never shows a key, whatever is asked for.
    text = powershell.send("GET", powershell.service + "/endpoints?decryptSecrets=true").text
    assert "PrimaryKey" not in text and mass.primary_key not in text


def test_powershell_adds_patches_refreshes_and_removes(powershell):
    name = "ps" + uuid.uuid4().hex[:10]
    made = powershell.add(name, "für A & B's <customers>")
    assert made.status == 200 and made.interim in ([], [100]), made.text
    made = made.json()
    assert made["Description"] == "f?r A & B's <customers>"
    assert (made["ThrottleLevel"], made["MaxConcurrentCalls"]) == ("Low", 4)
    assert grams(powershell.address, made) > 0

    before = grams(powershell.address, made)
    location = upload(powershell.address, made, "heavier.onnx")
    patch = powershell.serialise({"Resources": [{"Name": SLOT, "Location": location}]})
    assert "\\u0026" in patch
    # As the module's README has it: with the endpoint's key instead of the workspace's.
    patched = powershell.send("PATCH", f"{powershell.service}/endpoints/{name}", patch, made["PrimaryKey"])
    assert patched.status == 200, patched.text
    assert grams(powershell.address, made) == pytest.approx(before + 1000, abs=0.01)

    assert powershell.refresh(name, False) is False
    assert grams(powershell.address, made) == pytest.approx(before + 1000, abs=0.01)
    assert powershell.refresh(name, True) is True
    assert grams(powershell.address, made) == pytest.approx(before, abs=0.01)
    assert powershell.refresh(name, True) is False

    removed = powershell.send("DELETE", f"{powershell.service}/endpoints/{name}")
    assert 200 <= removed.status < 300
    gone = powershell.send("GET", f"{powershell.service}/endpoints/{name}")
    # `AmlRestApiException` prints status, reason and body.
    assert (gone.status, gone.reason) == (404, "Not Found")
    assert gone.json()["error"]["details"][0]["code"] == "WebServiceNotFound"


def test_powershell_is_told_what_it_may_not(powershell):
    default = f"{powershell.service}/endpoints/default"
    location = {"BaseLocation": "http://h/", "RelativeLocation": "m", "SasBlobToken": ""}
    patch = powershell.serialise({"Resources": [{"Name": SLOT, "Location": location}]})
    for reply in [
        powershell.send("PATCH", default, patch),
        powershell.send("POST", default + "/refresh", '{"OverwriteResources": "True"}'),
        powershell.send("DELETE", default),
    ]:
        assert reply.status == 409, reply.text
        assert "default endpoint" in reply.json()["error"]["details"][0]["message"]


def r_headers(token, address, spaces=1):
    """`workspace$.headers` and those of `services` and `endpoints`, with curl's own."""
    return [
        ("Host", "%s:%s" % address),
        ("Accept-Encoding", "deflate, gzip"),
        ("User-Agent", "R"),
        ("Content-Type", "application/json;charset=UTF8"),
        ("x-ms-client-session-id", "DefaultSession"),
        ("x-ms-metaanalytics-authorizationtoken", token),
        ("Authorization", "Bearer" + " " * spaces + token),
        ("Accept", "application/json"),
    ]


def test_r_discovers_and_consumes_with_an_endpoints_key(powershell, endpoint, mass):
    """`services(ws)`, `endpoints(ws, s)`, `consume(e, …)`; `auth` of the workspace is the endpoint's key."""
    key = endpoint["PrimaryKey"]
    headers = r_headers(key, mass.address)
    services = exchange(mass.address, request("GET", powershell.workspace, headers)).json()
    assert [service["Id"] for service in services] == [mass.service_id]
    found = exchange(mass.address, request("GET", f"{powershell.service}/endpoints", headers)).json()
    assert [e["Name"] for e in found] == [endpoint["Name"]]
    # R's vignette lists them in this order, as columns of a data frame: texts, numbers and truth values.
    first = ["Name", "Description", "CreationTime", "WorkspaceId", "WebServiceId", "HelpLocation", "PrimaryKey", "ApiLocation"]
    assert list(found[0])[: len(first)] == first
    assert found[0]["PrimaryKey"] == key
    assert grams(mass.address, found[0]) > 0
    # `getDetailsFromUrl` takes the ids out of HelpLocation; the last is the endpoint's id, not its name.
    pattern = r".*?/workspaces/([a-zA-Z0-9]*)/webservices/([a-zA-Z0-9]*)/endpoints/([a-zA-Z0-9]*)/*.*$"
    ids = re.match(pattern, found[0]["HelpLocation"]).groups()
    assert ids == (mass.workspace_id, mass.service_id, endpoint["ApiLocation"].rsplit("/", 1)[1])
    by_id = exchange(mass.address, request("GET", f"{powershell.service}/endpoints/{ids[2]}", headers)).json()
    assert by_id == found[0]


def test_r_writes_two_spaces_after_bearer(powershell, server, mass):
    """`deleteWebService` and `publishWebService` do; the service is one that nobody has."""
    target = f"{powershell.workspace}/{uuid.uuid4().hex}"
    reply = exchange(mass.address, request("DELETE", target, r_headers(server.workspace_token, mass.address, spaces=2)))
    assert reply.status == 404 and reply.json()["error"]["code"] == "NotFound"
    body = b'{"Name":"add","Type":"Code","CodeBundle":{"InputSchema":{},"OutputSchema":{},"Language":"R-3.1-64","SourceCode":"x","ZipContents":"UEs="}}'
    headers = [*r_headers(server.workspace_token, mass.address, spaces=2), ("Content-Length", str(len(body)))]
    reply = exchange(mass.address, request("PUT", target, headers, body))
    assert reply.status == 400 and "ONNX" in reply.json()["error"]["details"][0]["message"]


def azureml(method, address, target, token, body=None):
    """azureml 0.2.7 under requests: the scheme in lower case."""
    headers = [("Host", "%s:%s" % address), ("User-Agent", "python-requests/2.27.1"), ("Accept-Encoding", "gzip, deflate"),
               ("Accept", "*/*"), ("Connection", "keep-alive"), ("authorization", f"bearer {token}")]
    data = b""
    if body is not None:
        data = json.dumps(body).encode()
        headers += [("Content-Type", "application/json"), ("Content-Length", str(len(data)))]
    return exchange(address, request(method, target, headers, data))


def test_python_azureml_is_told_that_code_is_not_run(powershell, server, mass):
    """`services.publish` raises with error.message of any answer from 400 on."""
    schema = {"a": {"type": "number", "format": "double"}}
    body = {"Name": "adder", "Type": "Code", "CodeBundle": {
        "InputSchema": schema, "OutputSchema": {"result": {"type": "number", "format": "double"}},
        "Language": "python-2.7-64", "SourceCode": "#" * 40_000}}
    target = f"{powershell.workspace}/{uuid.uuid4().hex}"
    reply = azureml("PUT", mass.address, target, server.workspace_token, body)
    error = reply.json()["error"]
    assert reply.status == 400 and isinstance(error["message"], str)
    assert error["details"][0]["code"] == "WebServiceTypeInvalid"
    # What it asks for after a publish, and what it makes of it.
    endpoint = azureml("GET", mass.address, f"{powershell.service}/endpoints/default", server.workspace_token).json()
    assert endpoint["ApiLocation"].startswith(mass.base_url + "/workspaces/")
    assert endpoint["HelpLocation"].startswith(mass.base_url)
    wrong = azureml("GET", mass.address, powershell.service, "no-token").json()["error"]
    assert (wrong["code"], wrong["details"][0]["message"]) == ("Unauthorized", "Invalid credentials provided.")


def test_data_factory_updates_a_resource_with_the_endpoints_key(powershell, endpoint, mass):
    """AzureMLUpdateResource: `updateResourceEndpoint` and `apiKey` of the linked service, one resource."""
    target = f"{powershell.service}/endpoints/{endpoint['Name']}"
    before = grams(mass.address, endpoint)
    resources = [{"Name": SLOT, "Location": upload(mass.address, endpoint, "heavier.onnx")}]
    body = json.dumps({"Resources": resources}, separators=(",", ":")).encode()
    headers = [("Authorization", f"Bearer {endpoint['SecondaryKey']}"), ("Content-Type", "application/json; charset=utf-8"),
               ("Host", "%s:%s" % mass.address), ("Content-Length", str(len(body)))]
    reply = exchange(mass.address, request("PATCH", target, headers, body))
    assert reply.status == 200, reply.text
    assert grams(mass.address, endpoint) == pytest.approx(before + 1000, abs=0.01)
    # A model that does not fit is refused with each difference, and the one before stays.
    resources = [{"Name": SLOT, "Location": upload(mass.address, endpoint, "wider.onnx")}]
    body = json.dumps({"Resources": resources}, separators=(",", ":")).encode()
    headers[-1] = ("Content-Length", str(len(body)))
    reply = exchange(mass.address, request("PATCH", target, headers, body))
    detail = reply.json()["error"]["details"][0]
    assert (reply.status, detail["code"], detail["target"]) == (400, "IncompatibleModel", SLOT)
    assert "input “features” has 11 values a row, expected 12" in detail["message"]
    assert grams(mass.address, endpoint) == pytest.approx(before + 1000, abs=0.01)


def test_a_customers_key_reads_its_endpoint_and_changes_nothing(powershell, mass):
    """The demo's endpoints are granted to customers."""
    target = f"{powershell.service}/endpoints/{mass.name}"
    shown = powershell.send("GET", target, key=mass.primary_key)
    assert shown.status == 200 and shown.json()["PrimaryKey"] == mass.primary_key
    for reply in [
        powershell.send("PATCH", target, '{"MaxConcurrentCalls":200}', mass.primary_key),
        powershell.send("POST", target + "/refresh", '{"OverwriteResources": "True"}', mass.primary_key),
        powershell.send("DELETE", target, key=mass.primary_key),
        powershell.send("PUT", powershell.service + "/endpoints/mine", "{}", mass.primary_key),
    ]:
        detail = reply.json()["error"]["details"][0]
        assert (reply.status, detail["code"]) == (403, "ManagementRequestUnauthorized"), reply.text
