"""The R package AzureML 0.2.13: `consume`, `discoverSchema`, `endpointHelp`, and the two spaces of `publishWebService`."""

import json
import re

import pytest
import requests

from penguins import SPECIES_COLUMNS, SPECIES_LABELS, SPECIES_OUTPUTS, SPECIES_ROWS
from wire import exchange, request

QUERY = "/execute?api-version=2.0&details=true&format=swagger"
TYPED_ROWS = [[row[0], *(float(cell) for cell in row[1:5]), row[5]] for row in SPECIES_ROWS]


def consume(endpoint, rows, authorization="Bearer {}"):
    """`callAPI`: headers in its order, numbers unquoted (`toJSON(auto_unbox = TRUE, digits = 16)`)."""
    items = [dict(zip(SPECIES_COLUMNS, row)) for row in rows]
    body = json.dumps({"Inputs": {"input1": items}, "GlobalParameters": {}}, separators=(",", ":")).encode()
    headers = [
        ("Host", "{}:{}".format(*endpoint.address)),
        ("Accept-Encoding", "gzip, deflate"),
        ("Accept", "*/*"),
        ("User-Agent", "R"),
        ("Content-Type", "application/json"),
        ("Authorization", authorization.format(endpoint.primary_key)),
        ("Content-Length", len(body)),
    ]
    return exchange(endpoint.address, request("POST", endpoint.path + QUERY, headers, body))


def swagger_of(endpoint):
    """`discoverSchema` fetches it without any key; fields in the order of the document."""
    response = requests.get(endpoint.api_location + "/swagger.json", timeout=60)
    assert response.status_code == 200
    return response.json()


def test_a_data_frame_is_an_array_of_rows(species):
    reply = consume(species, TYPED_ROWS)
    assert reply.status == 200
    output = reply.json()["Results"]["output1"]
    assert [row["Scored Labels"] for row in output] == SPECIES_LABELS
    # `data.frame(result$Results$output1)` has the columns in the order of the fields.
    assert list(output[0]) == SPECIES_COLUMNS + SPECIES_OUTPUTS
    assert all(isinstance(cell, str) for row in output for cell in row.values())


def test_one_request_is_an_array_of_one(species):
    reply = consume(species, TYPED_ROWS[:1])
    assert [row["Scored Labels"] for row in reply.json()["Results"]["output1"]] == ["Adelie"]


def test_numbers_and_missing_values_of_r_are_read(species):
    rows = [["Biscoe", 46.1, 1.32e1, 211, 4.5e3, None], ["Biscoe", None, 13.2, 211, 4500, "NA"]]
    reply = consume(species, rows)
    assert [row["Scored Labels"] for row in reply.json()["Results"]["output1"]] == ["Gentoo", "Gentoo"]


@pytest.mark.parametrize("authorization", ["Bearer  {}", "bearer {}", "BEARER   {}", "Bearer\t{}"])
def test_two_spaces_after_bearer(species, authorization):
    assert consume(species, TYPED_ROWS, authorization).status == 200


def test_discover_schema(species):
    """Step by step as `discoverSchema` does it, lists counted from 1 as in R."""
    # getDetailsFromUrl
    pattern = r".*?/workspaces/([A-Za-z0-9]*)/webservices/([A-Za-z0-9]*)/endpoints/([A-Za-z0-9]*)/*.*$"
    workspace, service, endpoint = re.match(pattern, species.help_location + "/score").groups()
    assert (workspace, service, endpoint) == (species.workspace_id, species.service_id, species.id)
    swagger = swagger_of(species)
    assert set(swagger["definitions"]["input1Item"]["properties"]) == set(SPECIES_COLUMNS)
    example = swagger["definitions"]["ExecutionRequest"]["example"]["Inputs"]["input1"]
    assert len(example) == 1 and list(example[0]) == SPECIES_COLUMNS

    paths = swagger["paths"]
    found = None
    for place, methods in enumerate(paths.values(), start=1):
        for operation in methods.values():
            for characteristic in operation.values():
                # `for(charac in operation) if(charac[1] == "execute")`: R fails on an NA in this comparison.
                for first in firsts(characteristic):
                    assert first is not None, "NA in `if`"
                    if first == "execute":
                        found = place
    assert found == 2
    assert list(paths)[found - 1] == "/execute?api-version=2.0&format=swagger"
    # `toupper(names(swagger$paths[[2]]))` is one word.
    assert list(list(paths.values())[1]) == ["post"]


def firsts(characteristic):
    """What R compares of a field: its items' first values, a list of objects being a table by columns."""
    if isinstance(characteristic, list):
        names = {name for item in characteristic if isinstance(item, dict) for name in item}
        for name in names:
            yield characteristic[0].get(name)
        if not names:
            yield from characteristic[:1]
    elif isinstance(characteristic, dict):
        for value in characteristic.values():
            yield from list(value.values())[:1] if isinstance(value, dict) else [value]
    else:
        yield characteristic


def test_the_path_found_can_be_called_with_the_example(species):
    swagger = swagger_of(species)
    assert swagger["host"] == "{}:{}".format(*species.address)
    url = f"{swagger['schemes'][0]}://{swagger['host']}{swagger['basePath']}{list(swagger['paths'])[1]}"
    headers = {"Authorization": "Bearer " + species.primary_key, "User-Agent": "R"}
    example = swagger["definitions"]["ExecutionRequest"]["example"]
    response = requests.post(url, json=example, headers=headers, timeout=60)
    assert response.json()["Results"]["output1"][0]["Scored Labels"] == "Adelie"


def test_consume_types_the_answer_by_apidocument(species):
    """`consume`: columns are made numeric by their place among the types of `output1Item`."""
    uri = species.help_location
    # The rewrite of hosts that `endpointHelp` does, which must not apply to a server of one's own.
    assert uri.replace("studio.azureml.net/apihelp", "management.azureml.net") == uri
    text = requests.get(uri + "/apidocument", timeout=60).text
    item = json.loads(text)["definitions"]["output1Item"]
    flat = list(unlisted(item))
    types = [value for name, value in flat if name.endswith(".type")]
    numeric = [place for place, kind in enumerate(types) if kind == "number"]
    answer = consume(species, TYPED_ROWS).json()["Results"]["output1"]
    frame = [list(row.values()) for row in answer]
    assert len(types) == len(frame[0])
    for row in frame:
        for place in numeric:
            row[place] = float(row[place])
    assert frame[0][1:5] == [39.1, 18.7, 181, 3750] and frame[0][6] == "Adelie" and frame[0][7] > 0.9


def unlisted(value, prefix=""):
    """R's `unlist`: names joined by dots."""
    for name, inner in value.items():
        name = f"{prefix}.{name}" if prefix else name
        if isinstance(inner, dict):
            yield from unlisted(inner, name)
        else:
            yield name, inner


def test_endpoint_help_shows_the_r_snippet(species):
    """`endpointHelp(type = "r-snippet")`: tags taken out by a regular expression, then from an id to the end."""
    page = requests.get(species.help_location + "/score", timeout=60).text
    pattern = r"""</?\w+((\s+\w+(\s*=\s*(?:".*?"|'.*?'|[^'">\s]+))?)+\s*|\s*)/?>"""
    text = re.sub(r"&.?quot;", "'", re.sub(pattern, r"\1", page))
    at = text.index("code-snippet-r") + len("code-snippet-r") + 1
    snippet = text[at:]
    assert snippet.lstrip("\n").startswith("library(httr)")
    assert '"Torgersen", "39.1"' in snippet and "PORTICO_KEY" in snippet


@pytest.mark.parametrize("kind", ["score", "jobs", "update"])
def test_help_pages_need_no_key(species, kind):
    response = requests.get(f"{species.help_location}/{kind}", timeout=60)
    assert response.status_code == 200 and "API Documentation for Penguin species" in response.text
