"""A hub on the loopback interface: the paths, headers and errors that a real one answers with, and real bytes."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"
_LARGE = 5000
"""Bytes from which on a file is published with its SHA-256 (as git-lfs does), not with git's own name."""


@dataclass
class LoopbackHub:
    """Serves ``folder`` as the repository ``repository``.

    locked: like a repository whose licence has to be accepted. changed: files whose content differs from what is
    announced. break_after: file → bytes after which its connection breaks, each time. ranges: for each file asked for,
    the byte that was asked to begin with.
    """

    repository: str
    folder: Path
    locked: bool = False
    status: int = 200
    changed: set[str] = field(default_factory=set)
    break_after: dict[str, int] = field(default_factory=dict)
    ranges: list[tuple[str, int]] = field(default_factory=list)

    def __enter__(self) -> LoopbackHub:
        hub = self

        class Handler(_Handler):
            served = hub

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def listing(self) -> dict[str, Any]:
        return {"id": self.repository, "sha": COMMIT, "siblings": [self._sibling(path) for path in self._files()]}

    def etag(self, name: str) -> str:
        content = (self.folder / name).read_bytes()
        return _sha256(content) if len(content) >= _LARGE else _git_name(content)

    def content(self, name: str) -> bytes:
        content = (self.folder / name).read_bytes()
        return bytes([content[0] ^ 1]) + content[1:] if name in self.changed else content

    def _files(self) -> list[Path]:
        return sorted(path for path in self.folder.rglob("*") if path.is_file())

    def _sibling(self, path: Path) -> dict[str, Any]:
        content = path.read_bytes()
        name = path.relative_to(self.folder).as_posix()
        sibling: dict[str, Any] = {"rfilename": name, "size": len(content), "blobId": _git_name(content)}
        if len(content) >= _LARGE:
            sibling["lfs"] = {"sha256": _sha256(content), "size": len(content), "pointerSize": 130}
        return sibling


class _Handler(BaseHTTPRequestHandler):
    served: LoopbackHub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(with_content=False)

    def do_GET(self) -> None:
        self._answer(with_content=True)

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, with_content: bool) -> None:
        hub = self.served
        path = self.path.partition("?")[0]
        if hub.status != 200:
            self._say(hub.status, b"")
        elif path.startswith(f"/api/models/{hub.repository}/revision/"):
            self._say(200, json.dumps(hub.listing()).encode(), {"Content-Type": "application/json"})
        elif path.startswith(f"/{hub.repository}/resolve/{COMMIT}/"):
            self._file(path.split(f"/{COMMIT}/", 1)[1], with_content)
        else:
            self._say(404, b"", {"X-Error-Code": "RepoNotFound"})

    def _file(self, name: str, with_content: bool) -> None:
        hub = self.served
        if hub.locked:
            self._say(403, b"", {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access to it is restricted."})
            return
        content = hub.content(name)
        begin = int(self.headers.get("Range", "bytes=0-")[6:].split("-")[0])
        headers = {"ETag": f'"{hub.etag(name)}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        if not with_content:
            self._say(200, content, headers, send=False)
            return
        hub.ranges.append((name, begin))
        if begin:
            headers["Content-Range"] = f"bytes {begin}-{len(content) - 1}/{len(content)}"
        self._say(206 if begin else 200, content[begin:], headers, stop_after=hub.break_after.get(name))

    def _say(
        self,
        status: int,
        content: bytes,
        headers: dict[str, str] | None = None,
        *,
        send: bool = True,
        stop_after: int | None = None,
    ) -> None:
        self.send_response(status)
        for key, value in {**(headers or {}), "Content-Length": str(len(content))}.items():
            self.send_header(key, value)
        self.end_headers()
        if send and self.command == "GET":
            self.wfile.write(content[:stop_after])
        if stop_after is not None and stop_after < len(content):
            self.close_connection = True


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _git_name(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
