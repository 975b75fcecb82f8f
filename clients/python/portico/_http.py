"""Uploading a package and waiting until it is a version: the server's REST API, with nothing but Python."""

import http.client
import ipaddress
import json
import os
import re
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

LOOK_EVERY_S = 0.2
# Models are loaded and tried before the server answers.
ANSWERS_WITHIN_S = 3600


class PorticoError(Exception):
    """Something went wrong; the message says what."""


class Refused(PorticoError):
    """The server refused; `status` and `errors` (pointer, code, detail) say what and why."""

    def __init__(self, message, status=None, errors=()):
        details = "".join(f"\n  {error['pointer']}: {error['detail']}" for error in errors)
        super().__init__(message + details)
        self.status = status
        self.errors = list(errors)


@dataclass(frozen=True)
class Result:
    """A version that was published."""

    workspace: str
    service_id: str
    version: int
    # Where the service's default endpoint is called.
    url: str
    # How the samples scored against what was expected: rows, compared, label_differences, label_share,
    # largest_difference, largest_at, engine.
    parity: dict
    # What changed against the version before, or None.
    difference: dict | None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows none: the token is for the server that was named."""

    def redirect_request(self, *_):
        return None


class Server:
    """A server, and the token for a workspace."""

    def __init__(self, url, workspace, token, insecure=False):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise PorticoError(f"{url!r} is no address of a server, such as https://portico.example")
        handlers = [_NoRedirects]
        if parts.scheme == "http":
            local = _is_loopback(parts.hostname)
            if not local and not insecure:
                raise PorticoError("the token would travel in clear: give an https address, or insecure=True")
            if local:
                # No proxy: it would be another machine, mostly.
                handlers.append(urllib.request.ProxyHandler({}))
        self.opener = urllib.request.build_opener(*handlers)
        self.base = f"{url.rstrip('/')}/api/v1/workspaces/{quote(workspace, safe='')}"
        self.token = token.strip()

    def ask(self, method, path, body=None, *, headers=None):
        kind = "application/json" if isinstance(body, dict) else "application/octet-stream"
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        # The body comes first: giving one takes its length from the headers.
        request = urllib.request.Request(self.base + path, data, method=method)
        if data is not None:
            request.add_header("Content-Type", kind)
        request.add_header("Authorization", f"Bearer {self.token}")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with self.opener.open(request, timeout=ANSWERS_WITHIN_S) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise _refused(error) from None
        except urllib.error.URLError as error:
            raise PorticoError(f"{self.base} can't be reached: {error.reason}") from None
        except (OSError, http.client.HTTPException) as error:
            raise PorticoError(f"{self.base} broke off: {error or type(error).__name__}") from None
        try:
            return json.loads(text) if text else None
        except ValueError:
            raise PorticoError(f"{self.base} does not answer as Portico does") from None


def _is_loopback(host):
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refused(error):
    try:
        problem = json.loads(error.read())
        return Refused(problem["detail"], error.code, problem.get("errors", ()))
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return Refused(f"The server answered {error.code}.", error.code)


def upload(
    file, file_name, *, url, workspace, token, service=None, accept_breaking=False, insecure=False, progress=None
):
    """Publishes a package (or an ONNX file) that was written before.

    file -- a path, or a binary file that can be read from its start.
    service -- the id of the service whose next version it becomes; "none" for a new one. If not given, the service of
        the package's name, if there is one.
    insecure -- send the token without https to another machine.
    """
    if isinstance(file, (str, os.PathLike)):
        with open(file, "rb") as opened:
            return upload(
                opened, file_name, url=url, workspace=workspace, token=token, service=service,
                accept_breaking=accept_breaking, insecure=insecure, progress=progress,
            )
    tell = progress or (lambda words: None)
    server = Server(url, workspace, token, insecure)
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    plain_name = re.sub(r"[\\/\x00-\x1f\x7f]", "_", file_name)
    query = f"?file={quote(plain_name, safe='')}"
    if service:
        query += f"&service={quote(service, safe='')}"
    tell(f"Uploading {file_name}")
    draft = server.ask("POST", f"/drafts{query}", file, headers={"Content-Length": str(size)})
    path = f"/drafts/{draft['id']}"
    try:
        _wait(server, path, draft, tell)
        tell("Publishing")
        published = server.ask("POST", f"{path}/publish", {"accept_breaking": accept_breaking})
    except BaseException:
        # What is not published is in nobody's way.
        try:
            server.ask("DELETE", path, headers={"If-Match": "*"})
        except PorticoError:
            pass
        raise
    service_path = f"/services/{published['service_id']}"
    version = server.ask("GET", f"{service_path}/versions/{published['version']}")
    endpoint = server.ask("GET", f"{service_path}/endpoints/default")
    return Result(
        workspace=workspace,
        service_id=published["service_id"],
        version=published["version"],
        url=endpoint["urls"]["request_response"],
        parity=version["parity"],
        difference=version["difference"],
    )


def _wait(server, path, draft, tell):
    said = None
    while draft["state"] == "vetting":
        if draft["step"] != said:
            said = draft["step"]
            tell(said)
        time.sleep(LOOK_EVERY_S)
        draft = server.ask("GET", path)
    if draft["state"] == "refused":
        raise Refused(draft["refused"])
