"""Makes what the benchmarks of calls and models work with: a seeded model, its package, and rows.

    python train.py FOLDER [OWN_MODELS]

FOLDER/package       a package for `portico import`: prepare.onnx (imputing, scaling, one-hot) and
                     model.onnx (98 trees), as somebody would publish a pipeline with a trained model
FOLDER/whole.onnx    the same pipeline as one graph, for the peers
FOLDER/rows.json     {"columns": […], "numeric": […], "rows": [[…], …], "labels": […], "probabilities": [[…], …]}
FOLDER/own/N.onnx    with OWN_MODELS: that many copies of model.onnx with weights of their own
FOLDER/own.json      for each of those, the probability of the second class for the first four rows

The data is made here: 14 columns like those of the census income table, 6 of numbers with gaps and 8 of
categories. The reference is ONNX Runtime's answer to the whole graph, row by row; that it agrees with
scikit-learn is checked.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pandas as pd
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

SEED = 20140091
OPSET = {"": 17, "ai.onnx.ml": 3}
TRAINED_ON = 20_000
ROWS = 2_048
TREES = 98
OWN_ROWS = 4

CATEGORIES = {
    "workclass": 8,
    "education": 16,
    "marital_status": 7,
    "occupation": 14,
    "relationship": 6,
    "race": 5,
    "sex": 2,
    "native_country": 41,
}
NUMBERS = ["age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hours_per_week"]
LABELS = ["<=50K", ">50K"]


def make_data(count: int, random: np.random.Generator) -> pd.DataFrame:
    data = {
        "age": random.integers(17, 91, count).astype(np.float32),
        "fnlwgt": random.integers(12_000, 1_500_000, count).astype(np.float32),
        "education_num": random.integers(1, 17, count).astype(np.float32),
        "capital_gain": np.where(random.random(count) < 0.9, 0, random.integers(100, 50_000, count)).astype(np.float32),
        "capital_loss": np.where(random.random(count) < 0.95, 0, random.integers(100, 4_000, count)).astype(np.float32),
        "hours_per_week": random.integers(1, 100, count).astype(np.float32),
    }
    for name in NUMBERS:
        data[name][random.random(count) < 0.03] = np.nan
    for name, size in CATEGORIES.items():
        values = np.array([f"{name.replace('_', '-')}-{index}" for index in range(size)], dtype=object)
        data[name] = values[random.integers(0, size, count)]
    return pd.DataFrame(data)


def target_of(data: pd.DataFrame, random: np.random.Generator) -> np.ndarray:
    code = {name: data[name].map(lambda text: int(text.rsplit("-", 1)[1])) for name in CATEGORIES}
    score = (
        0.03 * (data["age"].fillna(40) - 40)
        + 0.25 * (data["education_num"].fillna(9) - 9)
        + 0.0001 * data["capital_gain"].fillna(0)
        + 0.02 * (data["hours_per_week"].fillna(50) - 50)
        + 0.3 * np.sin(code["occupation"])
        + 0.4 * np.cos(code["native_country"] * code["relationship"])
    )
    return np.where(score + random.normal(0, 0.7, len(data)) > 0.2, LABELS[1], LABELS[0])


def types_of(columns: list[str]) -> list:
    return [
        (name, StringTensorType([None, 1]) if name in CATEGORIES else FloatTensorType([None, 1]))
        for name in columns
    ]


def convert(model, name: str, inputs: list, outputs: list) -> onnx.ModelProto:
    # Imputers, scalers and encoders take no such option.
    options = {"zipmap": False} if outputs[0][0] == "label" else None
    if options and isinstance(model, Pipeline):
        options = {id(model): options}
    converted = convert_sklearn(
        model, name=name, initial_types=inputs, final_types=outputs, target_opset=OPSET, options=options
    )
    converted.ir_version = 8
    opsets = sorted(converted.opset_import, key=lambda opset: opset.domain)
    del converted.opset_import[:]
    converted.opset_import.extend(opsets)
    return converted


def session(model: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def feeds(data: pd.DataFrame) -> dict:
    return {name: data[name].to_numpy().reshape(-1, 1) for name in data.columns}


def rows_of(data: pd.DataFrame) -> list:
    def cell(value):
        if isinstance(value, str):
            return value
        return None if np.isnan(value) else int(value)

    return [[cell(value) for value in row] for row in data.itertuples(index=False, name=None)]


def manifest_of(columns: list[str]) -> dict:
    inputs = []
    for name in columns:
        if name in CATEGORIES:
            values = [f"{name.replace('_', '-')}-{index}" for index in range(CATEGORIES[name])]
            inputs.append({"name": name, "type": "string", "nullable": False, "categories": values})
        else:
            inputs.append({"name": name, "type": "double", "nullable": True})
    outputs = [{"tensor": "label", "column": "Scored Labels", "kind": "label"}]
    for label in LABELS:
        outputs.append({
            "tensor": "probabilities",
            "column": f'Scored Probabilities for Class "{label}"',
            "kind": "probability",
            "class": label,
        })
    return {
        "name": "Census income",
        "description": "98 trees over 14 columns of made data.",
        "stages": [{"file": "prepare.onnx"}, {"file": "model.onnx", "resource": "Income model [trained model]"}],
        "inputs": inputs,
        "outputs": outputs,
        "parameters": [],
    }


def write_csv(path: Path, header: list[str], rows: list[list]) -> None:
    pd.DataFrame(rows, columns=header, dtype=object).to_csv(path, index=False)


def own_models(model: onnx.ModelProto, count: int, data: pd.DataFrame, prepare: bytes, folder: Path) -> None:
    """Copies with every weight scaled by up to a tenth: as large and as slow as the first, and no two alike."""
    folder.mkdir(exist_ok=True)
    matrix = session(prepare).run(["features"], feeds(data.head(OWN_ROWS)))[0]
    (trees,) = [node for node in model.graph.node if node.op_type == "TreeEnsembleClassifier"]
    (weights,) = [attribute for attribute in trees.attribute if attribute.name == "class_weights"]
    original = np.array(weights.floats, dtype=np.float32)
    expected = []
    for number in range(count):
        random = np.random.default_rng([SEED, number])
        del weights.floats[:]
        weights.floats.extend(original * random.uniform(0.9, 1.1, len(original)).astype(np.float32))
        data = model.SerializeToString(deterministic=True)
        (folder / f"{number}.onnx").write_bytes(data)
        answers = session(data).run(["probabilities"], {"features": matrix})[0]
        expected.append([float(value) for value in answers[:, 1]])
    del weights.floats[:]
    weights.floats.extend(original)
    (folder.parent / "own.json").write_text(json.dumps(expected))


def main() -> None:
    folder, own = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    package = folder / "package"
    package.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(SEED)
    data = make_data(TRAINED_ON, random)
    columns = list(data.columns)
    prepare = ColumnTransformer([
        ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS),
        ("texts", OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype=np.float32), list(CATEGORIES)),
    ])
    trees = HistGradientBoostingClassifier(
        max_iter=TREES, max_leaf_nodes=31, early_stopping=False, random_state=SEED
    )
    pipeline = Pipeline([("prepare", prepare), ("model", trees)])
    pipeline.fit(data, target_of(data, random))
    width = prepare.transform(data.head(1)).shape[1]

    matrix = [("features", FloatTensorType([None, width]))]
    answers = [("label", StringTensorType([None])), ("probabilities", FloatTensorType([None, len(LABELS)]))]
    prepared = convert(prepare, "prepare", types_of(columns), matrix)
    model = convert(trees, "model", matrix, answers)
    whole = convert(pipeline, "whole", types_of(columns), answers)
    (package / "prepare.onnx").write_bytes(prepared.SerializeToString(deterministic=True))
    (package / "model.onnx").write_bytes(model.SerializeToString(deterministic=True))
    (folder / "whole.onnx").write_bytes(whole.SerializeToString(deterministic=True))
    (package / "manifest.json").write_text(json.dumps(manifest_of(columns), indent=2) + "\n")

    test = make_data(ROWS, random)
    reference = session(whole.SerializeToString())
    labels, probabilities = [], []
    for row in range(ROWS):
        label, probability = reference.run(["label", "probabilities"], feeds(test.iloc[row : row + 1]))
        labels.append(str(label[0]))
        probabilities.append([float(value) for value in probability[0]])
    off = np.abs(pipeline.predict_proba(test) - np.array(probabilities)).max(axis=1)
    # A value exactly on a threshold may fall to the other side in 32-bit arithmetic.
    assert (off > 1e-4).mean() < 0.01, f"scikit-learn and ONNX Runtime differ: {off.max()}"
    (folder / "rows.json").write_text(json.dumps({
        "columns": columns,
        "numeric": NUMBERS,
        "rows": rows_of(test),
        "labels": labels,
        "probabilities": probabilities,
    }))
    shown = 64
    write_csv(package / "samples.csv", columns, rows_of(test)[:shown])
    header = [output["column"] for output in manifest_of(columns)["outputs"]]
    write_csv(package / "expected.csv", header,
              [[label, *values] for label, values in zip(labels[:shown], probabilities[:shown])])
    if own:
        own_models(model, own, test, prepared.SerializeToString(), folder / "own")


main()
