"""Stage 1b: files are added to a session, from every kind of source by the same rules, as often as wanted."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipeline import filenames
from pipeline.errors import DuplicateSessionWarning, ReviewError, RevisionConflict, UsageError
from pipeline.home import quarantine
from pipeline.home.pointing import receiver, told
from pipeline.intake import take
from pipeline.intake.arrivals import ArrivalPlan
from pipeline.intake.duplicates import asked_about, going_on, question_about
from pipeline.intake.inbox import leaving
from pipeline.intake.sources import (
    Batch,
    InboxFile,
    LinkSource,
    Source,
    from_file_references,
    from_inbox,
    from_link,
    from_path,
    gather,
    parse,
)
from pipeline.intake.sources.inbox import identity_of, same_content
from pipeline.intake.writers import Writers
from pipeline.models import AddResult, DocumentSource, SessionRecord

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.home.workspace import Workspace

log = logging.getLogger("registry_review.sources")

__all__ = [
    "InboxFile",
    "add_and_ask_later",
    "add_documents",
    "add_file_references",
    "require_usable",
    "rescan_sources",
    "take_inbox_files",
]


def add_documents(
    ws: Workspace,
    session_id: str,
    source: dict[str, Any] | Source,
    check_duplicates: bool = True,
    actor: str = "system",
    expected_revision: int | None = None,
) -> AddResult:
    """Add a source's files to that session; every file gets its own outcome, and a refused one stops no other.

    `source`: {"type": "upload", "files": [{"filename", "content_base64"}]}, {"type": "path", "path"} or
    {"type": "link", "url", "access_mode": "mirror" or "reference"}. With `check_duplicates`, raises
    DuplicateSessionWarning before anything is added when another session holds the same project; without it the files
    are added, the answer carries the warning, and the session keeps that `actor` said to continue. Where another
    session is reviewed in this one's place, the files go there; PointsNowhere when they cannot. Originals are copied,
    never touched. TryAgain when a link may give its file later; RevisionConflict, with nothing added, when the session
    is no longer at `expected_revision`.
    """
    record, revision = _receiver(ws, session_id, expected_revision)
    with _batch_of(ws, record, parse(source)) as batch:
        return told(_add(ws, record.session_id, batch, check_duplicates, actor, revision), session_id)


def add_and_ask_later(
    ws: Workspace, session_id: str, source: dict[str, Any] | Source, actor: str = "system"
) -> AddResult:
    """Add where nobody can be asked: as `add_documents`, but a likeness to another session becomes a question."""
    record = receiver(ws, session_id)
    with _batch_of(ws, record, parse(source)) as batch:
        taken = take.take(ws, record.session_id, batch, actor, lambda r, plan: question_about(ws, r, plan, ws.now()))
        return told(taken.result, session_id)


def require_usable(ws: Workspace, source: dict[str, Any] | Source) -> None:
    """UsageError when nothing could be added from that source, whatever the session; a link is not tried."""
    described = parse(source)
    if not isinstance(described, LinkSource):
        gather(described, take.limit_bytes(ws), _own_folders(ws))


def add_file_references(
    ws: Workspace,
    session_id: str,
    references: Sequence[dict[str, Any]],
    check_duplicates: bool = True,
    actor: str = "system",
    expected_revision: int | None = None,
) -> AddResult:
    """Fetch what references of {"name", "id", "mime_type", "download_link"} name, and add it as one upload.

    As `add_documents` in all else; each file has its own outcome, and one that cannot be had is refused.
    """
    record, revision = _receiver(ws, session_id, expected_revision)
    with ws.content.scratch() as folder:
        batch = from_file_references(references, folder, ws.settings)
        return told(_add(ws, record.session_id, batch, check_duplicates, actor, revision), session_id)


def _receiver(ws: Workspace, session_id: str, expected: int | None) -> tuple[SessionRecord, int | None]:
    """The session that takes the files, and the revision that it must still be at; that of another one nobody saw."""
    record = receiver(ws, session_id)
    if record.session_id == session_id or expected is None:
        return record, expected
    if (seen := ws.sessions.read(session_id).revision) != expected:
        raise RevisionConflict(
            f"{session_id} was changed in between (revision {seen}, expected {expected}).",
            "Look at it again, then repeat the change.",
        )
    return record, None


@contextmanager
def _batch_of(ws: Workspace, record: SessionRecord, source: Source) -> Iterator[Batch]:
    """What the source holds; what was fetched for it lies on disk as long as the context lasts."""
    if isinstance(source, LinkSource):
        with ws.content.scratch() as folder:
            yield from_link(source.url, source.access_mode, folder, ws.settings, record, ws.now())
    else:
        yield gather(source, take.limit_bytes(ws), _own_folders(ws))


def _add(
    ws: Workspace, session_id: str, batch: Batch, check_duplicates: bool, actor: str, expected_revision: int | None
) -> AddResult:
    """Take the batch, unless another session holds the same project and nobody said to go on."""

    def guard(record: SessionRecord, plan: ArrivalPlan) -> take.Advice:
        # A link that is only referred to brings what is known of it: its hash.
        referred = {str(batch.metadata["sha256"])} if batch.stands and "sha256" in batch.metadata else set()
        hashes = plan.hashes | referred
        is_new = bool(plan.fresh) or not referred <= {d.sha256 for d in record.documents.values()} | record.referred
        found = asked_about(ws, record, hashes) if hashes else []
        unanswered = [match.warning for match in found if match.answer is None]
        # Where nothing new comes in there is nothing to hold back.
        if check_duplicates and is_new and unanswered:
            raise DuplicateSessionWarning(unanswered[0], session_id)
        advice = take.Advice() if check_duplicates else going_on(record, found, actor, ws.now())
        if not found:
            return advice
        warning = found[0].warning
        acts = (("added_despite_likeness", {"other_session": warning.session_id}),) if is_new else ()
        return replace(advice, warning=warning, acts=(*advice.acts, *acts))

    return take.take(ws, session_id, batch, actor, guard, expected_revision).result


def _own_folders(ws: Workspace) -> tuple[Path, ...]:
    return (ws.data.resolve(), ws.inbox.resolve())


def take_inbox_files(ws: Workspace, session_id: str, files: Sequence[InboxFile], actor: str = "inbox") -> AddResult:
    """Take settled inbox files into that session, or into the one that is reviewed in its place, always.

    A likeness to another session becomes a question.

    An inbox file goes only after its content is safe, and only if it is still the file that settled. Refused ones are
    moved to the quarantine with their reason; one that is still being written stays and comes again. Repeating the call
    changes nothing.
    """
    asked_for, record = session_id, receiver(ws, session_id)
    session_id = record.session_id
    folder = ws.inbox / "new" / record.bound_folder if record.bound_folder else ws.inbox / session_id
    batch, by_path = from_inbox(files, str(folder), take.limit_bytes(ws))
    taken = take.take(ws, session_id, batch, actor, lambda r, plan: question_about(ws, r, plan, ws.now()))
    leaving.sweep(ws)
    # What came out of an archive has no inbox file of its own.
    leaving.let_go(ws, [(by_path[path], taken.sha256[path]) for path in sorted(taken.safe & by_path.keys())])
    for refusal in taken.refusals:
        file = by_path.get(refusal.path)
        if refusal.lasting and file is not None:
            _quarantine(ws, session_id, file, refusal.reason)
    return told(taken.result, asked_for)


def _quarantine(ws: Workspace, session_id: str, file: InboxFile, reason: str) -> None:
    if not same_content(file.identity, identity_of(file.path)) or Writers(time.monotonic).of(file.path):
        return
    try:
        quarantine.move_in(ws, session_id, file.path, file.relative, reason)
    except OSError as error:
        log.warning("%s cannot be moved to the quarantine: %s", filenames.printable(file.relative), error.strerror)


def rescan_sources(ws: Workspace, session_id: str, actor: str = "system") -> list[dict[str, Any]]:
    """Look again at every folder and file that was added by path, and say what every source holds.

    Links are not fetched again: discovery needs no network, and adding a link again does that.
    New and changed files are taken as by adding; what a person took out stays out; files that vanished are noted and
    kept. Nothing is written when nothing changed. Returns [{"type", "files"}], a path source with what it holds now.
    """
    record = ws.sessions.read(session_id)
    scanned = []
    for source_id, source in sorted(record.sources.items()):
        row: dict[str, Any] = {"type": source.source_type, "files": source.metadata.get("file_count", 0)}
        if source.source_type == "path":
            row |= _look_again(ws, session_id, source_id, source, actor)
        scanned.append(row)
    return scanned


def _look_again(ws: Workspace, session_id: str, source_id: str, source: DocumentSource, actor: str) -> dict[str, Any]:
    path = str(source.metadata["path"])
    note: dict[str, Any] = {}
    try:
        found = from_path(path, take.limit_bytes(ws), _own_folders(ws))
        batch = Batch("path", source_id, found.metadata, found.candidates, found.refusals, automatic=True)
    except UsageError as error:
        batch, note = None, {"note": str(error)}
    present: set[str] = set()
    if batch is not None:
        present = {c.name.path for c in batch.candidates} | {r.path for r in batch.refusals}
        try:
            taken = take.take(ws, session_id, batch, actor)
            # What archives hold now, as well.
            present |= taken.safe | {r.path for r in taken.refusals}
        except ReviewError as error:
            # Nobody knows what the archives hold, so nothing is said of what has gone.
            return {"files": len(batch.candidates), "note": str(error)}
    _note_vanished(ws, session_id, source_id, present, actor)
    return {"files": len(batch.candidates) if batch else 0, **note}


def _note_vanished(ws: Workspace, session_id: str, source_id: str, present: set[str], actor: str) -> None:
    def gone(record: SessionRecord) -> tuple[str, ...]:
        known = {d.path for d in record.documents.values() if d.source_id == source_id}
        return tuple(sorted(known - present))

    record = ws.sessions.read(session_id)
    if gone(record) == record.vanished.get(source_id, ()):
        return
    with ws.sessions.transaction(session_id, actor) as tx:
        missing = gone(tx.record)
        vanished = {key: paths for key, paths in tx.record.vanished.items() if key != source_id}
        tx.update(vanished={**vanished, source_id: missing} if missing else vanished)
        tx.log("source_rescanned", source_id=source_id, vanished=list(missing))
