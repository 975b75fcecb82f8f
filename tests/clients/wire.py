"""HTTP/1.1 over a bare socket: bytes out exactly as they are given, and the answer taken apart.

For requests that must go out byte for byte as another language's client writes them.
"""

import json
import socket
from dataclasses import dataclass, field

TIMEOUT_S = 60


@dataclass
class Reply:
    """An answer."""

    status: int
    reason: str
    headers: dict = field(default_factory=dict)
    """By name in lower case; the last one where there are several."""
    body: bytes = b""
    interim: list = field(default_factory=list)
    """Statuses that came before, such as 100."""

    @property
    def text(self):
        """The body as text."""
        return self.body.decode("utf-8")

    def json(self):
        """The body as JSON."""
        return json.loads(self.body)


class Wire:
    """A connection. Used with `with`."""

    def __init__(self, address):
        self.socket = socket.create_connection(address, timeout=TIMEOUT_S)
        self.stream = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.socket.close()

    def send(self, data):
        """Sends bytes as they are."""
        self.socket.sendall(data)

    def head(self):
        """Reads a status line and headers."""
        line = self.stream.readline().decode("latin-1").rstrip("\r\n")
        if not line:
            raise ConnectionError("the server closed the connection without an answer")
        _, status, reason = (line.split(" ", 2) + [""])[:3]
        headers = {}
        while (line := self.stream.readline().decode("latin-1").rstrip("\r\n")) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return Reply(int(status), reason, headers)

    def reply(self):
        """Reads an answer with its body, after any interim ones."""
        interim = []
        while (reply := self.head()).status < 200:
            interim.append(reply.status)
        reply.interim = interim
        if reply.headers.get("transfer-encoding", "").lower() == "chunked":
            while (size := int(self.stream.readline().split(b";")[0], 16)) > 0:
                reply.body += self.stream.read(size)
                self.stream.readline()
            while self.stream.readline() not in (b"\r\n", b""):
                pass
        elif reply.status not in (204, 304):
            reply.body = self.stream.read(int(reply.headers.get("content-length", "0")))
        return reply


def request(method, target, headers, body=b""):
    """The bytes of a request, its headers in exactly this order and spelling; no header is added."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def exchange(address, data):
    """Sends bytes over a connection of their own and reads one answer."""
    with Wire(address) as wire:
        wire.send(data)
        return wire.reply()
