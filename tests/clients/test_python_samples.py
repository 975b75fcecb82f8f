"""Python as classic's Consume tab and help pages gave it: `urllib.request` and `requests`, in table and list form.

The samples are kept as they were, but for URL, key and columns.
"""

import json
import urllib.error
import urllib.request

import pytest
import requests

COLUMNS = ["island", "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g", "sex"]
ROWS = [["Torgersen", "39.1", "18.7", "181", "3750", "male"], ["Biscoe", "46.1", "13.2", "211", "4500", "female"]]
LABELS = ["Adelie", "Gentoo"]

TABLE = {"Inputs": {"input1": {"ColumnNames": COLUMNS, "Values": ROWS}}, "GlobalParameters": {}}
LIST = {"Inputs": {"input1": [dict(zip(COLUMNS, row)) for row in ROWS]}, "GlobalParameters": {}}


def sample_with_urllib(url, api_key, data):
    """The sample of the help page and of the Consume tab's "Python 3+"; it returns what the sample prints."""
    body = str.encode(json.dumps(data))
    headers = {"Content-Type": "application/json", "Authorization": ("Bearer " + api_key)}
    req = urllib.request.Request(url, body, headers)
    try:
        response = urllib.request.urlopen(req)
        result = response.read()
        return json.loads(result), None
    except urllib.error.HTTPError as error:
        # Print the headers - they include the request ID and the timestamp, which are useful for debugging the failure
        print("The request failed with status code: " + str(error.code))
        print(error.info())
        return json.loads(error.read()), error


def sample_with_requests(url, api_key, data):
    """What people made of it with `requests`."""
    headers = {"Content-Type": "application/json", "Authorization": "Bearer " + api_key}
    return requests.post(url, data=json.dumps(data), headers=headers, timeout=60)


def test_table_form_with_urllib(species):
    answer, error = sample_with_urllib(species.api_location + "/execute?api-version=2.0&details=true", species.primary_key, TABLE)
    assert error is None
    output = answer["Results"]["output1"]
    assert output["type"] == "table"
    names, types, values = (output["value"][key] for key in ("ColumnNames", "ColumnTypes", "Values"))
    assert names[:6] == COLUMNS and names[6] == "Scored Labels"
    assert len(types) == len(names) and set(types) == {"String", "Double"}
    assert [row[:6] for row in values] == ROWS
    assert [row[6] for row in values] == LABELS
    assert all(isinstance(cell, str) for row in values for cell in row), "every cell is a string"
    assert sum(float(cell) for cell in values[0][7:]) == pytest.approx(1, abs=1e-5)


def test_list_form_with_urllib(species):
    url = species.api_location + "/execute?api-version=2.0&format=swagger"
    answer, error = sample_with_urllib(url, species.secondary_key, LIST)
    assert error is None
    rows = answer["Results"]["output1"]
    assert [row["Scored Labels"] for row in rows] == LABELS
    assert [[row[name] for name in COLUMNS] for row in rows] == ROWS


@pytest.mark.parametrize("query", ["?api-version=2.0", "?api-version=2.0&details=true", "?details=false&api-version=2.0"])
def test_table_form_with_requests(species, query):
    response = sample_with_requests(species.api_location + "/execute" + query, species.primary_key, TABLE)
    assert response.status_code == 200
    value = response.json()["Results"]["output1"]["value"]
    assert [row[6] for row in value["Values"]] == LABELS
    assert ("ColumnTypes" in value) == ("details=true" in query)


def test_either_request_form_gives_the_form_that_the_query_asks_for(species):
    for data in (TABLE, LIST):
        table = sample_with_requests(species.api_location + "/execute?api-version=2.0", species.primary_key, data)
        rows = sample_with_requests(species.api_location + "/execute?format=swagger", species.primary_key, data)
        assert table.json()["Results"]["output1"]["type"] == "table"
        assert isinstance(rows.json()["Results"]["output1"], list)


def test_a_wrong_key_is_json_that_the_sample_prints(species):
    answer, error = sample_with_urllib(species.api_location + "/execute?api-version=2.0", "abc123", TABLE)
    assert error.code == 401
    # The request ID and the timestamp, as the sample's comment promises.
    assert len(error.info()["x-ms-request-id"]) == 32 and error.info()["Date"].endswith("GMT")
    assert answer["error"]["code"] == "Unauthorized" and answer["error"]["message"]
    detail = answer["error"]["details"][0]
    assert detail == {"code": "ScoreRequestUnauthorized", "message": "Invalid credentials provided."}


@pytest.mark.parametrize("form", ["table", "list"])
def test_wrong_cells_are_named(species, form):
    wrong = json.loads(json.dumps(TABLE if form == "table" else LIST))
    rows = wrong["Inputs"]["input1"]
    if form == "table":
        rows["Values"][1][1] = "long"
    else:
        rows[1]["bill_length_mm"] = "long"
    answer, error = sample_with_urllib(species.api_location + "/execute?api-version=2.0", species.primary_key, wrong)
    assert error.code == 400 and answer["error"]["code"] == "BadUserArgument"
    detail = answer["error"]["details"][0]
    assert detail["code"] == "InputMismatchError" and "bill_length_mm" in detail["target"] and "long" in detail["message"]
