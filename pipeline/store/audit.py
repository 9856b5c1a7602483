"""The append-only audit file: one event a line, each carrying the hash of the one before."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipeline.errors import SessionCorrupt
from pipeline.models import AuditEvent, Value
from pipeline.store.faultpoints import reach

#: What the first event names as the one before it.
GENESIS = "0" * 64


class AuditHead(Value):
    """The last event's number and hash; kept in session.json, so that a shortened file is noticed."""

    seq: int = 0
    hash: str = GENESIS


def chain(
    head: AuditHead,
    at: datetime,
    actor: str,
    acts: Iterable[tuple[str, dict[str, Any]]],
    revision: int | None = None,
) -> list[AuditEvent]:
    """Events for `acts` (action, details), numbered and chained on from `head`; they make that revision."""
    events: list[AuditEvent] = []
    for action, details in acts:
        event = AuditEvent(
            seq=head.seq + 1,
            at=at,
            actor=actor,
            action=action,
            details=_plain(details),
            revision=revision,
            previous=head.hash,
            hash="",
        )
        event = event.model_copy(update={"hash": digest(event)})
        head = AuditHead(seq=event.seq, hash=event.hash)
        events.append(event)
    return events


def digest(event: AuditEvent) -> str:
    """SHA-256 over everything in the event but its own hash, as sorted JSON."""
    body = event.model_dump(mode="json", exclude={"hash"})
    if body["revision"] is None:  # events of before revisions were noted keep their hash
        del body["revision"]
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """`value` as JSON holds it; what JSON has no word for becomes its text."""
    if isinstance(value, dict):
        return {str(_plain(str(key))): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)]
    if value is None or isinstance(value, bool | int | float):
        return value
    # A file name may hold bytes that are no UTF-8; the audit shows them escaped instead of refusing the event.
    return str(value).encode("utf-8", "backslashreplace").decode()


class AuditFile:
    """audit.jsonl of one session; the caller holds the session's lock for everything that writes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append_missing(self, events: Sequence[AuditEvent]) -> None:
        """Append those of `events` that the file does not hold yet, and cut off a line that a crash tore.

        `events` are committed in session.json; so after a crash between commit and append this heals the file.
        """
        if not events:
            return
        whole, last, head = self._end()
        # A session file that was put back from a copy knows less than the audit: what comes now must not look written.
        known = {events[0].seq - 1: events[0].previous, **{event.seq: event.hash for event in events}}
        if last > events[-1].seq or known.get(last, head) != head:
            raise self._broken(f"it goes on to event {last} of another history")
        missing = [event for event in events if event.seq > last]
        size = self.path.stat().st_size if self.path.exists() else 0
        if not missing and whole == size:
            return
        reach("audit.append")
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.truncate(whole)
            stream.seek(whole)
            stream.write(b"".join(event.model_dump_json().encode() + b"\n" for event in missing))
            stream.flush()
            os.fsync(stream.fileno())
        reach("audit.appended")

    def _end(self) -> tuple[int, int, str]:
        """Length in bytes up to the last complete line, that line's seq and its hash (0, 0, GENESIS without one)."""
        try:
            stream = self.path.open("rb")
        except FileNotFoundError:
            return 0, 0, GENESIS
        with stream:
            size = stream.seek(0, os.SEEK_END)
            tail, start = b"", size
            # Two newlines bracket the last complete line; read backwards until both are seen or the file begins.
            while start > 0 and tail.count(b"\n") < 2:
                step = min(65536, start)
                start -= step
                stream.seek(start)
                tail = stream.read(step) + tail
        cut = tail.rfind(b"\n") + 1
        if cut == 0:
            return 0, 0, GENESIS
        line = tail[:cut].rstrip(b"\n").rpartition(b"\n")[2]
        try:
            row = json.loads(line)
            return start + cut, int(row["seq"]), str(row["hash"])
        except (ValueError, KeyError, TypeError) as error:
            raise self._broken("its last line is not an event") from error

    def read(self) -> list[AuditEvent]:
        """Every complete event, oldest first; a last line without its end is a torn write and is left out."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return []
        events = []
        for number, line in enumerate(data.split(b"\n")[:-1], start=1):
            try:
                events.append(AuditEvent.model_validate_json(line))
            except ValidationError as error:
                raise self._broken(f"line {number} is not an event") from error
        return events

    def verify(self, head: AuditHead) -> None:
        """Raise SessionCorrupt, naming the line, unless the file is one unbroken chain that ends in `head`."""
        before = AuditHead()
        for number, event in enumerate(self.read(), start=1):
            if event.seq != before.seq + 1:
                raise self._broken(f"line {number} is event {event.seq}, expected {before.seq + 1}")
            if event.previous != before.hash:
                raise self._broken(f"line {number} does not follow the line before it")
            if event.hash != digest(event):
                raise self._broken(f"line {number} was changed after it was written")
            before = AuditHead(seq=event.seq, hash=event.hash)
        if before != head:
            raise self._broken(f"it ends with event {before.seq}, but the session knows {head.seq}")

    def _broken(self, what: str) -> SessionCorrupt:
        return SessionCorrupt(
            f"The audit file {self.path} is broken: {what}.",
            "Restore it from a backup; the session itself still works.",
        )
