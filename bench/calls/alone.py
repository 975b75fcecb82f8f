"""What ONNX Runtime alone takes for the model of the benchmark: no server, no JSON, one thread.

    python alone.py DATA

The yardstick for what the same rows take through the servers, on the same machine in the same run. Prints rows a
CPU-second, whole numbers: the pipeline with 32 rows a run, the pipeline with 512, and its 98 trees by themselves with 512.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime as ort

SECONDS = 3
TYPES = {"tensor(float)": np.float32, "tensor(string)": object}


def session(path: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def speed(scorer: ort.InferenceSession, feeds: list[dict[str, np.ndarray]], rows: int) -> int:
    for feed in feeds:
        scorer.run(None, feed)
    done, begun = 0, time.process_time()
    while time.process_time() - begun < SECONDS:
        for feed in feeds:
            scorer.run(None, feed)
        done += rows * len(feeds)
    return round(done / (time.process_time() - begun))


def main() -> None:
    folder = Path(sys.argv[1])
    rows = json.loads((folder / "rows.json").read_text())["rows"]
    whole, prepare, trees = (session(folder / name) for name in ("whole.onnx", "package/prepare.onnx", "package/model.onnx"))

    def feeds(count: int) -> list[dict[str, np.ndarray]]:
        chunks = [rows[at : at + count] for at in range(0, len(rows) - count + 1, count)]
        inputs = list(enumerate(whole.get_inputs()))
        return [
            {given.name: np.array([[row[at]] for row in chunk], dtype=TYPES[given.type]) for at, given in inputs}
            for chunk in chunks
        ]

    small, large = feeds(32), feeds(512)
    [features] = trees.get_inputs()
    prepared = [{features.name: prepare.run(None, feed)[0]} for feed in large]
    print(speed(whole, small, 32), speed(whole, large, 512), speed(trees, prepared, 512))


main()
