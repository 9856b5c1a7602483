"""REST under fifty clients at once, against a bare route on the same server; and the memory of a very large upload."""

from __future__ import annotations

import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.callers import Calls, call
from benchmarks.program import ROOT, environment, peak_bytes
from benchmarks.table import Row

ABOUT = "Fifty clients at once: `status` and small uploads against bare FastAPI routes; memory of a 1 GiB upload."

CLIENTS = 50
MIB = 1024 * 1024
#: The largest file and upload allowed here, in MB, above the 1 GiB that is sent.
ROOM_MB = 1200


def measure(place: Path, quick: bool) -> list[Row]:
    """A session with three letters that were read and reported on; then calls in turns, then one large file."""
    calls, uploads, rounds, large = (100, 60, 1, 8 * MIB) if quick else (1500, 600, 5, 1024 * MIB)
    settings = {"inbox.max_file_mb": ROOM_MB, "uploads.max_total_mb": 2 * ROOM_MB, "queue.sweep_seconds": 3600}
    with _server(place / "home", settings) as server:
        session_id = _session(server)
        status = _get(server, f"/sessions/{session_id}/status")
        bare = _get(server, "/bare")
        slots = _Slots(server)
        form = _post(server, "/bare", 0)
        _turns(lambda: server.calls(CLIENTS, status), lambda: server.calls(CLIENTS, bare), 1)
        looked = _turns(lambda: server.calls(calls, status), lambda: server.calls(calls, bare), rounds)
        sent = _turns(lambda: server.uploads(uploads, slots), lambda: server.calls(uploads, form), rounds)
        before = peak_bytes(server.pid)
        _send_large(server, slots.path(), large)
        grown = peak_bytes(server.pid) - before
    return [
        *_rows("`status` of a session", looked, 10.0),
        *_rows("uploads of 10 kB", sent, 10.0, note="each is on the disk, synced, and written down before it is told"),
        Row(
            f"memory for an upload of {large // MIB:,} MiB",
            f"{grown / 1e6:.1f} MB more at its peak",
            f"{before / 1e6:.0f} MB before",
            max(grown / 1e6, 0.1),
            32.0,
            True,
            unit="MB",
        ),
    ]


def _rows(what: str, both: list[tuple[Calls, Calls]], target: float, note: str = "") -> list[Row]:
    ours, bare = both[len(both) // 2]
    return [
        Row(
            f"{what}, {CLIENTS} clients: calls per second",
            ours.shown,
            f"{bare.shown} of a bare route",
            median(b.per_second / a.per_second for a, b in both),
            target,
            True,
            note=note,
        ),
        Row(
            f"{what}, {CLIENTS} clients: 99th percentile",
            f"{median(a.p99 for a, _ in both) * 1000:,.0f} ms",
            f"{median(b.p99 for _, b in both) * 1000:,.0f} ms of a bare route",
            median(a.p99 / b.p99 for a, b in both),
            target,
            True,
        ),
    ]


def _turns(ours: Callable[[], Calls], bare: Callable[[], Calls], rounds: int) -> list[tuple[Calls, Calls]]:
    """Both in turns, every second round the other way about."""
    both = []
    for turn in range(rounds):
        if turn % 2:
            later = bare()
            both.append((ours(), later))
        else:
            both.append((ours(), bare()))
    return both


class _Server:
    """The server under measurement."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.pid, self.port = process.pid, port

    def json(self, method: str, path: str, body: object = None) -> Any:
        """The JSON that it answers."""
        data = None if body is None else json.dumps(body).encode()
        address = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(address, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 - as above
            return json.load(answer)

    def calls(self, number: int, request: bytes) -> Calls:
        """The same call, so many times."""
        return call(self.port, CLIENTS, number, lambda _number: request)

    def uploads(self, number: int, slots: _Slots) -> Calls:
        """As many uploads, each another small file."""
        requests = [_post(self, slots.path(), one) for one in range(number)]
        return call(self.port, CLIENTS, number, requests.__getitem__)


class _Slots:
    """Upload links, one for each client, as many people upload at once."""

    def __init__(self, server: _Server) -> None:
        made = (server.json("POST", "/generate-upload-url", {"project_name": f"Farm {n}"}) for n in range(CLIENTS))
        self._paths = itertools.cycle([str(one["upload_url"]).partition(str(server.port))[2] for one in made])

    def path(self) -> str:
        """Where the next file goes."""
        return next(self._paths)


@contextmanager
def _server(home: Path, settings: Mapping[str, object]) -> Iterator[_Server]:
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "benchmarks.bare", str(home), "0"],
        cwd=home.parent,
        env={**environment(settings), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise RuntimeError("the server did not start")
        yield _Server(process, int(line.rpartition(":")[2]))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _session(server: _Server) -> str:
    """A session with three letters, read and reported on."""
    import base64

    session_id = str(server.json("POST", "/sessions", {"project_name": "Letters Farm"})["session_id"])
    content = [base64.b64encode(f"Letter {number}.\n".encode()).decode() for number in range(3)]
    files = [{"filename": f"{number}.txt", "content_base64": one} for number, one in enumerate(content)]
    server.json("POST", f"/sessions/{session_id}/documents", {"source": {"type": "upload", "files": files}})
    server.json("POST", f"/sessions/{session_id}/report?wait=40")
    return session_id


def _get(server: _Server, path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode()


def _post(server: _Server, path: str, number: int) -> bytes:
    """A form with one small file."""
    content = f"Letter {number} of many.\n".encode().ljust(10_000, b".")
    head, tail = _form(f"letter {number} {os.urandom(4).hex()}.txt")
    length = len(head) + len(content) + len(tail)
    return _head(server, path, length) + head + content + tail


def _head(server: _Server, path: str, length: int) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAccept: application/json\r\n"
        f"Content-Type: multipart/form-data; boundary=part\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def _form(filename: str) -> tuple[bytes, bytes]:
    named = f'--part\r\nContent-Disposition: form-data; name="files"; filename="{filename}"\r\n\r\n'
    return named.encode(), b"\r\n--part--\r\n"


def _send_large(server: _Server, path: str, size: int) -> None:
    """One file of that size over one connection, piece by piece."""
    head, tail = _form("large.bin")
    with socket.create_connection(("127.0.0.1", server.port), timeout=600) as connection:
        connection.sendall(_head(server, path, len(head) + size + len(tail)) + head)
        for _ in range(size // MIB):
            connection.sendall(os.urandom(MIB))
        connection.sendall(tail)
        answer = connection.recv(65536)
        while b'"outcome"' not in answer and (more := connection.recv(65536)):
            answer += more
    if b" 200 " not in answer.split(b"\r\n", 1)[0] or b'"received"' not in answer:
        raise RuntimeError(f"the large file was not taken: {answer[:500]!r}")
