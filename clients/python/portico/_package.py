"""Writing a package: manifest, model, samples, and what Python predicts for them."""

import csv
import io
import json
import math
import zipfile

from ._columns import Columns
from ._convert import convert

# A package's tables have at most 16 MiB, and the server scores the samples before it publishes them.
ROWS_MAX = 10_000
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
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", json.dumps(manifest, indent=2, ensure_ascii=False))
        archive.writestr(MODEL, graph.bytes)
        archive.writestr("samples.csv", _csv(table.names, table.cells()))
        cells = zip(*(values for _, values in expected))
        archive.writestr("expected.csv", _csv([output["column"] for output, _ in expected], cells))


def _csv(names, rows):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(names)
    for row in rows:
        # A row of one empty cell would be an empty line, which is no row.
        if len(row) == 1 and row[0] == "":
            text.write('""\n')
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
    rows = len(table.values[0])
    predicted = model.predict(table.X) if y is None else y
    if len(predicted) != rows:
        if y is None or len(predicted) < rows:
            raise ValueError(f"{len(predicted)} outputs are expected of {rows} rows")
        predicted = predicted[:rows]
    if graph.is_label:
        label = {"tensor": graph.outputs[0], "column": "Scored Labels", "kind": "label"}
        columns = [(label, [label_text(value) for value in predicted])]
        if graph.classes is not None and y is None:
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
    values = [list(row) if hasattr(row, "__len__") else [row] for row in predicted]
    width = len(values[0])
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
    if hasattr(value, "__len__") and not isinstance(value, str):
        value = value[0]
    if isinstance(value, str):
        return str(value)
    number = float(value)
    return str(int(number)) if number.is_integer() else repr(number)
