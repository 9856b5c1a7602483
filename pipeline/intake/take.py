"""The one way into a session: copy and hash the files, decide what each one is, commit all of it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipeline.errors import ReviewError, TryAgain
from pipeline.intake import kept_archives
from pipeline.intake.arrivals import Arrival, ArrivalPlan, decide
from pipeline.intake.receive import Opened, Received, archive_record, limit_bytes, received
from pipeline.intake.sources.batch import Batch, Refusal
from pipeline.models import AddResult, DocumentSource, DuplicateWarning, FileOutcome, Question, SessionRecord
from pipeline.store.faultpoints import reach

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.store.content import Staged
    from pipeline.store.transaction import Transaction

__all__ = ["Advice", "Closing", "Guard", "Taken", "limit_bytes", "no_guard", "take"]

#: So many refusals are kept with a session, the newest; the audit keeps all.
KEPT_REFUSALS = 200


@dataclass(frozen=True)
class Advice:
    """What a guard has to say about a batch that goes on."""

    warning: DuplicateWarning | None = None
    #: The session's questions afterwards; None leaves them as they are.
    questions: dict[str, Question] | None = None
    acts: tuple[tuple[str, dict[str, Any]], ...] = ()


#: Looks at the session and at what a batch would change, with everything locked; may raise to add nothing at all.
Guard = Callable[[SessionRecord, ArrivalPlan], Advice]
#: The last word before the commit, with everything locked: what the answer is going to be; may change more, or raise.
Closing = Callable[["Transaction", AddResult], None]


@dataclass(frozen=True)
class Taken:
    """What became of a batch."""

    result: AddResult
    #: Paths inside the source whose bytes are safe in the session now.
    safe: frozenset[str]
    refusals: tuple[Refusal, ...]
    #: The hash of each of these, archives included; several where several files have the same shown path.
    sha256: dict[str, tuple[str, ...]] = field(default_factory=dict)


def no_guard(_record: SessionRecord, _plan: ArrivalPlan) -> Advice:
    """Nothing to say."""
    return Advice()


def take(
    ws: Workspace,
    session_id: str,
    batch: Batch,
    actor: str,
    guard: Guard = no_guard,
    expected_revision: int | None = None,
    closing: Closing | None = None,
) -> Taken:
    """Take every file of `batch` that can be taken into that session, in one transaction.

    Refused files never stop the others. When `guard` raises, or anything fails, the session and the content are as they
    were. Taking the same batch again changes nothing. TryAgain when the disk is full or something is locked;
    RevisionConflict, with nothing changed, when the session is no longer at `expected_revision`.
    """
    record = ws.sessions.read(session_id)
    with received(ws, batch, record) as got, ws.content.lock(), _filed(ws, session_id) as file:
        with ws.sessions.transaction(session_id, actor, expected_revision) as tx:
            if tx.record.points_to is not None:
                # Since whoever calls looked: where files for it go now is looked for again.
                raise TryAgain(f"{session_id} has just come to point to {tx.record.points_to}.", "Do it again.")
            at = ws.now()
            source_id = batch.source_id or _next_upload(tx.record)
            arrivals = _wanted(tx.record, batch, got.arrivals)
            limit = ws.settings.inbox.max_files_per_session
            plan = decide(tx.record, source_id, batch.source_type, arrivals, at, limit)
            advice = guard(tx.record, plan)
            file([got.copies[sha256] for sha256 in sorted(plan.hashes & got.copies.keys())])
            reach("intake.filed")
            refusals = [*got.refusals, *_refused_by(plan)]
            _apply(tx, plan, advice)
            _note_archives(ws, tx, got, source_id)
            _note_source(tx, batch, source_id, plan, at)
            _note_refusals(tx, source_id, batch, refusals, plan, at)
            taken = _taken(session_id, batch, plan, got, advice)
            if closing is not None:
                closing(tx, taken.result)
        reach("intake.committed")
        kept_archives.tidy(ws, tx.record)
    return taken


# --- the commit -------------------------------------------------------------------------------------------------------


@contextmanager
def _filed(ws: Workspace, session_id: str) -> Iterator[Callable[[list[Staged]], None]]:
    """Files copies; when what follows fails, content that nothing refers to does not stay behind."""
    new: list[str] = []

    def file(copies: list[Staged]) -> None:
        new.extend(copy.sha256 for copy in copies if not ws.content.has(copy.sha256))
        ws.content.put_all([(copy.path, copy.sha256) for copy in copies])

    try:
        yield file
    except BaseException:
        # The commit itself may have come through before the failure, so the session has the last word; while it cannot
        # be asked, everything stays.
        with suppress(ReviewError):
            held = {d.sha256 for d in ws.sessions.read(session_id).documents.values()}
            for sha256 in set(new) - held:
                ws.content.discard(sha256)
        raise


def _wanted(record: SessionRecord, batch: Batch, arrivals: list[Arrival]) -> list[Arrival]:
    """A source that is looked at again by itself does not bring back what a person took out."""
    return [a for a in arrivals if a.sha256 not in record.removed] if batch.automatic else arrivals


def _refused_by(plan: ArrivalPlan) -> list[Refusal]:
    return [Refusal(path, o.reason or "") for path, o in plan.outcomes if o.outcome == "refused"]


def _next_upload(record: SessionRecord) -> str:
    numbers = [int(s.removeprefix("upload-")) for s in record.sources if s.startswith("upload-")]
    return f"upload-{max(numbers, default=0) + 1}"


def _apply(tx: Transaction, plan: ArrivalPlan, advice: Advice) -> None:
    if plan.documents != tx.record.documents:
        tx.update(documents=plan.documents)
    back = plan.hashes & set(tx.record.removed)
    if back:
        tx.update(removed=tuple(sorted(set(tx.record.removed) - back)))
    if advice.questions is not None and advice.questions != tx.record.questions:
        tx.update(questions=advice.questions)
    for action, details in (*plan.acts, *advice.acts):
        tx.log(action, **details)


def _note_archives(ws: Workspace, tx: Transaction, got: Received, source_id: str) -> None:
    """Remember what each archive held, and keep it whole, unless somebody took out of the session what it holds."""
    removed = set(tx.record.removed)
    for opened in got.opened:
        if opened.copy is None:
            continue
        kept = removed.isdisjoint(opened.files.values())
        if kept:
            kept_archives.keep(ws, tx.record.session_id, opened.copy)
        known = tx.record.archives.get(opened.sha256)
        found = archive_record(opened, source_id, ws, kept)
        if known is not None:
            found = found.model_copy(update=known.model_dump(include={"filename", "path", "source_id", "added_at"}))
        if found != known:
            tx.update(archives={**tx.record.archives, opened.sha256: found})
            counts = {"files": len(opened.files), "refused": len(opened.refused)}
            place = {"path": opened.name.path, "source_id": source_id}
            tx.log("archive_opened", sha256=opened.sha256, **place, **counts, kept=kept)


def _note_source(tx: Transaction, batch: Batch, source_id: str, plan: ArrivalPlan, at: datetime) -> None:
    """Record the source, or how many files it holds now; a call that brought nothing at all is no source."""
    accepted = sum(o.outcome != "refused" for _, o in plan.outcomes)
    if accepted == 0 and batch.source_type != "path" and not batch.stands:
        return
    count = accepted
    if batch.source_type == "inbox":  # filled drop by drop: what came through it, however often a message is delivered
        count = sum(d.source_id == source_id for d in plan.documents.values())
    known = tx.record.sources.get(source_id)
    if batch.stands and known is not None:
        count = known.metadata.get("file_count", 0)
    # A link says anew all that it has to say: what it said before is no longer true.
    before = known.metadata if known and batch.source_type != "link" else {}
    metadata = {**before, **batch.metadata, "file_count": count}
    if came := [a for a in tx.record.archives.values() if a.source_id == source_id]:
        metadata["archives"] = [{"path": a.path, "sha256": a.sha256, "files": len(a.files)} for a in came]
    if known is None:
        source = DocumentSource(source_id=source_id, source_type=batch.source_type, added_at=at, metadata=metadata)
        tx.put_source(source)
        tx.log("source_added", source_id=source_id, source_type=batch.source_type, **metadata)
    elif known.metadata != metadata:
        tx.put_source(known.model_copy(update={"metadata": metadata}))
        if batch.source_type == "link":
            tx.log("link_looked_at", source_id=source_id, **metadata)


def _note_refusals(
    tx: Transaction, source_id: str, batch: Batch, refusals: list[Refusal], plan: ArrivalPlan, at: datetime
) -> None:
    """Keep what was refused and why, once each; a file that came through since is no longer listed."""
    place = source_id if batch.source_id else batch.source_type
    through = {path for path, o in plan.outcomes if o.outcome != "refused"}
    kept = [r for r in tx.record.refused if (r.get("source"), r.get("path")) not in {(place, p) for p in through}]
    listed = {(r.get("source"), r.get("path"), r["reason"]) for r in kept}
    for refusal in sorted(refusals, key=lambda r: r.path):
        if not refusal.lasting or (place, refusal.path, refusal.reason) in listed:
            continue
        row = {"filename": refusal.filename, "reason": refusal.reason, "at": at.isoformat()}
        kept.append({**row, "path": refusal.path, "source": place})
        tx.log("file_refused", path=refusal.path, reason=refusal.reason, source_id=source_id)
    if tuple(kept) != tx.record.refused:
        tx.update(refused=tuple(kept[-KEPT_REFUSALS:]))


def _taken(session_id: str, batch: Batch, plan: ArrivalPlan, got: Received, advice: Advice) -> Taken:
    outcomes = list(plan.outcomes)
    outcomes += [(r.path, FileOutcome(filename=r.filename, outcome="refused", reason=r.reason)) for r in got.refusals]
    outcomes.sort(key=lambda pair: pair[0])
    files = tuple(outcome for _, outcome in outcomes)
    result = AddResult(
        session_id=session_id,
        source_type=batch.source_type,
        files_added=len(plan.fresh),
        files=files,
        duplicate_warning=advice.warning,
        message=_message(session_id, files, batch.note),
    )
    refusals = [*got.refusals, *_refused_by(plan)]
    safe = {path for path, o in plan.outcomes if o.outcome != "refused"}
    # An archive may go when all of it is safe; otherwise whoever looks for a file of it needs it whole.
    whole, partly = got.parted({refusal.path for refusal in refusals})
    refusals += [Refusal(a.name.path, _partly(a, refusals)) for a in partly]
    hashes: dict[str, tuple[str, ...]] = {}
    for path, sha256 in [(a.name.path, a.sha256) for a in got.arrivals] + [(a.name.path, a.sha256) for a in whole]:
        hashes[path] = (*hashes.get(path, ()), sha256)
    return Taken(result, frozenset(safe | {a.name.path for a in whole}), tuple(refusals), hashes)


def _partly(archive: Opened, refusals: list[Refusal]) -> str:
    path = archive.name.path
    reasons = [r.reason for r in refusals if r.path.startswith(f"{path}/")]
    more = f" And {len(reasons) - 3} more." if len(reasons) > 3 else ""
    return f"{path}: not every file in it could be taken; the others were. {' '.join(reasons[:3])}{more}"


def _message(session_id: str, files: tuple[FileOutcome, ...], note: str) -> str:
    """One sentence with the counts that are not zero, or what the source itself has to say."""
    words = {
        "added": "{} added",
        "new_version": "{} added as a new version",
        "duplicate": "{} there already",
        "refused": "{} refused",
    }
    counts = [text.format(n) for kind, text in words.items() if (n := sum(f.outcome == kind for f in files))]
    if note:
        return f"{session_id}: {note}"
    return f"{session_id}: {', '.join(counts)}." if counts else f"{session_id}: the source holds no files."
