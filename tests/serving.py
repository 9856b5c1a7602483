"""The real server in a process of its own: started, asked over HTTP, killed as a power cut would, started again."""

from __future__ import annotations

import base64
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2

from tests.queue_fixtures import until

ROOT = Path(__file__).resolve().parent.parent


class Server:
    """`registry-review serve` on a home; started again it listens at the same port."""

    def __init__(self, home: Path, **settings: object) -> None:
        self.home = home
        self.settings = settings
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._log = home.with_name(f"{home.name}-serve.log")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""

    def start(self, *options: object) -> None:
        """Start it and wait until it answers."""
        told = {f"REGISTRY_REVIEW_{name.upper()}": str(value) for name, value in self.settings.items()}
        words = ("--home", self.home, "serve", "--port", self.port, *options)
        before = len(self.said)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, str(ROOT / "cli.py"), *map(str, words)],
                env={**os.environ, **told},
                cwd=self.home.parent,  # ./config.toml is read too: never the repository's own
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(lambda: "Serving " in self.said[before:] or self._process.poll() is not None, "the server is up", 60)
        assert self._process.poll() is None, self.said
        self.port = int(re.findall(r"http://\S+?:(\d+); its", self.said)[-1])

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it; returns the exit code."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            self._process.send_signal(number)
        return self._process.wait(30)

    def kill(self) -> None:
        """As a power cut would; its readers, which live on pipes, end by themselves."""
        self.stop(signal.SIGKILL)

    def client(self, **how: Any) -> httpx2.Client:
        """A client of it that gives up after a minute."""
        return httpx2.Client(base_url=self.url, timeout=60, **how)

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self._process.kill()
                raise


@contextmanager
def serving(home: Path, *options: object, **settings: object) -> Iterator[Server]:
    """A server while the block runs."""
    server = Server(home, **settings)
    server.start(*options)
    try:
        yield server
    finally:
        server.end()


def sent(folder: Path) -> dict[str, Any]:
    """Everything below a folder as a source that is sent inside the call."""

    def encoded(path: Path) -> str:
        return base64.b64encode(path.read_bytes()).decode()

    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    files = [{"filename": p.relative_to(folder).as_posix(), "content_base64": encoded(p)} for p in found]
    return {"type": "upload", "files": files}


def letters(*names: str) -> dict[str, Any]:
    """Small text files as a source that is sent inside the call."""

    def encoded(name: str) -> str:
        return base64.b64encode(f"The letter {name}.\n".encode()).decode()

    return {"type": "upload", "files": [{"filename": name, "content_base64": encoded(name)} for name in names]}
