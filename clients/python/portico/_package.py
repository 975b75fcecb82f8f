"""Writing a package: manifest, model, samples, and what Python predicts for them."""

import csv
import io
import json
import math
import zipfile

from ._columns import Columns
from ._convert import convert

# The server takes tables of so many rows and bytes, and scores the samples before it publishes them.
ROWS_MAX = 10_000
TABLE_BYTES_MAX = 16 << 20
# More different texts than this are no category.
CATEGORIES_MAX = 200
MODEL = "model.onnx"


def package(model, X, path, **options):
    """Writes the package of a fitted model to `path`, a zip. Takes the same options as `publish` but for the server."""
    with open(path, "wb") as file:
        write(model, X, file, **options)


def write(
    model,
    X,
    file,
    *,
    name,
    y=None,
    description="",
    notes="",
    columns=None,
    nullable=None,
    descriptions=None,
    resource=None,
):
    """Writes the package of a fitted model into a binary file."""
    table = Columns.of(model, X, columns, ROWS_MAX)
    graph = convert(model, table)
    expected = _expected(model, table, y, graph)
    may_miss = set(nullable or ())
    if unknown := may_miss - set(table.names):
        raise ValueError(f"nullable names columns that X does not have: {', '.join(sorted(unknown))}")
    inputs = [
        _input(table, index, graph.tensors[index], may_miss, descriptions or {}) for index in range(len(table.names))
    ]
    manifest = {
        "name": name,
        "description": description,
        "notes": notes,
        "stages": [{"file": MODEL, "resource": resource or f"{name} [trained model]"}],
        "inputs": inputs,
        "outputs": [output for output, _ in expected],
        "parameters": [],
    }
    samples, expected = _tables(
        (table.names, table.cells()),
        ([output["column"] for output, _ in expected], list(zip(*(values for _, values in expected)))),
    )
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", json.dumps(manifest, indent=2, ensure_ascii=False))
        archive.writestr(MODEL, graph.bytes)
        archive.writestr("samples.csv", samples)
        archive.writestr("expected.csv", expected)


def _tables(*tables):
    """Tables of as many rows each, in bytes: the first rows, as many as the server takes."""
    rows = len(tables[0][1])
    while True:
        written = [_csv(names, cells[:rows]).encode() for names, cells in tables]
        largest = max(map(len, written))
        if largest <= TABLE_BYTES_MAX:
            return written
        if rows == 1:
            raise ValueError(f"a row of X takes more than {TABLE_BYTES_MAX >> 20} MiB")
        rows = max(1, min(rows - 1, rows * TABLE_BYTES_MAX // largest))


def _csv(names, rows):
    text = io.StringIO()
    # Every character of the line's end is quoted in a cell, and a lone "\r" would end a row, too.
    writer = csv.writer(text, lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(names)
    for row in rows:
        # A row of one empty cell would be an empty line, which is no row.
        if len(row) == 1 and row[0] == "":
            text.write('""\r\n')
        else:
            writer.writerow(row)
    return text.getvalue()


def _input(table, index, tensor, may_miss, descriptions):
    name, kind, values = table.names[index], table.kinds[index], table.values[index]
    column = {"name": name, "type": kind, "nullable": name in may_miss or any(value is None for value in values)}
    present = [value for value in values if value is not None]
    if kind in ("double", "integer") and present:
        finite = [value for value in present if math.isfinite(value)]
        if finite:
            column["min"], column["max"] = min(finite), max(finite)
    if kind == "string":
        different = sorted(set(present) - {""})
        if 0 < len(different) <= CATEGORIES_MAX:
            column["categories"] = different
        if "" in present:
            column["nullable"] = True
    if descriptions.get(name):
        column["description"] = descriptions[name]
    if tensor != name:
        column["tensor"] = tensor
    return column


def _expected(model, table, y, graph):
    """The output columns, each with its values as text, one a row."""
    import numpy as np

    rows = len(table.values[0])
    # Iterating over a DataFrame gives its columns, and a Series is indexed by its labels.
    predicted = np.asarray(model.predict(table.X) if y is None else y)
    if len(predicted) != rows:
        if y is None or len(predicted) < rows:
            raise ValueError(f"{len(predicted)} outputs are expected of {rows} rows")
        predicted = predicted[:rows]
    if graph.is_label:
        if predicted.ndim > 1:
            if predicted.shape[1] != 1:
                raise ValueError("several labels at once can't be published")
            predicted = predicted[:, 0]
        label = {"tensor": graph.outputs[0], "column": "Scored Labels", "kind": "label"}
        columns = [(label, [label_text(value) for value in predicted])]
        if graph.classes is not None:
            probabilities = model.predict_proba(table.X)
            for index, value in enumerate(graph.classes):
                name = label_text(value)
                output = {
                    "tensor": graph.outputs[1],
                    "column": f'Scored Probabilities for Class "{name}"',
                    "kind": "probability",
                    "class": name,
                }
                columns.append((output, [number_text(row[index]) for row in probabilities]))
        return columns
    values = predicted.reshape(rows, -1)
    width = values.shape[1]
    return [
        (
            {
                "tensor": graph.outputs[0],
                "column": "Scored Labels" if width == 1 else f"Scored Labels {index + 1}",
                "kind": "value",
            },
            [number_text(row[index]) for row in values],
        )
        for index in range(width)
    ]


def number_text(value):
    """The shortest text that reads back as the same number."""
    return repr(float(value))


def label_text(value):
    """A class as ONNX gives it back: truth values and whole floats are whole numbers there."""
    import numpy as np

    if isinstance(value, str):
        return str(value)
    if isinstance(value, (bool, int, np.bool_, np.integer)):
        return str(int(value))
    number = float(value)
    return str(int(number)) if number.is_integer() else repr(number)
