"""A person answers the duplicate question: the files stay, go to the other session too, or leave this one."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from pipeline.errors import SessionNotFound, UsageError
from pipeline.filenames import SafeName
from pipeline.intake import kept_archives, quarantine, take
from pipeline.intake.duplicates import pending
from pipeline.intake.sources.batch import Batch, Candidate
from pipeline.intake.sources.inbox import SOURCE_ID
from pipeline.models import AddResult, DocumentRecord, DuplicateChoice, Value, wording
from pipeline.stages.remove import take_out

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace


class DuplicateAnswer(Value):
    """What an answer to a duplicate question did."""

    session_id: str
    choice: DuplicateChoice
    #: The session that was found to be alike.
    other_session: str
    #: What became of the files in the other session, when they were added there.
    added: AddResult | None = None
    #: Where the files lie now, when they left the session.
    quarantined: tuple[str, ...] = ()
    message: str


def answer_duplicate(
    ws: Workspace, session_id: str, choice: DuplicateChoice, actor: str, question_id: str | None = None
) -> DuplicateAnswer:
    """Answer the session's duplicate question; with several open, the named one or the best match decides.

    continue: the files stay. use_existing: they are added to the other session too, and this one points to it.
    cancel: they leave the session and lie in the inbox's quarantine. The other open questions are closed by the same
    answer, except that files can be added to one session only: for the others use_existing counts as continue.
    """
    if choice not in get_args(DuplicateChoice):
        raise UsageError(f"{choice!r} is not an answer.", "Answer with continue, use_existing or cancel.")
    record = ws.sessions.read(session_id)
    open_questions = pending(record)
    chosen = [q for q in open_questions if question_id in (None, q.question_id)]
    if not chosen:
        raise UsageError(f"{session_id} has no open duplicate question.", f"See `status {session_id}`.")
    question = chosen[0]
    other = question.warning.session_id
    documents = [record.documents[key] for key in question.document_ids if key in record.documents]
    added: AddResult | None = None
    moved: tuple[str, ...] = ()
    if choice == "use_existing":
        added = _add_to_other(ws, other, documents, actor)
        message = f"The files were added to {other}, and {session_id} points to it."
    elif choice == "cancel":
        reason = f"taken back out of {session_id}: the project stands in {other} already"
        moved = tuple(str(p) for p in _quarantine(ws, session_id, documents, reason))
        message = f"{wording.count(len(documents), 'file')} left {session_id} and lie in {ws.quarantine / session_id}."
    else:
        message = f"The files stay in {session_id}."
    with ws.content.lock():
        with ws.sessions.transaction(session_id, actor) as tx:
            gone = (
                take_out(tx, [d.document_id for d in documents], by=actor, reason=message) if choice == "cancel" else ()
            )
            closing = [question] if question_id else [q for q in open_questions if q.question_id in tx.record.questions]
            for each in closing:
                answer: DuplicateChoice = choice if each is question or choice != "use_existing" else "continue"
                tx.put_question(each.model_copy(update={"answer": answer, "answered_by": actor}))
                tx.log("duplicate_answered", other_session=each.warning.session_id, answer=answer)
            if choice == "use_existing":
                tx.update(points_to=other)
        kept_archives.tidy(ws, tx.record)
        for sha256 in ws.catalog.unreferenced(set(gone)):
            ws.content.discard(sha256)
    return DuplicateAnswer(
        session_id=session_id, choice=choice, other_session=other, added=added, quarantined=moved, message=message
    )


def _add_to_other(ws: Workspace, other: str, documents: list[DocumentRecord], actor: str) -> AddResult:
    """Add documents to the other session as if they had been dropped into its inbox; nothing is asked there."""
    candidates = tuple(
        Candidate(SafeName(path=d.path, filename=d.filename), partial(ws.content.path, d.sha256), d.size)
        for d in documents
    )
    batch = Batch("inbox", SOURCE_ID, {"folder": str(ws.inbox / other)}, candidates)
    try:
        return take.take(ws, other, batch, actor).result
    except SessionNotFound as error:
        raise UsageError(f"{other} is no longer there.", "Answer with continue or cancel.") from error


def _quarantine(ws: Workspace, session_id: str, documents: list[DocumentRecord], reason: str) -> list[Path]:
    return [
        quarantine.keep_copy(ws, session_id, ws.content.path(d.sha256), d.path, reason, sha256=d.sha256)
        for d in documents
    ]
