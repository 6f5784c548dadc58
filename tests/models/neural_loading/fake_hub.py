"""A hub on this machine that speaks to the real client: listings, files, and what goes wrong."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class FakeHub:
    """Repositories from folders, all at one commit.

    Attributes
    ----------
    asked
        Method and path of every request.
    refuse
        HTTP status and error code by repository.
    cut
        Names of files whose bodies break off.
    tampered
        Names of files whose bodies are others than their checksums say.
    """

    commit = COMMIT

    def __init__(self) -> None:
        self.repositories: dict[str, Path] = {}
        self.asked: list[str] = []
        self.refuse: dict[str, tuple[int, str]] = {}
        self.cut: set[str] = set()
        self.tampered: set[str] = set()
        self.url = ""

    def files(self, repo: str) -> dict[str, bytes]:
        folder = self.repositories[repo]
        return {p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.is_file()}

    def bodies(self) -> list[str]:
        """Return the files whose contents were sent."""
        return [a.rpartition("/")[2] for a in self.asked if a.startswith("GET") and "resolve" in a]


def large(name: str) -> bool:
    return name.endswith((".safetensors", ".bin"))


def checksum(name: str, data: bytes) -> str:
    if large(name):
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def _entry(name: str, data: bytes, key: str) -> dict[str, Any]:
    made = {key: name, "type": "file", "size": len(data)}
    made["oid" if key == "path" else "blobId"] = checksum("x", data)
    if large(name):
        sha = checksum(name, data)
        made["lfs"] = {"oid": sha, "sha256": sha, "size": len(data), "pointerSize": 130}
    return made


def _handler(hub: FakeHub) -> type[BaseHTTPRequestHandler]:
    def listing(repo: str, what: str) -> object:
        found = hub.files(repo)
        if what == "tree":
            return [_entry(n, d, "path") for n, d in found.items()]
        siblings = [_entry(n, d, "rfilename") for n, d in found.items()]
        counted = {"parameters": {"F32": 1234}, "total": 1234}
        told = {"id": repo, "sha": COMMIT, "tags": []}
        return {**told, "siblings": siblings, "safetensors": counted}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, *, body: bool) -> None:
            hub.asked.append(f"{self.command} {self.path}")
            path = self.path.partition("?")[0].removeprefix("/api/models").strip("/").split("/")
            repo, what, revision = "/".join(path[:2]), path[2], path[3]
            status, code = hub.refuse.get(repo, (200, ""))
            if repo not in hub.repositories:
                status, code = 404, "RepoNotFound"
            elif status == 200 and revision not in ("main", "v1", COMMIT):
                status, code = 404, "RevisionNotFound"
            if status != 200:
                self.send(status, b"{}", {"X-Error-Code": code})
            elif what == "resolve":
                self.send_file(path[-1], hub.files(repo), body)
            else:
                self.send(200, json.dumps(listing(repo, what)).encode())

        def send_file(self, name: str, found: dict[str, bytes], body: bool) -> None:
            if name not in found:
                self.send(404, b"", {"X-Error-Code": "EntryNotFound"})
                return
            data = found[name]
            headers = {"ETag": f'"{checksum(name, data)}"', "X-Repo-Commit": COMMIT}
            if name in hub.tampered:
                data = bytes(len(data) - 1) + b"x"
            short = body and name in hub.cut
            self.send(200, data[: len(data) // 2] if short else data, headers, size=len(data))
            if short:
                self.close_connection = True

        def send(
            self, status: int, data: bytes, headers: Any = (), *, size: int | None = None
        ) -> None:
            self.send_response(status)
            for key, value in dict(headers).items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(data) if size is None else size))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        def log_message(self, *args: Any) -> None:
            pass

    return Handler


@contextmanager
def serving() -> Iterator[FakeHub]:
    hub = FakeHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
