"""A data set of our own and a server for it, in a thread, with the faults that servers have."""

import hashlib
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mit_harness.measured import catalogue, download
from mit_harness.measured.catalogue import DataSet

# The scripts of benchmarks/ import each other by name, as they do when one of them is run.
sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))

CONTENT = bytes(k * k % 251 for k in range(200_000))


@dataclass
class Server:
    """What the server does, and what it was asked."""

    url: str
    content: bytes = CONTENT
    status: int = 200
    """With which it answers; 302 sends the client round in a circle."""
    stops_after: int | None = None
    """Bytes after which it closes the connection, the length being stated before."""
    recovers: bool = False
    """Whether the fault comes up once only."""
    knows_ranges: bool = True
    ranges: list[str | None] = field(default_factory=list)
    """The Range header of each request."""

    def answer(self, to: BaseHTTPRequestHandler) -> None:
        asked = to.headers.get("Range")
        self.ranges.append(asked)
        status, stop = self.status, self.stops_after
        if self.recovers:
            self.status, self.stops_after = 200, None
        if status != 200:
            to.send_response(status)
            to.send_header("Location", self.url + "/again")
            to.send_header("Content-Length", "0")
            to.end_headers()
            return
        body, first = self.content, 0
        if asked and self.knows_ranges:
            first = int(asked.removeprefix("bytes=").removesuffix("-"))
            body = body[first:]
            to.send_response(206)
            total = len(self.content)
            to.send_header("Content-Range", f"bytes {first}-{total - 1}/{total}")
        else:
            to.send_response(200)
        to.send_header("Content-Length", str(len(body)))
        to.end_headers()
        to.wfile.write(body[:stop])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(download, "WAIT_S", 0.0)
    monkeypatch.setattr(download, "CHUNK", 1000)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            served.answer(self)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        served = Server(f"http://127.0.0.1:{http.server_port}/toy.bin")
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield served
        http.shutdown()
        thread.join()


@pytest.fixture
def toy(server: Server, monkeypatch: pytest.MonkeyPatch) -> DataSet:
    """A data set that is in the catalogue for the length of a test."""
    made = replace(
        catalogue.DATA_SETS["lafleur2022"],
        name="toy",
        file_name="toy.bin",
        url=server.url,
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        size=len(CONTENT),
    )
    monkeypatch.setitem(catalogue.DATA_SETS, "toy", made)
    return made


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder that is not there yet."""
    monkeypatch.setenv("MIT_HARNESS_DATA", str(tmp_path / "cache" / "data"))
    return tmp_path / "cache" / "data"
