"""What ONNX Runtime alone takes for a model that it never had: loading it and scoring one row.

    python alone.py MODELS COUNT

The yardstick for what the same models take through the whole product, on the same machine in the same run.
Prints three times in milliseconds: the median, the 99th percentile and the longest.
"""

import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime as ort


def main() -> None:
    models, count = Path(sys.argv[1]), int(sys.argv[2])
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    kept, times = [], []
    for number in range(count):
        model = (models / f"{number}.onnx").read_bytes()
        begun = time.perf_counter()
        session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        # The same shape for all: one input of floats.
        [given] = session.get_inputs()
        session.run(None, {given.name: np.zeros((1, given.shape[1]), np.float32)})
        times.append((time.perf_counter() - begun) * 1e3)
        kept.append(session)
    times.sort()
    print(*(f"{times[int(share * (count - 1))]:.1f}" for share in (0.5, 0.99, 1)))


main()
