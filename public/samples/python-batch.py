# @TITLE@, as a batch job
# Python 3.8 or newer, standard library only. Wants the key in PORTICO_KEY.

import csv
import io
import json
import os
import random
import sys
import time
import urllib.error
import urllib.request

BASE = "@BASE@"
KEY = "@KEY@"
PARAMETERS = {"@PARAMETERS@"}
# Or the text of a CSV file whose first line names the columns.
ROWS = [
    {
        "@ROW@",
    },
]


def score(rows):
    """Score rows (dictionaries by column) as a job; return one dictionary for each, in the same order."""
    table = io.StringIO()
    writer = csv.DictWriter(table, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    # Another name for each job, so that none reads what another one wrote.
    name = f"input/rows-{time.time_ns()}.csv"
    blob = json.loads(send("PUT", f"/blobs/{name}", table.getvalue().encode(), "text/csv"))
    body = json.dumps({"Inputs": {"input1": blob}, "GlobalParameters": PARAMETERS}).encode()
    job = json.loads(send("POST", "/jobs?api-version=2.0", body))
    try:
        send("POST", f"/jobs/{job}/start?api-version=2.0", b"")
        wait = 0.5
        while True:
            state = json.loads(send("GET", f"/jobs/{job}?api-version=2.0"))
            if state["StatusCode"] == "Finished":
                break
            if state["StatusCode"] in ("Failed", "Cancelled"):
                sys.exit(f"Job {job} {state['StatusCode'].lower()}: {state['Details']}")
            time.sleep(wait)
            wait = min(wait * 1.5, 10)
        # The three parts join to a link that anybody can read for a day.
        place = state["Results"]["output1"]
        link = place["BaseLocation"] + place["RelativeLocation"] + place["SasBlobToken"]
        with urllib.request.urlopen(link, timeout=120) as answer:
            return list(csv.DictReader(io.TextIOWrapper(answer, encoding="utf-8", newline="")))
    finally:
        send("DELETE", f"/jobs/{job}?api-version=2.0")
        send("DELETE", f"/blobs/{name}")


def send(method, path, body=None, kind="application/json", tries=6):
    """Send a request with the key, again if the server is busy; return the answer's body."""
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": kind}
    request = urllib.request.Request(BASE + path, data=body, headers=headers, method=method)
    for attempt in range(1, tries + 1):
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            # Wait as long as the answer says, and longer from try to try.
            if error.code not in (429, 503) or attempt == tries:
                sys.exit(explained(error.code, error.read()))
            wait = random.uniform(0.5, 1) * 2 ** (attempt - 2)
            said = error.headers.get("Retry-After", "")
            time.sleep(max(wait, int(said) if said.isdigit() else 0))


def explained(status, body):
    """An error's code, message and details, one a line."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return f"{status}: {body.decode(errors='replace')}"
    lines = [f"{status} {error['code']}: {error['message']}"]
    for detail in error.get("details", []):
        where = f" ({detail['target']})" if detail.get("target") else ""
        lines.append(f"  {detail['code']}{where}: {detail['message']}")
    return "\n".join(lines)


for scored in score(ROWS):
    print(scored)
