"""Stage 8: the session is signed, locked and packed; opening it again makes a new version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import checklists
from pipeline.decisions import conflicts
from pipeline.decisions.review_state import review_state
from pipeline.errors import NotFound, NotReady, UsageError
from pipeline.home import lookup
from pipeline.home.pointing import require_own_review
from pipeline.models import Package, SessionRecord, wording
from pipeline.packaging.contents import sha256
from pipeline.stages import run
from pipeline.stages.generate_report import all_paths, report_paths
from pipeline.status import progress
from pipeline.status.session import look_around, waiting_in
from pipeline.store.files import make_private_folder, write_atomic
from pipeline.workflow import freshness, order, results

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: What somebody signs who says nothing else.
STATEMENT = "I have reviewed this project against the checklist, and the decisions in this package are mine to sign."


def complete_session(
    ws: Workspace, session_id: str, by: str, statement: str = STATEMENT, expected_revision: int | None = None
) -> Package:
    """Sign the session: it is locked, and its package written; a session that is complete keeps its package.

    NotReady, naming everything that waits, unless every row is decided, nothing is pending, all stages are fresh and
    it is determined as approve or conditional. A report that only lacks people's latest words is made anew first.
    RevisionConflict when anybody's word, or any result, is newer than `expected_revision`: who signs must have seen it.
    """
    who, what = lookup.said("by", by), lookup.said("statement", statement)
    record = ws.sessions.read(session_id)
    require_own_review(ws, record, "nothing is signed here")
    if record.is_completed:
        package_path(ws, record)
        return _newest(record)
    conflicts.unless_changed(ws, record, expected_revision, conflicts.whole(), {"statement": what})
    _unless_ready(ws, record, blockers(ws, record) + not_taken(ws, record))
    record = run.advance(ws, session_id, order.ORDER[-1])
    with ws.sessions.transaction(session_id, who) as tx:
        conflicts.unless_changed(ws, tx.record, expected_revision, conflicts.whole(), {"statement": what})
        _unless_ready(ws, tx.record, blockers(ws, tx.record))
        if freshness.due(ws, tx.record, order.ORDER[-1]) or not _is_reported(ws, tx.record):
            what = f"{session_id} changed while it was being completed."
            raise NotReady(what, f"registry-review status {session_id}")
        version = len(tx.record.packages) + 1
        made = Package(
            version=version,
            by=tx.actor,
            # To the second, as it is printed; never before what it signs.
            at=max(ws.now(), tx.record.updated_at),
            statement=what,
            filename=f"package-{session_id}-v{version}.zip",
        )
        tx.update(packages={**tx.record.packages, str(version): made})
        made_of = _report_sha256(ws, tx.record)
        tx.log("session_completed", version=version, statement=what, report_sha256=made_of,
               determination=tx.record.determination.determination if tx.record.determination else None)  # fmt: skip
    package_path(ws, tx.record)
    return made


def reopen(ws: Workspace, session_id: str, by: str, reason: str) -> Package:
    """Let a completed session be changed again; its package stays, and completing it makes the next version."""
    who, why = lookup.said("by", by), lookup.said("reason", reason)
    record = ws.sessions.read(session_id)
    if not record.is_completed:
        raise UsageError(f"{session_id} is not complete.", f"registry-review status {session_id}")

    packed = sha256(package_path(ws, record).read_bytes())
    with ws.sessions.transaction(session_id, who, reopening=True) as tx:
        if not tx.record.is_completed:
            raise UsageError(f"{session_id} was reopened by somebody else.", f"registry-review status {session_id}")
        now = {"reopened_by": tx.actor, "reopened_at": ws.now(), "reopen_reason": why, "sha256": packed}
        package = _newest(tx.record).model_copy(update=now)
        tx.update(packages={**tx.record.packages, str(package.version): package})
        tx.log("reopened", version=package.version, package=package.filename, sha256=packed, reason=why)
    return package


def package_path(ws: Workspace, record: SessionRecord, version: int | None = None) -> Path:
    """The file of a package, the newest by default; one of a locked session that is gone is made again, the same.

    UsageError when there is no such package, or when its file is gone and the session has gone on since.
    """
    found = record.packages.get(str(version or len(record.packages)))
    if found is None:
        raise NotFound(f"{record.session_id} has no such package.", f"See `status {record.session_id}`.")
    folder = ws.sessions.folder(record.session_id) / "packages"
    path = folder / found.filename
    if path.is_file():
        return path
    if found.reopened_at is not None:
        cure = "Restore it from a backup: the session has gone on since, so it cannot be made again."
        raise UsageError(f"{path} is gone.", cure)
    make_private_folder(folder)
    write_atomic(path, package_bytes(ws, record))
    return path


def package_bytes(ws: Workspace, record: SessionRecord) -> bytes:
    """The archive of a locked session; the same bytes each time."""
    from pipeline.packaging.archive import zipped  # start-up
    from pipeline.packaging.contents import package_files  # start-up

    package = _newest(record)
    report, paths = all_paths(ws, record)
    events = ws.sessions.audit(record.session_id)
    last = max(e.seq for e in events if e.action == "session_completed")
    checklist = results.load_checklist(ws, record)
    source, _ = checklists.source(checklist.methodology, ws.settings.checklist.folder)
    forms = {kind: path.read_bytes() for kind, path in paths.items()}
    files = package_files(record, package, report, forms, events[:last], checklist, source)
    return zipped(package.filename.removesuffix(".zip"), files)


def blockers(ws: Workspace, record: SessionRecord) -> tuple[str, ...]:
    """Everything that keeps a session from being completed, in words."""
    found = list(review_state(ws, record).blockers)
    views = progress.progress(ws, record)
    for key in order.ORDER:
        if views[key].status != "completed" and not (key == order.ORDER[-1] and progress.is_reported(views)):
            found.append(f"`{order.VERB_OF[key]}` is {views[key].status}: {views[key].reason}")
            break
    found += [f"a question is open: {q.warning.message}" for q in record.questions.values() if q.answer is None]
    return tuple(found)


def not_taken(ws: Workspace, record: SessionRecord) -> tuple[str, ...]:
    """Files that were dropped for the session: what is signed must hold them."""
    files = waiting_in(ws, look_around(ws, record), record)
    return (f"{wording.count(len(files), 'file')} in its inbox folder not taken yet",) if files else ()


def _unless_ready(ws: Workspace, record: SessionRecord, waits: tuple[str, ...]) -> None:
    if waits:
        what = f"{record.session_id} cannot be completed yet: {'; '.join(waits)}."
        raise NotReady(what, f"Next: {progress.next_action(ws, record)}", waits)


def _is_reported(ws: Workspace, record: SessionRecord) -> bool:
    """True when the report holds everything, people's latest words too."""
    stage = record.stages.get("report_generation")
    return stage is not None and stage.fingerprint == freshness.current_fingerprint(ws, record, "report_generation")


def _report_sha256(ws: Workspace, record: SessionRecord) -> str:
    return sha256(report_paths(ws, record)[1]["json"].read_bytes())


def _newest(record: SessionRecord) -> Package:
    return record.packages[str(len(record.packages))]
