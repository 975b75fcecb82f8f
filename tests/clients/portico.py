"""Starts the real server with its demo and ends it; knows its command line and what it writes down.

The program is named by PORTICO_BIN, ONNX Runtime's library by PORTICO_ONNXRUNTIME: `cargo xtask test` sets both.
"""

import json
import os
import queue
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

STARTS_WITHIN_S = 120
STOPS_WITHIN_S = 35


@dataclass(frozen=True)
class Endpoint:
    """An endpoint of the demo, as a customer knows it."""

    base_url: str
    workspace_id: str
    service_id: str
    service: str
    name: str
    id: str
    primary_key: str
    secondary_key: str

    @property
    def path(self):
        """The path below which the endpoint is called."""
        return f"/workspaces/{self.workspace_id}/services/{self.id}"

    @property
    def api_location(self):
        """`ApiLocation` in classic's words: clients append `/execute…` or `/jobs…`."""
        return self.base_url + self.path

    @property
    def management_path(self):
        """Where classic's management wire has this endpoint, by its name."""
        service = f"/workspaces/{self.workspace_id}/webservices/{self.service_id}"
        return f"{service}/endpoints/{self.name}"

    @property
    def help_path(self):
        """The path of `HelpLocation`, whose last part is the endpoint's id and not its name."""
        service = f"/workspaces/{self.workspace_id}/webservices/{self.service_id}"
        return f"/apihelp{service}/endpoints/{self.id}"

    @property
    def help_location(self):
        """`HelpLocation` in classic's words: clients append `/score`, `/jobs`, `/update`."""
        return self.base_url + self.help_path

    @property
    def address(self):
        """Host and port, for a socket."""
        parts = urlsplit(self.base_url)
        return parts.hostname, parts.port


class Server:
    """A running server, and the folder that it keeps its data in."""

    def __init__(self, process, folder, lines):
        self.process = process
        self.folder = folder
        self._lines = lines
        self.demo = {}

    @classmethod
    def start(cls, *arguments, demo=True):
        """Starts `portico serve` on a free port of this machine and waits until it answers.

        `arguments` go after the others; without `demo` the installation is empty.
        """
        program = os.environ.get("PORTICO_BIN")
        if not program:
            raise RuntimeError("PORTICO_BIN names no server; run the tests with `cargo xtask test`")
        folder = Path(tempfile.mkdtemp(prefix="portico-clients-"))
        command = [program, "serve", *(["--demo"] if demo else []), "--port", "0", "--data", folder / "data"]
        process = subprocess.Popen(
            [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
        )
        lines, seen = [], queue.Queue()
        threading.Thread(target=_read, args=(process.stdout, lines, seen), daemon=True).start()
        server = cls(process, folder, lines)
        try:
            server._wait_until_listening(seen)
            if demo:
                server.demo = json.loads((folder / "data/demo.json").read_text("utf-8"))
        except Exception as error:
            server.stop()
            raise RuntimeError(f"{error}\nThe server printed:\n{server.log()}") from error
        return server

    def _wait_until_listening(self, seen):
        until = time.monotonic() + STARTS_WITHIN_S
        while (left := until - time.monotonic()) > 0:
            try:
                line = seen.get(timeout=left)
            except queue.Empty:
                break
            if line is None:
                raise RuntimeError(f"the server ended with {self.process.wait()}")
            if found := re.match(r"listening (http://\S+)", line):
                self.url = found[1]
                return
        raise RuntimeError(f"the server said nothing within {STARTS_WITHIN_S} s")

    @property
    def base_url(self):
        """The server's public address, without a slash at its end."""
        return self.demo.get("base_url", self.url).rstrip("/")

    @property
    def workspace_token(self):
        """The demo workspace's token, for the REST API and classic's management wire."""
        return self.demo["workspace_token"]

    def account(self, role):
        """Email and password of the demo's account with this role."""
        account = next(account for account in self.demo["accounts"] if account["role"] == role)
        return account["email"], account["password"]

    def endpoint(self, service, name="default"):
        """An endpoint of the demo by the names of its service and its own."""
        found = next(e for e in self.demo["endpoints"] if (e["service"], e["name"]) == (service, name))
        return Endpoint(
            base_url=self.base_url,
            workspace_id=found["workspace_id"],
            service_id=found["service_id"],
            service=found["service"],
            name=found["name"],
            id=found["endpoint_id"],
            primary_key=found["primary_key"],
            secondary_key=found["secondary_key"],
        )

    def log(self):
        """All that it has printed so far."""
        return "".join(self._lines)

    def stop(self):
        """Ends the server as an operator would, and takes its folder away."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOPS_WITHIN_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _read(stream, lines, seen):
    with stream:
        for line in stream:
            lines.append(line)
            seen.put(line)
    seen.put(None)
