"""What must hold of a home whatever happened to it: nothing lost, nothing doubled, nothing corrupted or undone."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.errors import ReviewError
from pipeline.filenames import is_ignored_path
from pipeline.home.quarantine import REASON_ENDING
from pipeline.home.workspace import Workspace
from pipeline.models import SessionRecord
from pipeline.settings import load_settings
from pipeline.uploads import sweep_uploads
from pipeline.workflow import freshness, order
from servers.idempotency import sweep_answers

#: What may differ between the reports of two sessions that hold the same documents (contract: Shapes).
MAY_DIFFER = frozenset({"session", "generated_at", "added_at", "source_type", "path", "names"})


@dataclass
class Findings:
    """What is wrong with a home, in words; nothing when all is well."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    corrupted: list[str] = field(default_factory=list)
    #: Neither lost nor wrong, and not as it should be: work that nobody finished, leftovers that nothing would sweep.
    unfinished: list[str] = field(default_factory=list)

    def all(self) -> list[str]:
        """Every finding with its kind."""
        return [f"{kind}: {what}" for kind, found in vars(self).items() for what in found]


def compared(report: Path) -> bytes:
    """A report without what may differ, as bytes."""
    return json.dumps(_without(json.loads(report.read_bytes())), sort_keys=True, ensure_ascii=False).encode()


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without(one) for key, one in value.items() if key not in MAY_DIFFER}
    return [_without(one) for one in value] if isinstance(value, list) else value


def check(home: Path, dropped: Mapping[str, str], expected: bytes | None, sessions: int = 1) -> Findings:
    """Look at everything a home holds, when no process of it runs any more.

    `dropped` is the SHA-256 of each file that was ever dropped or added, by its name; `expected` the report of an
    undisturbed run as `compared` gives it. Sweeps that come after hours and days are made to come now.
    """
    found = Findings()
    _readable(home, found)
    soon = datetime.now(UTC) + timedelta(days=2)
    with Workspace.open(load_settings(home=home, environ={}).settings, now=lambda: soon) as ws:
        records = _sessions(ws, sessions, found)
        _bytes(ws, records, dropped, found)
        for record in records:
            _documents(ws, record, found)
            _stages(ws, record, found)
            _report(ws, record, expected, found)
        _quarantine(ws, found)
        # A server does this from time to time.
        sweep_uploads(ws)
        sweep_answers(ws)
        for record in records:  # taking its lock sweeps a session's own folder
            with ws.sessions.transaction(record.session_id, "harness"):
                pass
        _leftovers(ws, records, found)
    return found


def _readable(home: Path, found: Findings) -> None:
    for path in (home / "data" / "sessions").glob("session-*/session.json"):
        try:
            json.loads(path.read_bytes())
        except ValueError as error:
            found.corrupted.append(f"{path.name} of {path.parent.name} is not JSON: {error}")


def _sessions(ws: Workspace, expected: int, found: Findings) -> list[SessionRecord]:
    records = []
    for session_id in ws.sessions.ids():
        try:
            records.append(ws.sessions.read(session_id))
            ws.sessions.verify_audit(session_id)
        except ReviewError as error:
            found.corrupted.append(str(error))
    if len(records) > expected:
        found.doubled.append(f"{len(records)} sessions instead of {expected}")
    if len(records) < expected:
        found.lost.append(f"{len(records)} sessions instead of {expected}")
    return records


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _bytes(ws: Workspace, records: list[SessionRecord], dropped: Mapping[str, str], found: Findings) -> None:
    """Every byte is in the store, kept as an archive, in the quarantine with a reason, or still in the inbox."""
    held = {d.sha256 for record in records for d in record.documents.values()}
    archives = {a.sha256: r.session_id for r in records for a in r.archives.values() if a.kept}
    reasons = {_sha256(p) for p in _files(ws.quarantine) if p.with_name(p.name + REASON_ENDING).is_file()}
    waiting = {_sha256(path) for path in _files(ws.inbox) if ".quarantine" not in path.parts}
    for name, sha256 in dropped.items():
        if sha256 in held and ws.content.intact(sha256):
            continue
        if sha256 in archives and _sha256(ws.sessions.folder(archives[sha256]) / "archives" / sha256) == sha256:
            continue
        if sha256 in waiting:
            found.unfinished.append(f"{name} is still in the inbox")
        elif sha256 not in reasons:
            found.lost.append(f"{name} ({sha256[:12]}) is nowhere")
    for path in _files(ws.inbox):
        relative = path.relative_to(ws.inbox).as_posix()
        if ".quarantine" in path.parts or is_ignored_path(relative):
            continue
        if _sha256(path) in held | archives.keys():
            found.doubled.append(f"{relative} was taken and lies in the inbox as well")


def _documents(ws: Workspace, record: SessionRecord, found: Findings) -> None:
    for sha256, times in Counter(d.sha256 for d in record.documents.values()).items():
        if times > 1:
            found.doubled.append(f"{sha256[:12]} is {times} documents of {record.session_id}")
    received = Counter(
        str(event.details.get("sha256"))
        for event in ws.sessions.audit(record.session_id)
        if event.action == "file_received"
    )
    for sha256, times in received.items():
        if times > 1:
            found.doubled.append(f"{sha256[:12]} was added {times} times to {record.session_id}")
    if ws.catalog.content_of(record.session_id) != {d.sha256 for d in record.documents.values()}:
        found.corrupted.append(f"the catalog does not say what {record.session_id} holds")
    for document in record.documents.values():
        if not ws.content.intact(document.sha256):
            found.corrupted.append(f"the content {document.sha256[:12]} of {document.filename} is not as it was filed")


def _stages(ws: Workspace, record: SessionRecord, found: Findings) -> None:
    left = freshness.due(ws, record)
    if left is not None:
        found.unfinished.append(f"{left} of {record.session_id} is due")
    for key in order.ORDER:
        stage = record.stages.get(key)
        if stage is None or stage.status not in ("completed", "failed"):
            found.unfinished.append(f"{key} of {record.session_id} is {stage.status if stage else 'not there'}")
        elif stage.status == "failed" and not (stage.error and stage.error.message):
            found.unfinished.append(f"{key} of {record.session_id} failed without a reason")
        elif stage.status == "failed" and stage.error:
            found.unfinished.append(f"{key} of {record.session_id} failed: {stage.error.message}")


def _report(ws: Workspace, record: SessionRecord, expected: bytes | None, found: Findings) -> None:
    folder = ws.sessions.folder(record.session_id) / "reports"
    versions = {int(path.stem.rpartition("-v")[2]) for path in folder.glob("report-*.json")}
    if not versions:
        found.lost.append(f"{record.session_id} has no report")
        return
    newest = folder / f"report-{record.session_id}-v{max(versions)}"
    for ending in ("json", "md", "html"):
        if not newest.with_name(f"{newest.name}.{ending}").is_file():
            found.lost.append(f"the newest report has no {ending}")
    report = newest.with_name(f"{newest.name}.json")
    if expected is not None and report.is_file() and compared(report) != expected:
        found.corrupted.append(f"the report of {record.session_id} differs from that of an undisturbed run")


def _quarantine(ws: Workspace, found: Findings) -> None:
    for path in _files(ws.quarantine):
        reasons = path.name.endswith(REASON_ENDING)
        other = path.with_name(path.name.removesuffix(REASON_ENDING) if reasons else path.name + REASON_ENDING)
        if not other.exists():
            kind = found.unfinished if reasons else found.corrupted
            kind.append(f"{path.name} lies in the quarantine {'for no file' if reasons else 'without a reason'}")


def _leftovers(ws: Workspace, records: list[SessionRecord], found: Findings) -> None:
    """Nothing half made is left that the sweeps would leave for ever."""
    for path in _files(ws.data):
        if path.name.endswith(".tmp"):
            found.unfinished.append(f"{path.relative_to(ws.data)} is left")
    found.unfinished += [f"staging/{path.name} is left" for path in _files(ws.staging) if path.suffix != ".lock"]
    passing = ws.data / "sessions" / ".passing"
    hidden = [path for path in (ws.data / "sessions").glob(".*") if path != passing]
    # The folder itself stays; what lies in it is a session that is being made or deleted.
    found.unfinished += [f"{path.name} is left" for path in (*hidden, *passing.glob("*"))]
    held = {d.sha256 for record in records for d in record.documents.values()}
    stored = {path.name for path in _files(ws.data / "content") if not path.name.endswith(".lock")}
    found.unfinished += [f"content {name[:12]} belongs to no session" for name in stored - held]
