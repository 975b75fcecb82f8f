"""Gives endpoints trained models of their own, in the data folder of a server.

    python own.py DATA MODELS RESOURCE < IDS

Line N of IDS is the id of the endpoint that gets MODELS/N.onnx in place of RESOURCE. Writes what the server's own
store writes: the blob by its digest, the endpoint's row, and the version counter by which a running server notices.
Vetting a thousand models that differ in their weights alone would only make the benchmark longer.
"""

import hashlib
import sqlite3
import sys
from pathlib import Path


def main() -> None:
    data, models, resource = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    rows = []
    for number, endpoint in enumerate(sys.stdin.read().split()):
        model = (models / f"{number}.onnx").read_bytes()
        digest = hashlib.sha256(model).hexdigest()
        place = data / "blobs/sha256" / digest[:2] / digest
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(model)
        rows.append((endpoint, resource, digest, len(model)))
    database = sqlite3.connect(data / "portico.db", timeout=30, isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    database.executemany(
        "INSERT INTO endpoint_model (endpoint_id, resource, sha256, bytes) VALUES (?, ?, ?, ?)", rows
    )
    database.execute("UPDATE installation SET version = version + 1 WHERE id = 1")
    database.execute("COMMIT")
    database.close()


main()
