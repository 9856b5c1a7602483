"""Named points on the way of a file at which the crash harness may end, freeze or fail this program.

Nothing happens at them unless the environment variable `FAULTPOINTS` is set when the program starts, and then only what
it says; docs/reliability.md tells how they are used. Without it a point costs one comparison.
"""

from __future__ import annotations

import errno
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Literal, get_args

#: `<act> <point> <n> <file>`, several parted by `;`. The settings' own variables begin otherwise, so that no setting
#: can be mistaken for it.
VARIABLE = "FAULTPOINTS"

Act = Literal["kill", "freeze", "full", "io", "note", "spin"]
#: In place of a point: every one of them, counted together.
ANY = "*"

#: Every point, and what has just been done or is about to be done there.
POINTS: dict[str, str] = {
    "file.write": "a file that is replaced whole: before anything of it is written",
    "file.written": "its temporary file is safe on disk, the old one still in place",
    "file.replaced": "it is in place, its folder not yet synced",
    "content.stage": "a copy in staging has its bytes and is not synced",
    "content.secure": "the small copies of a batch are about to be synced",
    "content.secured": "all copies of a batch are safe on disk",
    "content.file": "a copy is about to be moved to its hash",
    "content.filed": "it was moved there, its folder not yet synced",
    "archive.keep": "an archive is about to be put beside its session",
    "archive.kept": "it is there, the session not yet committed",
    "intake.filed": "all contents of a batch are filed, the session not yet committed",
    "intake.committed": "the session holds the batch, the inbox still has the files",
    "inbox.unlink": "an inbox file whose content is safe is about to be moved out of reach",
    "inbox.unlinked": "it has left its place, and goes when it has rested",
    "quarantine.reason": "a refused file's reason is about to be written",
    "quarantine.move": "the reason lies there, the file still in the inbox",
    "quarantine.moved": "the refused file lies beside its reason",
    "quarantine.copy": "the reason lies there, the copy of a document that leaves its session does not",
    "quarantine.copied": "the copy lies beside its reason, the session still has the document",
    "content.discard": "a content that no session refers to is about to be removed",
    "session.aside": "a session that is deleted is out of sight, its contents still there",
    "session.forgotten": "its contents and its place in the catalog are gone, its folder is not",
    "export.place": "a copy of an original is whole, and not under its name",
    "upload.coming": "a file has come whole into an upload slot and is not in its place",
    "upload.kept": "it is in its place, the slot does not name it",
    "upload.begun": "a slot is closed for further files, nothing of it is in a session",
    "upload.making": "the id of the session that is to be made stands in the slot, the session not yet there",
    "upload.session": "there is a session for the files, the slot does not name it",
    "upload.answered": "the answer stands in the slot, the session that took the files is not committed",
    "upload.taken": "the session has the files, the slot is not marked as processed",
    "upload.processed": "it is marked, its files not yet removed",
    "session.make": "a new session is whole and not yet in its place",
    "session.made": "it is in its place, the catalog not yet told",
    "session.commit": "a changed session is about to be written",
    "session.committed": "it is written, the audit file not yet",
    "audit.append": "events are about to be appended to the audit file",
    "audit.appended": "they are safe on disk",
    "catalog.commit": "a change of the catalog is about to be committed",
    "catalog.committed": "it is committed",
    "stage.begin": "a stage has its lease and is about to be marked as running",
    "stage.running": "it is marked as running, nothing computed",
    "stage.computed": "its result is computed and nowhere kept",
    "stage.saved": "its result is kept, the session does not name it",
    "stage.committed": "the session names it, older results not yet pruned",
    "report.write": "one form of a report is about to be written",
    "report.written": "all its forms are written, the stage not yet committed",
    "reading.ask": "a reading process is about to be asked",
    "reading.answered": "it has answered",
    "reading.keep": "a reading is written and not yet in its place",
    "reading.kept": "it is in its place",
    "reading.begin": "in the reading process: a request has come",
    "reading.done": "in the reading process: the answer is about to be sent",
    "passes.look": "in the process that passes over what was read: a document is about to be looked at",
    "queue.name": "the name of a home's queue is about to be put in its place",
    "queue.send": "a message is about to be handed to the broker",
    "queue.sent": "the broker has it",
    "queue.begin": "a worker thread has a message and has not begun",
    "queue.done": "its actor has ended, the message is not acknowledged",
    "queue.ack": "it is about to be acknowledged",
    "queue.acked": "it is acknowledged",
}


@dataclass(frozen=True)
class Fault:
    """What is to happen at one point."""

    act: Act
    point: str
    #: The passage of the point, counted in each process from 1, at which it happens.
    passage: int
    #: kill, freeze: made by the process that does it, with its id; while it is there, no other does. full, io: the
    #: trouble lasts, from that passage on, for as long as it is there. note: a folder; each point that is passed is
    #: an empty file in it. spin: a folder; whatever is looked at under a name that lies there is never done with.
    file: Path


@dataclass
class _Plan:
    faults: tuple[Fault, ...]
    _passed: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reach(self, point: str, subject: str) -> None:
        with self._lock:
            self._passed.update((point, ANY))
            counts = {point: self._passed[point], ANY: self._passed[ANY]}
        for fault in self.faults:
            if fault.point in counts:
                self._carry_out(fault, point, counts[fault.point], subject)

    def _carry_out(self, fault: Fault, point: str, count: int, subject: str) -> None:
        if fault.act == "note":
            (fault.file / point).touch()
        elif fault.act == "spin":
            if subject and (fault.file / subject).exists():
                # In C code that gives the interpreter to nobody, as a search that backtracks without end.
                deque(repeat(None), maxlen=0)
        elif fault.act in ("full", "io"):
            if count >= fault.passage and fault.file.exists():
                number = errno.ENOSPC if fault.act == "full" else errno.EIO
                raise OSError(number, os.strerror(number), str(fault.file.parent))
        elif count == fault.passage and _claim(fault.file):
            # To this very thread: a process that is sent SIGSTOP may run on for a moment in one thread after another.
            signal.pthread_kill(threading.get_ident(), signal.SIGKILL if fault.act == "kill" else signal.SIGSTOP)


def _claim(file: Path) -> bool:
    """Of all processes that get there, one does it: the file is a link whose target is that one's id.

    A link, since a reading process may write to no file.
    """
    try:
        file.symlink_to(str(os.getpid()))
    except FileExistsError:
        return False
    return True


def planned(environ: Mapping[str, str]) -> _Plan | None:
    """What the environment asks for; None when it asks for nothing. ValueError for what it cannot mean."""
    told = environ.get(VARIABLE, "").strip()
    if not told:
        return None
    faults = []
    for one in told.split(";"):
        act, point, passage, file = one.split(maxsplit=3)
        if act not in get_args(Act) or (point not in POINTS and point != ANY):
            raise ValueError(f"{VARIABLE}: {one.strip()!r} names no act or no point")
        faults.append(Fault(act, point, int(passage), Path(file.strip())))  # type: ignore[arg-type] # looked at above
    return _Plan(tuple(faults))


_plan = planned(os.environ)


def reach(point: str, subject: str = "") -> None:
    """Say that the program has come to that point of `POINTS`; an OSError of a fault that was asked for comes out.

    `subject`: what is dealt with there, for acts that strike one thing and leave the others alone.
    """
    if _plan is not None:
        _plan.reach(point, subject)
