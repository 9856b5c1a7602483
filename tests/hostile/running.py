"""The real program over hostile files: each command a process of its own, watched for time, memory and what it says."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from pipeline.home.workspace import Workspace
from pipeline.settings import load_settings
from tests.hostile import honest
from tests.hostile.made import Input

ROOT = Path(__file__).resolve().parents[2]
#: What a person must never be shown.
_DEFECT = ("Traceback (most recent call last)", "this was not foreseen", "a defect in this program")
#: Done, done but something waits for a person, partly done.
_FINE = (0, 3, 4)
#: An honest document among the hostile ones, which must be read in every session.
HONEST = b"an honest one.pdf"


@dataclass(frozen=True)
class Limits:
    """What the program is allowed while it reads."""

    timeout_seconds: float = 3
    memory_mb: int = 700
    #: Seconds that a command may take for each file before it counts as hanging: two tries and more than twice that.
    patience: float = 30

    def written(self, path: Path) -> Path:
        """A config file that says so."""
        path.write_text(f"[reading]\ntimeout_seconds = {self.timeout_seconds}\nmemory_mb = {self.memory_mb}\n")
        return path


@dataclass
class Tally:
    """What came of a run."""

    inputs: int = 0
    sessions: int = 0
    #: Documents by status and code: "in_scope", "quarantined: timeout", "refused", "opened as an archive".
    outcomes: Counter[str] = field(default_factory=Counter)
    #: Inputs that a command hung over, that ended the program, that showed a defect or of which nothing is known.
    hangs: list[str] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    #: The highest that any command and any reading process held, in MB.
    parent_mb: float = 0
    child_mb: float = 0
    #: Names of makers by what was quarantined of theirs.
    set_aside: Counter[str] = field(default_factory=Counter)
    seconds: float = 0

    @property
    def clean(self) -> bool:
        """True when nothing hung, crashed, showed a defect or was lost."""
        return not (self.hangs or self.crashes or self.defects or self.lost)


def run(inputs: Sequence[Input], folder: Path, limits: Limits | None = None) -> Tally:
    """Drop the inputs into one session of a new home below `folder` and bring it to its report."""
    limits = limits or Limits()
    dropped, home = folder / "dropped", folder / "home"
    config = limits.written(_made(folder) / "config.toml")
    written = _written(inputs, _made(dropped))
    (dropped / os.fsdecode(HONEST)).write_bytes(honest.pdf())
    tally = Tally(inputs=len(written), sessions=1)
    begun = time.monotonic()
    program = _Program(home, config, limits.patience * (len(inputs) + 4), tally)
    session_id = program("create", f"Hostile {folder.name}").strip()
    program("add", session_id, os.fspath(dropped), "--on-duplicate", "continue")
    program("run", session_id, "--to", "report")
    for looking in (("status", session_id), ("doctor",)):
        program(*looking)
    report = program("report", session_id, "--format", "json", "-o", "-")
    program.draw()
    tally.seconds = time.monotonic() - begun
    errors = home / "data" / "errors.log"
    if errors.exists():
        tally.defects.append(errors.read_text(encoding="utf-8", errors="replace")[-3000:])
    _account(written, home, session_id, report, tally)
    return tally


def together(tallies: Iterable[Tally]) -> Tally:
    """Several runs as one."""
    whole = Tally()
    for one in tallies:
        whole.inputs += one.inputs
        whole.sessions += one.sessions
        whole.outcomes += one.outcomes
        whole.set_aside += one.set_aside
        for name in ("hangs", "crashes", "defects", "lost"):
            getattr(whole, name).extend(getattr(one, name))
        whole.parent_mb = max(whole.parent_mb, one.parent_mb)
        whole.child_mb = max(whole.child_mb, one.child_mb)
        whole.seconds += one.seconds
    return whole


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _written(inputs: Iterable[Input], folder: Path) -> list[Input]:
    """Those of the inputs whose name the file system takes, each in its place."""
    written = []
    for one in inputs:
        path = Path(os.fsdecode(os.path.join(os.fsencode(folder), one.name)))  # noqa: PTH118 - names are bytes here
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(one.content)
        except OSError:
            continue
        written.append(one)
    return written


def _account(written: Sequence[Input], home: Path, session_id: str, report: str, tally: Tally) -> None:
    """What became of every input, by its hash."""
    with Workspace.open(load_settings(home=home).settings) as ws:
        record = ws.sessions.read(session_id)
        kept = {document.sha256 for document in record.documents.values()}
        opened = set(record.archives)
        refused = {row["path"].encode() for row in record.refused}
        codes = {}
        for sha256 in kept:
            reading = next(iter((ws.data / "readings").glob(f"{sha256}.*.json")), None)
            if reading is not None:
                codes[sha256] = json.loads(reading.read_bytes()).get("code")
    documents = {document["sha256"]: document["status"] for document in json.loads(report or "{}").get("documents", ())}
    if documents.get(_sha(honest.pdf())) not in ("in_scope", "pinned"):
        tally.lost.append(f"the honest document is {documents.get(_sha(honest.pdf()))}")
    for one in written:
        sha256 = _sha(one.content)
        if sha256 in kept:
            status = documents.get(sha256, "part of a layer")
            code = codes.get(sha256)
            tally.outcomes[f"{status}: {code}" if code else status] += 1
            if status == "quarantined":
                tally.set_aside[f"{one.made_by} ({code})"] += 1
        elif sha256 in opened:
            tally.outcomes["opened as an archive"] += 1
        elif any(_shown(one.name) in path for path in refused):
            tally.outcomes["refused"] += 1
        else:
            tally.lost.append(f"{one.made_by}: {one.name!r} is neither kept nor refused")


def _shown(name: bytes) -> bytes:
    """The number that a name begins with, which no refusal leaves out."""
    return name.rpartition(b"/")[2][:5]


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class _Program:
    """The command line on one home."""

    def __init__(self, home: Path, config: Path, patience: float, tally: Tally) -> None:
        self._home, self._config, self._patience, self._tally = home, config, patience, tally

    def __call__(self, *arguments: str) -> str:
        """What the command prints on stdout; whatever is wrong with it goes into the tally."""
        base = [sys.executable, "-m", "cli", "--config", os.fspath(self._config), "--home", os.fspath(self._home)]
        return self._watched([*base, *arguments], arguments[0])

    def draw(self) -> None:
        """Have pictures made of the first pages, and quotes looked for, of everything that was kept."""
        self._watched(
            [sys.executable, "-m", "tests.hostile.drawing", os.fspath(self._home), os.fspath(self._config)], "draw"
        )

    def _watched(self, command: list[str], what: str) -> str:
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen(  # noqa: S603 - our own program
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=err
            )
            deadline = time.monotonic() + self._patience
            while process.poll() is None:
                self._measure(process.pid)
                if time.monotonic() > deadline:
                    process.kill()
                    process.wait()
                    self._tally.hangs.append(f"{what} on {self._home}")
                    break
                time.sleep(0.02)  # between two looks at a process that is another's
            said, complained = _all(out), _all(err)
        if process.returncode not in _FINE and not (what == "doctor" and process.returncode == 1):
            self._tally.crashes.append(f"{what} ended with {process.returncode}: {complained[-600:]}")
        self._tally.defects += [f"{what}: {complained[-1500:]}" for text in _DEFECT if text in said + complained]
        return said

    def _measure(self, pid: int) -> None:
        self._tally.parent_mb = max(self._tally.parent_mb, _peak_mb(pid))
        for child in _children(pid):
            self._tally.child_mb = max(self._tally.child_mb, _peak_mb(child))


def _all(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")


def _peak_mb(pid: int) -> float:
    """The most memory that a process ever held (VmHWM), 0 when it is gone."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1000
    return 0


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError, ValueError):
            found += map(int, task.read_text().split())
    return found
