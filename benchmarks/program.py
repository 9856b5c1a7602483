"""The real program in processes of its own, looked at from outside, and ended whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: Seconds between two looks at what is waited for.
LOOK_SECONDS = 0.05
#: Seconds a process gets to end by itself before it is killed.
END_SECONDS = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")


def command(home: Path, *words: object) -> list[str]:
    """The command line of the program on that home."""
    return [sys.executable, str(ROOT / "cli.py"), "--home", str(home), *map(str, words)]


def environment(settings: Mapping[str, object]) -> dict[str, str]:
    """The environment with settings in it: {"queue.threads": 1} as REGISTRY_REVIEW_QUEUE_THREADS=1."""
    told = {f"REGISTRY_REVIEW_{name.replace('.', '_').upper()}": str(value) for name, value in settings.items()}
    return {**os.environ, **told}


class Running:
    """A process of the program with all that descend from it."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._log = log
        #: CPU seconds, and the most memory in bytes, of every process seen so far, by its id.
        self._cpu: dict[int, float] = {}
        self._peak: dict[int, int] = {}

    @property
    def pid(self) -> int:
        """The first process's id."""
        return self._process.pid

    def require(self) -> None:
        """RuntimeError with its last words when it has ended by itself."""
        if self._process.poll() is not None:
            said = self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise RuntimeError(f"the program ended with {self._process.returncode}: {said}")

    def look(self) -> None:
        """Note CPU time and memory of all its processes as of now."""
        for pid in family(self.pid):
            with suppress(OSError, ValueError, IndexError, StopIteration):
                line = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
                fields = line.rpartition(")")[2].split()
                self._cpu[pid] = (int(fields[11]) + int(fields[12])) / _TICKS
                self._peak[pid] = peak_bytes(pid)

    @property
    def cpu_seconds(self) -> float:
        """What all its processes have used, as far as they were looked at."""
        return sum(self._cpu.values())

    def peaks(self, *, readers: bool) -> list[int]:
        """The most memory of each living process in bytes: of those that read documents, or of all others."""
        living = family(self.pid)
        return [peak for pid, peak in self._peak.items() if pid in living and _reads(pid) == readers]


@contextmanager
def running(home: Path, *words: object, settings: Mapping[str, object] | None = None) -> Iterator[Running]:
    """The program at work on `home` while the block runs; SIGTERM ends it, and its whole family is gone afterwards."""
    log = home.with_name(f"{home.name}-{words[0]}.log")
    with log.open("wb") as said:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command(home, *words),
            env=environment(settings or {}),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        try:
            yield Running(process, log)
        finally:
            members = family(process.pid)
            if process.poll() is None:
                process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(END_SECONDS)
            for pid in members:
                # An id may have passed on to somebody else's process by now.
                if is_program(pid):
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            process.wait()


def until(condition: Callable[[], bool], program: Running, seconds: float, pause: float = LOOK_SECONDS) -> float:
    """Wait until `condition` holds; returns time.perf_counter() then. RuntimeError when it does not in time."""
    deadline = time.perf_counter() + seconds
    while not condition():
        program.require()
        if time.perf_counter() > deadline:
            raise RuntimeError(f"not done within {seconds:g} s")
        time.sleep(pause)
    return time.perf_counter()


def family(pid: int) -> set[int]:
    """A process and all that descend from it."""
    found, left = set(), [pid]
    while left:
        one = left.pop()
        with suppress(OSError):
            for children in Path(f"/proc/{one}/task").glob("*/children"):
                left += map(int, children.read_text(encoding="ascii").split())
            found.add(one)
    return found


def peak_bytes(pid: int) -> int:
    """The most memory that a process ever had resident."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def watcher_ready(home: Path) -> bool:
    """Whether a watcher has looked at its inbox and gets the system's events."""
    from pipeline.intake.inbox.state import read_state

    state = read_state(home / "data")
    return state is not None and state.last_scan is not None and state.mode == "events"


def _line(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _reads(pid: int) -> bool:
    return b"pipeline.reading.child" in _line(pid)


def is_program(pid: int) -> bool:
    """Whether that process is one of the program's."""
    return any(
        mark in _line(pid) for mark in (b"pipeline.reading.child", b"actors.worker_process", bytes(ROOT / "cli.py"))
    )
