"""Rows of the demo's services, and how they must score."""

SPECIES_COLUMNS = ["island", "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g", "sex"]
SPECIES_ROWS = [
    ["Torgersen", "39.1", "18.7", "181", "3750", "male"],
    ["Biscoe", "46.1", "13.2", "211", "4500", "female"],
]
SPECIES_LABELS = ["Adelie", "Gentoo"]
SPECIES_OUTPUTS = ["Scored Labels"] + [
    f'Scored Probabilities for Class "{species}"' for species in ("Adelie", "Chinstrap", "Gentoo")
]

MASS_COLUMNS = ["species", "island", "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "sex"]
MASS_ROW = ["Adelie", "Torgersen", "39.1", "18.7", "181", "male"]
MASS = 3760.7976


def table(columns=SPECIES_COLUMNS, rows=SPECIES_ROWS):
    """A request in table form."""
    return {"Inputs": {"input1": {"ColumnNames": columns, "Values": rows}}, "GlobalParameters": {}}


def items(columns=SPECIES_COLUMNS, rows=SPECIES_ROWS):
    """A request in list form."""
    return {"Inputs": {"input1": [dict(zip(columns, row)) for row in rows]}, "GlobalParameters": {}}


def labels(answer):
    """The scored labels of an answer in either form."""
    output = answer["Results"]["output1"]
    if isinstance(output, list):
        return [row["Scored Labels"] for row in output]
    at = output["value"]["ColumnNames"].index("Scored Labels")
    return [row[at] for row in output["value"]["Values"]]
