"""Fuzzes the REST API from its OpenAPI document with schemathesis, once for each kind of caller.

    PORTICO_BIN=… PORTICO_ONNXRUNTIME=… python fuzz.py [--cases 20000] [--seed 1] [--role owner …]

Cases come in rounds, each on a server of its own; a line tells how each ended. All checks of schemathesis are on. Two
things differ from a bare run, or most cases would end at 404: identifiers in paths are mostly drawn from what the demo
holds, and what would end a round for all cases after it (signing out, deleting the workspace or its services) is left to
its end.

Statuses that a well-formed request may meet, because they hang on what is stored or on rules that JSON Schema
can't express, stand in CONFIG with their reason.
"""

import argparse
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from portico import Server

ROLES = ["anonymous", "administrator", "owner", "publisher", "customer", "token"]
COOKIE = "__Host-sid"
# What ends the run for the cases after it.
LAST = ["sign_out", "delete_workspace", "delete_service"]
PHASES = "examples,coverage,fuzzing,stateful"
# The other two make the same cases from every seed.
DRAWN_PHASES = "fuzzing,stateful"
# A long run goes in rounds of about so many cases, each on a new server: what it stores stays small, a round that
# ended is told at once, and a run that is broken off has told what it found.
ROUND = 2_000
# Two rounds at once, each with a server and a process of schemathesis: its own threads upset Python's compiler.
AT_ONCE = 2

CONFIG = """
[checks.positive_data_acceptance]
# 409: a name is taken, a job is over. 410: a link is spent. 412: the ETag is another's. 422: a rule that hangs on
# what is stored or on the clock (a page token of another list, a moment that is past, a column that the model
# does not have). 429: too many attempts. 503: paused or overloaded.
expected-statuses = ["2xx", "401", "403", "404", "409", "410", "412", "422", "429", "503"]

[checks.missing_required_header]
# RFC 6585 has a status of its own for a missing If-Match; who is not allowed is told that first.
expected-statuses = ["401", "403", "404", "428"]

[checks.negative_data_rejection]
# Who may not, and where nothing is, is told before the request is looked at; so is a stale ETag.
expected-statuses = ["400", "401", "403", "404", "405", "406", "409", "412", "413", "414", "415", "422", "428", "429", "431"]

[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", "503"]
"""


def sign_in(server, role):
    """The session cookie of the demo's account with this role."""
    email, password = server.account(role)
    place = urlsplit(server.base_url)
    connection = http.client.HTTPConnection(place.hostname, place.port)
    body = json.dumps({"email": email, "password": password})
    headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}
    connection.request("POST", "/api/v1/session", body, headers)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 204, answer.status
    return re.match(rf"{COOKIE}=([^;]+)", answer.getheader("Set-Cookie"))[1]


def known_places(server):
    """Binds identifiers in paths to what the demo holds, most of the time."""
    endpoints = server.demo["endpoints"]
    known = {
        "ws": sorted({e["workspace_id"] for e in endpoints}),
        "svc": sorted({e["service_id"] for e in endpoints}),
        "name": sorted({e["name"] for e in endpoints}),
    }
    lines = ["[dictionaries]"]
    lines += [f"{name} = {{ values = {json.dumps(values)} }}" for name, values in known.items()]
    lines += ["", "[parameters]"]
    lines += [f'"path.{name}" = {{ dictionary = "{name}", probability = 0.9 }}' for name in known]
    return "\n".join(lines) + "\n"


def operations_of(server):
    """How many operations the OpenAPI document has."""
    place = urlsplit(server.base_url)
    connection = http.client.HTTPConnection(place.hostname, place.port)
    connection.request("GET", "/api/v1/openapi.json")
    described = json.loads(connection.getresponse().read())
    return sum(len(item) for item in described["paths"].values())


def configured(server, role):
    """The configuration of schemathesis for this role."""
    shared = CONFIG + known_places(server)
    if role == "anonymous":
        return shared
    if role == "token":
        return f'{shared}\n[auth.openapi.workspaceToken]\nbearer = "{server.workspace_token}"\n'
    return f'{shared}\n[auth.openapi.session]\napi_key = "{sign_in(server, role)}"\n'


def run(role, cases, seed, phases=PHASES):
    """Fuzzes as this role on a server of its own; how many cases ran, and the lines that tell what failed."""
    server = Server.start()
    try:
        operations = operations_of(server)
        folder = Path(tempfile.mkdtemp(prefix="fuzz-", dir=server.folder))
        (folder / "schemathesis.toml").write_text(configured(server, role), "utf-8")
        each = max(1, -(-cases // operations))
        ran, failures = 0, []
        for number, (filters, examples) in enumerate([
            ([f"--exclude-operation-id={name}" for name in LAST], each),
            ([f"--include-operation-id={name}" for name in LAST], max(1, each // 10)),
        ]):
            count, said, passed = schemathesis(server, folder, phases, filters, examples, seed + number)
            ran += count
            if not passed:
                failures.append(said)
        alive = server.process.poll() is None
        if failures or not alive:
            said = [line for line in server.log().splitlines() if "ERROR" in line][-20:]
            failures.append("\n".join([f"the server {'ran on' if alive else 'ended'}, its errors:", *said]))
        return ran, failures
    finally:
        server.stop()


def schemathesis(server, folder, phases, filters, examples, seed):
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml", "run",
        f"{server.base_url}/api/v1/openapi.json", "--checks", "all", "--max-examples", str(examples), "--seed", str(seed),
        "--phases", phases, "--continue-on-failure", "--no-color",
        "--suppress-health-check", "all", "--header", "Sec-Fetch-Site: same-origin", *filters,
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, "COLUMNS": "160"})
    said = done.stdout + done.stderr
    found = re.search(r"([\d,]+) generated", said)
    return int(found[1].replace(",", "")) if found else 0, said, done.returncode == 0 and bool(found)


class Rounds:
    """One role's rounds, until as many cases ran as were asked for or a round failed."""

    def __init__(self, role, cases, seed):
        self.role, self.cases, self.seed = role, cases, seed
        self.ran = self.begun = self.running = 0
        self.failed = False
        self.lock = threading.Lock()

    def work(self):
        """Takes round after round; several threads may, and the last of them to leave has seen enough cases run."""
        while (number := self.next()) is not None:
            begun = time.monotonic()
            seed = self.seed + 100 * number
            ran, failures = run(self.role, min(self.cases, ROUND), seed, DRAWN_PHASES if number else PHASES)
            self.ended(number, seed, ran, failures, time.monotonic() - begun)

    def next(self):
        """The next round's number, from 0; none if no more is wanted, as far as what runs can tell."""
        with self.lock:
            if self.failed or self.ran + self.running * ROUND >= self.cases:
                return None
            self.begun += 1
            self.running += 1
            return self.begun - 1

    def ended(self, number, seed, ran, failures, took):
        with self.lock:
            self.running -= 1
            self.ran += ran
            # A round without a case would be begun for ever.
            self.failed |= bool(failures) or ran == 0
            found = "no failure" if not failures else "failures"
            print(
                f"{self.role}: {ran} cases of round {number} (seed {seed}), {found}, {took:.0f} s; {self.ran} in all",
                *failures, sep="\n", flush=True,
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=20_000, help="cases for each role, at least")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--role", action="append", choices=ROLES)
    options = parser.parse_args()
    roles = [Rounds(role, options.cases, options.seed) for role in options.role or ROLES]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        # Who finds no more rounds of one role goes on to the next.
        for worker in [pool.submit(lambda: [role.work() for role in roles]) for _ in range(AT_ONCE)]:
            worker.result()
    for role in roles:
        found = "failures" if role.failed else "no failure"
        print(f"{role.role}: {role.ran} cases in {role.begun} rounds from seed {role.seed}, {found}")
    sys.exit(any(role.failed for role in roles))


if __name__ == "__main__":
    main()
