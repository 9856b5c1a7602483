"""One process of the program with faults armed in it, its family, and its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.program import ROOT, command, family, is_program
from pipeline.store.faultpoints import VARIABLE

#: Seconds a process gets to end by itself after SIGTERM before that counts as a failure.
END_SECONDS = 10.0
#: Left out of what the program inherits: settings of whoever runs this, and what makes each start compile it anew.
_LEFT_OUT = ("REGISTRY_REVIEW_", VARIABLE, "PYTHONDONTWRITEBYTECODE")


@dataclass(frozen=True)
class Armed:
    """A fault to be carried out once, by whichever process comes to it first."""

    act: str
    point: str
    passage: int
    ticket: Path

    @property
    def fired(self) -> bool:
        """Whether it was carried out."""
        return self.ticket.is_symlink()

    def __str__(self) -> str:
        return f"{self.act} {self.point} {self.passage} {self.ticket}"


class Program:
    """One process of the program on a home; what it prints goes into a log beside the home."""

    def __init__(
        self,
        home: Path,
        words: Iterable[object],
        settings: Mapping[str, object],
        faults: Iterable[Armed] = (),
        reached: Path | None = None,
        module: str | None = None,
    ) -> None:
        """`module` is run in place of the command line, with the home as its first word."""
        words = list(words)
        self.log = home.with_name(f"{home.name}-{words[0]}.log")
        notes = [f"note * 1 {reached}"] if reached else []
        env = {key: value for key, value in os.environ.items() if not key.startswith(_LEFT_OUT)}
        env |= {f"REGISTRY_REVIEW_{name.replace('.', '_').upper()}": str(value) for name, value in settings.items()}
        env[VARIABLE] = ";".join([*map(str, faults), *notes])
        with self.log.open("ab") as said:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", module, str(home), *map(str, words)] if module else command(home, *words),
                env=env,
                cwd=ROOT if module else None,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if module or words[0] == "create" else said,
                stderr=said,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its id."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll()

    def output(self, timeout: float) -> tuple[int, str]:
        """Wait for its end; its exit code and what a command whose output is kept wrote."""
        out, _ = self._process.communicate(timeout=timeout)
        return self._process.returncode, (out or b"").decode("utf-8", "replace")

    def kill(self, victim: int | None = None) -> bool:
        """SIGKILL it, or a member of its family; False when that one was gone already."""
        try:
            os.kill(victim or self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        if victim in (None, self.pid):
            self._process.wait()
        return True

    def end(self) -> float:
        """SIGTERM it and wait; returns the seconds that took. What is left of its family is killed afterwards."""
        members = family(self.pid)
        begun = time.monotonic()
        if self._process.poll() is None:
            self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS * 3)
        took = time.monotonic() - begun
        self.clear(members)
        return took

    def clear(self, members: Iterable[int] = ()) -> None:
        """Leave nothing of it behind."""
        for pid in {*members, self.pid}:
            if pid == self.pid and self._process.poll() is not None:
                continue
            # An id may have passed on to somebody else's process by now.
            if is_program(pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
                    os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def members(self) -> list[int]:
        """It and all its descendants."""
        return sorted(family(self.pid))

    def said(self) -> str:
        """The end of what it printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-3000:]
