"""Trains the two demonstration pipelines on penguins.csv and writes their packages.

Each pipeline becomes two ONNX stages, so that the trained model can be replaced without touching the
preparation in front of it:

* prepare.onnx fills missing numbers with the median, scales them, and spreads text over one column a
  category. It takes one tensor of shape [rows, 1] a column: float32 with NaN where a number is missing,
  text with "" where a text is missing. Its output is the matrix "features".
* model.onnx is gradient boosting over "features", and a named resource of the package.

expected.csv is what scikit-learn answers on the same float32 inputs; ONNX Runtime has no part in it, so
that verify.py compares two independent computations.

Everything is fixed by SEED and by the versions in requirements.txt: a second run writes the same bytes.

    pip install -r demo/requirements.txt
    python demo/train.py
    python demo/verify.py
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

HERE = Path(__file__).resolve().parent
SEED = 20140090
# The newest operator sets allowed; the converter writes the oldest that will do.
OPSET = {"": 17, "ai.onnx.ml": 3}
IR_VERSION = 8

# The columns of the data that a pipeline may take. Ranges go a little beyond the data: a value outside
# is marked for the person who typed it, it is not refused.
COLUMNS = {
    "species": {
        "type": "string",
        "nullable": False,
        "categories": ["Adelie", "Chinstrap", "Gentoo"],
        "description": "Species of the penguin.",
    },
    "island": {
        "type": "string",
        "nullable": False,
        "categories": ["Biscoe", "Dream", "Torgersen"],
        "description": "Island of the Palmer Archipelago, Antarctica, where the penguin nests.",
    },
    "bill_length_mm": {
        "type": "double",
        "nullable": True,
        "min": 30.0,
        "max": 62.0,
        "description": "Length of the bill along its upper ridge, in millimetres.",
    },
    "bill_depth_mm": {
        "type": "double",
        "nullable": True,
        "min": 12.0,
        "max": 23.0,
        "description": "Depth of the bill, in millimetres.",
    },
    "flipper_length_mm": {
        "type": "double",
        "nullable": True,
        "min": 165.0,
        "max": 240.0,
        "description": "Length of the flipper, in millimetres.",
    },
    "body_mass_g": {
        "type": "double",
        "nullable": True,
        "min": 2500.0,
        "max": 6500.0,
        "description": "Body mass, in grams.",
    },
    "sex": {
        "type": "string",
        "nullable": True,
        "categories": ["female", "male"],
        "description": "Sex of the penguin; empty where it was not determined.",
    },
}


def is_text(column: str) -> bool:
    return COLUMNS[column]["type"] == "string"


def read_data() -> pd.DataFrame:
    """Reads penguins.csv as the models see it: float32 with NaN, text with "" for what is missing."""
    raw = pd.read_csv(HERE / "penguins.csv", dtype=str, keep_default_na=False)
    raw = raw.replace("NA", "")
    data = {}
    for column in COLUMNS:
        if is_text(column):
            data[column] = pd.Series(raw[column].to_list(), dtype=object)
        else:
            data[column] = pd.to_numeric(raw[column].replace("", None)).astype(np.float32)
    return pd.DataFrame(data)


def preparation(inputs: list[str]) -> ColumnTransformer:
    numbers = [column for column in inputs if not is_text(column)]
    texts = [column for column in inputs if is_text(column)]
    return ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
            (
                "texts",
                OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype=np.float32),
                texts,
            ),
        ]
    )


def fit(pipeline: Pipeline, inputs: pd.DataFrame, target: pd.Series) -> None:
    """Fits the pipeline, its scaling such that float32 arithmetic has no room for two answers.

    scikit-learn divides by the scale in float64, ONNX multiplies by its inverse in float32. A measurement
    that lies exactly on a tree's threshold would now and then fall to different sides. With a mean that is
    a float32 and a scale that is a power of two both computations give the same bits.
    """
    prepare, model = pipeline.named_steps["prepare"], pipeline.named_steps["model"]
    prepare.fit(inputs)
    scaler = prepare.named_transformers_["numbers"].named_steps["standardscaler"]
    scaler.mean_ = scaler.mean_.astype(np.float32).astype(np.float64)
    scaler.scale_ = np.exp2(np.round(np.log2(scaler.scale_)))
    model.fit(prepare.transform(inputs), target)


def float32_text(value: float) -> str:
    """The shortest decimal that reads back as the same float32."""
    return np.format_float_positional(np.float32(value), unique=True, trim="-")


def write_csv(path: Path, header: list[str], rows: list[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def cell(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if np.isnan(value) else float32_text(value)


def write_stage(model, name: str, initial_types, outputs, options, path: Path) -> None:
    """Converts one fitted estimator and writes it with its output tensors named as in `outputs`."""
    onnx_model = convert_sklearn(
        model,
        name=name,
        initial_types=initial_types,
        final_types=outputs,
        target_opset=OPSET,
        options=options,
    )
    onnx_model.ir_version = IR_VERSION
    # The converter lists these in the order of a set, which changes from run to run.
    opsets = sorted(onnx_model.opset_import, key=lambda opset: opset.domain)
    del onnx_model.opset_import[:]
    onnx_model.opset_import.extend(opsets)
    path.write_bytes(onnx_model.SerializeToString(deterministic=True))


def write_package(folder: Path, data: pd.DataFrame, pipeline: Pipeline, manifest: dict, model_outputs,
                  options, expected_rows: list[list[str]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    inputs = [column["name"] for column in manifest["inputs"]]
    prepare, model = pipeline.named_steps["prepare"], pipeline.named_steps["model"]
    width = prepare.transform(data[inputs]).shape[1]
    column_types = [
        (column, StringTensorType([None, 1]) if is_text(column) else FloatTensorType([None, 1]))
        for column in inputs
    ]
    matrix = [("features", FloatTensorType([None, width]))]
    write_stage(prepare, "prepare", column_types, matrix, None, folder / "prepare.onnx")
    write_stage(model, "model", matrix, model_outputs, options, folder / "model.onnx")
    write_csv(folder / "samples.csv", inputs,
              [[cell(row[column]) for column in inputs] for _, row in data.iterrows()])
    write_csv(folder / "expected.csv", [output["column"] for output in manifest["outputs"]], expected_rows)
    (folder / "manifest.json").write_text(
        json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def manifest_of(name: str, description: str, resource: str, inputs: list[str], outputs: list[dict],
                notes: str) -> dict:
    return {
        "name": name,
        "description": description,
        "stages": [{"file": "prepare.onnx"}, {"file": "model.onnx", "resource": resource}],
        "inputs": [{"name": column, **COLUMNS[column]} for column in inputs],
        "outputs": outputs,
        "parameters": [],
        "notes": notes,
    }


def species(data: pd.DataFrame) -> None:
    inputs = ["island", "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g", "sex"]
    target = data["species"]
    pipeline = Pipeline([
        ("prepare", preparation(inputs)),
        ("model", GradientBoostingClassifier(n_estimators=60, max_depth=2, learning_rate=0.1,
                                             min_samples_leaf=5, random_state=SEED)),
    ])
    folds = StratifiedKFold(10, shuffle=True, random_state=SEED)
    right = int((cross_val_predict(pipeline, data[inputs], target, cv=folds) == target).sum())
    fit(pipeline, data[inputs], target)

    labels = pipeline.predict(data[inputs])
    probabilities = pipeline.predict_proba(data[inputs])
    classes = [str(name) for name in pipeline.classes_]
    outputs = [{"tensor": "label", "column": "Scored Labels", "kind": "label"}] + [
        {
            "tensor": "probabilities",
            "column": f'Scored Probabilities for Class "{name}"',
            "kind": "probability",
            "class": name,
        }
        for name in classes
    ]
    notes = (
        f"Gradient boosting (scikit-learn) on the {len(data)} Palmer penguins. In ten-fold cross-validation "
        f"{right} of {len(data)} species were right ({100 * right / len(data):.1f} %). "
        f'The columns of "probabilities" are in this order: {", ".join(classes)}.'
    )
    print(notes)
    write_package(
        HERE / "packages" / "penguin-species", data, pipeline,
        manifest_of("Penguin species",
                    "Tells the species of a penguin (Adelie, Chinstrap or Gentoo) from its measurements.",
                    "Species model [trained model]", inputs, outputs, notes),
        [("label", StringTensorType([None])), ("probabilities", FloatTensorType([None, len(classes)]))],
        {id(pipeline.named_steps["model"]): {"zipmap": False}},
        [[label, *map(float32_text, row)] for label, row in zip(labels, probabilities, strict=True)],
    )


def body_mass(data: pd.DataFrame) -> None:
    inputs = ["species", "island", "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "sex"]
    known = data[data["body_mass_g"].notna()]
    target = known["body_mass_g"].astype(np.float64)
    pipeline = Pipeline([
        ("prepare", preparation(inputs)),
        ("model", GradientBoostingRegressor(n_estimators=120, max_depth=2, learning_rate=0.08,
                                            min_samples_leaf=5, random_state=SEED)),
    ])
    folds = KFold(10, shuffle=True, random_state=SEED)
    errors = cross_val_predict(pipeline, known[inputs], target, cv=folds) - target
    fit(pipeline, known[inputs], target)

    outputs = [{"tensor": "mass", "column": "Scored Labels", "kind": "value"}]
    notes = (
        f"Gradient boosting (scikit-learn) on the {len(known)} Palmer penguins that were weighed, of {len(data)}. "
        f"In ten-fold cross-validation the root mean square error was {np.sqrt(np.mean(errors**2)):.0f} g "
        f"and R² {1 - np.sum(errors**2) / np.sum((target - target.mean())**2):.3f}. The answer is in grams."
    )
    print(notes)
    write_package(
        HERE / "packages" / "penguin-body-mass", data, pipeline,
        manifest_of("Penguin body mass",
                    "Estimates the body mass of a penguin, in grams, from its species, sex and measurements.",
                    "Body mass model [trained model]", inputs, outputs, notes),
        [("mass", FloatTensorType([None, 1]))],
        None,
        [[float32_text(mass)] for mass in pipeline.predict(data[inputs])],
    )


if __name__ == "__main__":
    penguins = read_data()
    species(penguins)
    body_mass(penguins)
