"""The Python package azureml 0.2.7, `azureml.services`: how it calls, and how it reads what comes back.

The package runs on Python 2.7 alone; its calls are replayed here as it makes them, and answers are read by its
own rules, which `decode` repeats one by one.
"""

import base64
import json

import pytest
import requests

from penguins import MASS, MASS_COLUMNS, MASS_ROW, SPECIES_COLUMNS, SPECIES_LABELS, SPECIES_OUTPUTS, SPECIES_ROWS


def invoke(url, api_key, names, rows, input_name="input1"):
    """`published._invoke`: lower-case header and scheme; `Accept: */*` and the user agent are those of requests."""
    body = {"Inputs": {input_name: {"ColumnNames": names, "Values": rows}}, "GlobalParameters": {}}
    response = requests.post(url, json=body, headers={"authorization": "bearer " + api_key}, timeout=60)
    r = response.json()
    if response.status_code >= 300:
        code = r["error"]["code"]
        if code in ("ModuleExecutionError", "Unauthorized"):
            raise RuntimeError(r["error"]["details"][0]["message"])
        raise ValueError(str(r))
    return r["Results"]["output1"]["value"]


def decode_one(cell, kind):
    """`_decode_one_response` for a declared type."""
    if kind.lower() == "string":
        return cell
    if cell in ("True", "False"):
        return cell == "True"
    # In the package a cell that is not text ends in a TypeError here, as it does in this reader.
    assert isinstance(cell, str)
    return json.loads(cell)


def decode(value, row):
    """`_decode_response` of a function that declares no return type: a dictionary by column."""
    columns, types = value.get("ColumnNames"), value.get("ColumnTypes")
    return {column: decode_one(cell, types[index]) for index, (column, cell) in enumerate(zip(columns, row))}


def untyped(value):
    """`_encode` of an argument whose type is not declared, as Python 2.7 sends it."""
    if value is None:
        return json.dumps({"type": "null", "value": "null"})
    if isinstance(value, bool):
        return json.dumps({"type": "bool", "value": "true" if value else "false"})
    if isinstance(value, int):
        return json.dumps({"type": "int", "value": str(value)})
    if isinstance(value, float):
        return json.dumps({"type": "float", "value": str(value)})
    if isinstance(value, bytes):
        return json.dumps({"type": "bytes", "value": base64.b64encode(value).decode()})
    return json.dumps({"type": "unicode", "value": value})


def url_of(endpoint):
    """As `publish` puts it together; there is no `details=true`."""
    return endpoint.api_location + "/execute?api-version=2.0"


def test_typed_arguments_come_back_as_typed_values(species):
    value = invoke(url_of(species), species.primary_key, SPECIES_COLUMNS, SPECIES_ROWS[:1])
    result = decode(value, value["Values"][0])
    assert result["Scored Labels"] == "Adelie" and result["island"] == "Torgersen"
    assert result["body_mass_g"] == 3750 and isinstance(result["bill_length_mm"], float)
    assert sum(result[name] for name in SPECIES_OUTPUTS[1:]) == pytest.approx(1, abs=1e-5)


def test_a_number_comes_back_as_one(mass):
    value = invoke(url_of(mass), mass.primary_key, MASS_COLUMNS, [MASS_ROW])
    assert decode(value, value["Values"][0])["Scored Labels"] == pytest.approx(MASS, rel=1e-6)


def test_map_scores_many_rows_in_one_call(species):
    value = invoke(url_of(species), species.secondary_key, SPECIES_COLUMNS, SPECIES_ROWS * 50)
    assert [decode(value, row)["Scored Labels"] for row in value["Values"]] == SPECIES_LABELS * 50


def test_another_input_name_may_be_declared(species):
    value = invoke(url_of(species), species.primary_key, SPECIES_COLUMNS, SPECIES_ROWS, "penguins")
    assert len(value["Values"]) == 2


@pytest.mark.parametrize(
    "row",
    [
        ["Torgersen", 39.1, 18.7, 181, 3750, "male"],
        [b"Torgersen", 39.1, 18.7, 181.0, 3750.0, b"male"],
    ],
    ids=["unicode", "str"],
)
def test_arguments_without_a_declared_type_are_read(species, row):
    value = invoke(url_of(species), species.primary_key, SPECIES_COLUMNS, [[untyped(cell) for cell in row]])
    result = decode(value, value["Values"][0])
    assert result["Scored Labels"] == "Adelie" and result["island"] == "Torgersen" and result["body_mass_g"] == 3750


def test_none_is_missing(species):
    row = [untyped(cell) for cell in ["Biscoe", None, 13.2, 211, 4500, None]]
    value = invoke(url_of(species), species.primary_key, SPECIES_COLUMNS, [row])
    assert value["Values"][0][1] is None and value["Values"][0][6] == "Gentoo"


def test_types_are_left_out_when_the_url_says_so_and_for_other_clients(species):
    value = invoke(url_of(species) + "&details=false", species.primary_key, SPECIES_COLUMNS, SPECIES_ROWS)
    assert "ColumnTypes" not in value
    body = {"Inputs": {"input1": {"ColumnNames": SPECIES_COLUMNS, "Values": SPECIES_ROWS}}}
    headers = {"Authorization": "Bearer " + species.primary_key}
    other = requests.post(url_of(species), json=body, headers=headers, timeout=60).json()
    assert "ColumnTypes" not in other["Results"]["output1"]["value"]


def test_a_wrong_key_raises_what_the_package_raises(species):
    with pytest.raises(RuntimeError, match="Invalid credentials provided"):
        invoke(url_of(species), "abc", SPECIES_COLUMNS, SPECIES_ROWS)


def test_a_wrong_cell_raises_with_the_whole_error(species):
    with pytest.raises(ValueError, match="InputMismatchError"):
        invoke(url_of(species), species.primary_key, SPECIES_COLUMNS, [["Biscoe", "x", "13.2", "211", "4500", ""]])
