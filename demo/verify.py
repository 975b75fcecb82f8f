"""Runs packages with ONNX Runtime and compares every row with expected.csv.

Labels must be equal. A value may differ by 1e-5: absolutely up to a magnitude of 1, relative to the
expected value above it (a body mass near 4000 g has a float32 step of 2.4e-4). Every row is scored twice,
once with all the others and once alone, since ONNX Runtime adds up trees differently for one row.

    python demo/verify.py                 the packages of the demonstration
    python demo/verify.py FOLDER...       other packages
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime as ort

TOLERANCE = 1e-5
PACKAGES = Path(__file__).resolve().parent / "packages"


def read_csv(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return header, rows


def input_tensors(manifest: dict, header: list[str], rows: list[list[str]]) -> dict[str, np.ndarray]:
    """One tensor of shape [rows, 1] a column; columns that name the same tensor stand side by side in it."""
    columns: dict[str, list[np.ndarray]] = {}
    for spec in manifest["inputs"]:
        place = header.index(spec["name"])
        texts = [row[place] for row in rows]
        if spec["type"] == "string":
            values = np.array(texts, dtype=object)
        elif spec["type"] == "double":
            values = np.array([float(text) if text else np.nan for text in texts], dtype=np.float32)
        else:
            raise SystemExit(f"{spec['name']}: no package here has inputs of type {spec['type']}")
        columns.setdefault(spec.get("tensor", spec["name"]), []).append(values)
    return {tensor: np.stack(parts, axis=1) for tensor, parts in columns.items()}


def run_stages(sessions: list[ort.InferenceSession], tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Runs the stages in order; each finds its inputs by name among the inputs and earlier answers."""
    known = dict(tensors)
    for session in sessions:
        names = [output.name for output in session.get_outputs()]
        feed = {tensor.name: known[tensor.name] for tensor in session.get_inputs()}
        known.update(zip(names, session.run(names, feed), strict=True))
    return known


def output_columns(manifest: dict, tensors: dict[str, np.ndarray], rows: int) -> list[np.ndarray]:
    """The columns of the answer; outputs that name the same tensor take its columns in order."""
    taken: dict[str, int] = {}
    columns = []
    for spec in manifest["outputs"]:
        matrix = np.asarray(tensors[spec["tensor"]]).reshape(rows, -1)
        place = taken.get(spec["tensor"], 0)
        taken[spec["tensor"]] = place + 1
        columns.append(matrix[:, place])
    for tensor, count in taken.items():
        width = np.asarray(tensors[tensor]).reshape(rows, -1).shape[1]
        if width != count:
            raise SystemExit(f"{tensor} has {width} columns, the manifest names {count}")
    return columns


def verify(folder: Path) -> bool:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    sessions = [
        ort.InferenceSession(str(folder / stage["file"]), options, providers=["CPUExecutionProvider"])
        for stage in manifest["stages"]
    ]
    header, samples = read_csv(folder / "samples.csv")
    names, expected = read_csv(folder / "expected.csv")
    if names != [output["column"] for output in manifest["outputs"]] or len(samples) != len(expected):
        raise SystemExit(f"{folder.name}: samples.csv, expected.csv and the manifest do not belong together")

    tensors = input_tensors(manifest, header, samples)
    together = output_columns(manifest, run_stages(sessions, tensors), len(samples))
    alone = [
        output_columns(
            manifest,
            run_stages(sessions, {name: matrix[row:row + 1] for name, matrix in tensors.items()}),
            1,
        )
        for row in range(len(samples))
    ]

    wrong_labels, absolute, scaled = 0, 0.0, 0.0
    for place, spec in enumerate(manifest["outputs"]):
        for row, wanted in enumerate(expected):
            for got in (together[place][row], alone[row][place][0]):
                if spec["kind"] == "label":
                    wrong_labels += str(got) != wanted[place]
                    continue
                value = float(wanted[place])
                difference = abs(float(got) - value)
                if not np.isfinite(difference):
                    difference = np.inf
                absolute = max(absolute, difference)
                scaled = max(scaled, difference / max(1.0, abs(value)))
    passed = wrong_labels == 0 and scaled <= TOLERANCE
    print(f"{folder.name}: {len(samples)} rows, {wrong_labels} wrong labels, largest difference "
          f"{absolute:.3g}, relative above 1: {scaled:.3g}: {'passed' if passed else 'FAILED'}")
    return passed


if __name__ == "__main__":
    folders = [Path(argument) for argument in sys.argv[1:]] or sorted(p for p in PACKAGES.iterdir() if p.is_dir())
    results = [verify(folder) for folder in folders]
    sys.exit(0 if results and all(results) else 1)
