"""C#, PowerShell and Java, byte for byte over a bare socket."""

import gzip
import json

import pytest

from penguins import SPECIES_COLUMNS, SPECIES_LABELS, SPECIES_ROWS, items, labels, table
from wire import Wire, exchange, request

TABLE_QUERY = "/execute?api-version=2.0&details=true"
LIST_QUERY = "/execute?api-version=2.0&format=swagger"


def compact(value):
    """As Newtonsoft.Json writes it: no blanks, text in UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def http_client(endpoint, query, body):
    """.NET Framework's HttpClient with `PostAsJsonAsync("", …)`: headers go out first, and the body once the
    server says 100."""
    with Wire(endpoint.address) as wire:
        headers = [
            ("Authorization", f"Bearer {endpoint.primary_key}"),
            ("Content-Type", "application/json; charset=utf-8"),
            ("Host", "{}:{}".format(*endpoint.address)),
            ("Content-Length", len(body)),
            ("Expect", "100-continue"),
            ("Connection", "Keep-Alive"),
        ]
        wire.send(request("POST", endpoint.path + query, headers))
        head = wire.head()
        assert head.status == 100
        wire.send(body)
        return wire.reply()


def test_post_as_json_with_string_tables(species):
    """The help page's sample: `Dictionary<string, StringTable>`, cells all text."""
    reply = http_client(species, TABLE_QUERY, compact(table()))
    assert reply.status == 200 and labels(reply.json()) == SPECIES_LABELS
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    assert len(reply.headers["x-ms-request-id"]) == 32 and reply.headers["date"].endswith("GMT")


def test_post_as_json_with_lists_of_dictionaries(species):
    """The Consume tab's sample: `Dictionary<string, List<Dictionary<string, string>>>`."""
    reply = http_client(species, LIST_QUERY, compact(items()))
    assert reply.status == 200 and labels(reply.json()) == SPECIES_LABELS


def test_a_refusal_comes_before_the_body_is_sent(species):
    with Wire(species.address) as wire:
        headers = [
            ("Authorization", "Bearer abc123"),
            ("Content-Type", "application/json; charset=utf-8"),
            ("Host", "localhost"),
            ("Content-Length", 300),
            ("Expect", "100-continue"),
        ]
        wire.send(request("POST", species.path + LIST_QUERY, headers))
        reply = wire.reply()
    assert reply.status == 401 and reply.interim == []
    assert reply.json()["error"]["details"][0]["code"] == "ScoreRequestUnauthorized"
    assert reply.headers["x-ms-request-id"]


def test_string_content_without_a_type(species):
    """`new StringContent(json)`: `text/plain; charset=utf-8`, which some programs sent for years."""
    body = compact(items())
    headers = plain_headers(species, body, [("Content-Type", "text/plain; charset=utf-8")])
    assert labels(exchange(species.address, request("POST", species.path + LIST_QUERY, headers, body)).json()) == SPECIES_LABELS


def plain_headers(endpoint, body, more=(), host=None):
    """The few headers that any client sends."""
    return [
        ("Host", host or "{}:{}".format(*endpoint.address)),
        ("Authorization", f"Bearer {endpoint.primary_key}"),
        ("Content-Length", len(body)),
        *more,
    ]


def test_powershell_module(species):
    """`Invoke-AmlWebServiceRRSEndpoint` of the module AzureMLPS: its SDK asks for ASCII, and sends two headers of its own."""
    body = json.dumps(table()).encode("ascii", "replace")
    headers = [
        ("x-ms-metaanalytics-authorizationtoken", species.primary_key),
        ("Authorization", f"Bearer {species.primary_key}"),
        ("x-aml-sdk", "dotnetsdk_0.3.8"),
        ("Content-Type", "application/json; charset=us-ascii"),
        ("Host", "{}:{}".format(*species.address)),
        ("Content-Length", len(body)),
        ("Expect", "100-continue"),
        ("Connection", "Keep-Alive"),
    ]
    with Wire(species.address) as wire:
        wire.send(request("POST", species.path + "/execute?api-version=2.0&details=true", headers))
        assert wire.head().status == 100
        wire.send(body)
        reply = wire.reply()
    assert reply.status == 200 and labels(reply.json()) == SPECIES_LABELS


def test_invoke_rest_method_in_latin_1(species):
    """Windows PowerShell's `Invoke-RestMethod` writes text in ISO 8859-1 where its type says so."""
    rows = [["Bïscoe", "46.1", "13.2", "211", "4500", "female"]]
    body = json.dumps(table(rows=rows), ensure_ascii=False).encode("latin-1")
    headers = plain_headers(species, body, [("Content-Type", "application/json; charset=iso-8859-1")])
    reply = exchange(species.address, request("POST", species.path + TABLE_QUERY, headers, body))
    assert reply.json()["Results"]["output1"]["value"]["Values"][0][0] == "Bïscoe"
    headers = plain_headers(species, body, [("Content-Type", "application/json")])
    reply = exchange(species.address, request("POST", species.path + TABLE_QUERY, headers, body))
    assert reply.status == 400 and reply.json()["error"]["details"][0]["code"] == "RequestBodyInvalid"
    assert "not UTF-8 at byte" in reply.json()["error"]["details"][0]["message"]


def test_java_sample(species):
    """Apache HttpClient with `text/json` and a charset where the coding belongs."""
    body = json.dumps(table()).encode()
    headers = [
        ("Accept", "text/json"),
        ("Accept-Charset", "UTF-8"),
        ("Authorization", f"Bearer {species.primary_key}"),
        ("Content-Encoding", "UTF-8"),
        ("Content-Length", len(body)),
        ("Content-Type", "text/json"),
        ("Host", "{}:{}".format(*species.address)),
        ("Connection", "Keep-Alive"),
        ("User-Agent", "Apache-HttpClient/4.5.2 (Java/1.8.0_91)"),
    ]
    reply = exchange(species.address, request("POST", species.path + "/execute?api-version=2.0", headers, body))
    assert reply.status == 200 and labels(reply.json()) == SPECIES_LABELS
    assert reply.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "application/json",
        "application/json;charset=UTF8",
        "application/json; charset=utf-8",
        "application/json; charset=us-ascii",
        "application/json; charset=nonsense",
        "text/json",
        "application/x-www-form-urlencoded",
        "application/octet-stream",
    ],
)
def test_content_types_of_any_kind(species, content_type):
    body = compact(table())
    more = [("Content-Type", content_type)] if content_type else []
    reply = exchange(species.address, request("POST", species.path + "/execute", plain_headers(species, body, more), body))
    assert reply.status == 200 and labels(reply.json()) == SPECIES_LABELS


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_bodies_with_a_mark_or_in_utf_16(species, encoding):
    body = json.dumps(table()).encode(encoding)
    headers = plain_headers(species, body, [("Content-Type", "application/json; charset=utf-16")])
    reply = exchange(species.address, request("POST", species.path + "/execute", headers, body))
    assert reply.status == 200 and labels(reply.json()) == SPECIES_LABELS


def test_compressed_bodies(species):
    body = gzip.compress(compact(table()))
    headers = plain_headers(species, body, [("Content-Encoding", "gzip")])
    reply = exchange(species.address, request("POST", species.path + "/execute", headers, body))
    assert labels(reply.json()) == SPECIES_LABELS
    bomb = gzip.compress(b" " * 50_000_000)
    headers = plain_headers(species, bomb, [("Content-Encoding", "gzip")])
    reply = exchange(species.address, request("POST", species.path + "/execute", headers, bomb))
    assert reply.status == 413 and reply.json()["error"]["details"][0]["code"] == "RequestBodyInvalid"


@pytest.mark.parametrize("host", ["ussouthcentral.services.azureml.net:443", "localhost", "portico.example:443"])
def test_the_host_and_its_port_do_not_matter(species, host):
    body = compact(table())
    headers = plain_headers(species, body, host=host)
    reply = exchange(species.address, request("POST", species.path + "/execute", headers, body))
    assert reply.status == 200
    target = f"http://{host}{species.path}/execute?api-version=2.0"
    assert exchange(species.address, request("POST", target, headers, body)).status == 200


def test_a_body_in_chunks(species):
    """.NET without a known length."""
    body = compact(table())
    headers = [h for h in plain_headers(species, body) if h[0] != "Content-Length"]
    data = request("POST", species.path + "/execute", [*headers, ("Transfer-Encoding", "chunked")])
    data += b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    assert labels(exchange(species.address, data).json()) == SPECIES_LABELS


def test_cells_of_every_kind(species):
    """Text, numbers, null, and the constants that Python's json writes though JSON has none."""
    cells = '["Biscoe", {}, 13.2, 211, "4500", "female"]'
    names = json.dumps(SPECIES_COLUMNS)
    answers = []
    for cell in ("null", "NaN", '""', '"NaN"'):
        body = f'{{"Inputs":{{"input1":{{"ColumnNames":{names},"Values":[{cells.format(cell)}]}}}}}}'.encode()
        reply = exchange(species.address, request("POST", species.path + "/execute", plain_headers(species, body), body))
        assert reply.status == 200, reply.text
        answers.append(reply.json()["Results"]["output1"]["value"]["Values"][0])
    # Null, in either spelling, stays null; text stays the text that was sent; the scores are the same.
    assert [answer[1] for answer in answers] == [None, None, "", "NaN"]
    assert all(answer[6:] == answers[0][6:] for answer in answers)
    for cell in ("Infinity", "-Infinity", "true", "46.1", '"46.1"', "46"):
        body = f'{{"Inputs":{{"input1":{{"ColumnNames":{names},"Values":[{cells.format(cell)}]}}}}}}'.encode()
        reply = exchange(species.address, request("POST", species.path + "/execute", plain_headers(species, body), body))
        row = reply.json()["Results"]["output1"]["value"]["Values"][0]
        assert all(isinstance(value, str) for value in row), row
        assert row[1] == {"true": "True"}.get(cell, cell.strip('"'))


def test_stream_analytics(species):
    """The stored URL has no query; a batch is 1,000 rows a call."""
    body = compact(table(rows=SPECIES_ROWS * 500))
    headers = plain_headers(species, body, [("Content-Type", "application/json")])
    reply = exchange(species.address, request("POST", species.path + "/execute", headers, body))
    assert reply.status == 200
    value = reply.json()["Results"]["output1"]
    assert value["type"] == "table" and labels(reply.json()) == SPECIES_LABELS * 500
