"""The peer as somebody would write it: FastAPI, rows as JSON, one ONNX Runtime session.

    MODEL=whole.onnx ROWS=rows.json uvicorn fastapi_app:app --loop uvloop --http httptools --workers 1
"""

import json
import os

import numpy as np
import onnxruntime
from fastapi import FastAPI
from pydantic import BaseModel

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
with open(os.environ["ROWS"], encoding="utf-8") as file:
    described = json.load(file)
COLUMNS, NUMERIC = described["columns"], set(described["numeric"])
del described
app = FastAPI()


class Call(BaseModel):
    rows: list[list[float | str | None]]


@app.post("/score")
async def score(call: Call) -> dict:
    feeds = {}
    for name, cells in zip(COLUMNS, zip(*call.rows)):
        kind = np.float32 if name in NUMERIC else object
        feeds[name] = np.array(cells, dtype=kind).reshape(-1, 1)
    label, probabilities = session.run(["label", "probabilities"], feeds)
    return {"labels": label.tolist(), "probabilities": probabilities.tolist()}
