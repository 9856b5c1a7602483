"""What becomes of the files when somebody answers whether another session holds the same project.

Whatever is answered is kept on the session with who and when, and may be answered otherwise later.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from pipeline.errors import ReviewError, SessionCompleted, SessionNotFound, TryAgain, UsageError
from pipeline.filenames import SafeName
from pipeline.home import quarantine
from pipeline.home.pointing import left_behind, receiver, undoing
from pipeline.intake import kept_archives, take
from pipeline.intake.duplicates import Match, answered, asked_about, files, pending, question_id_of
from pipeline.intake.likeness import name_similarity
from pipeline.intake.sources.batch import Batch, Candidate
from pipeline.intake.sources.inbox import SOURCE_ID
from pipeline.models import (
    AddResult,
    DocumentRecord,
    DocumentSource,
    DuplicateChoice,
    DuplicateWarning,
    Question,
    SessionRecord,
    Value,
)
from pipeline.stages.remove import take_out

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.store.transaction import Transaction

#: Files may come in while those before them are added to the other session; after so many rounds somebody tries again.
ROUNDS = 5
#: What a source says of itself that is counted or kept anew where its files are added.
_OWN = frozenset({"file_count", "archives", "folder"})


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
    ws: Workspace, session_id: str, choice: DuplicateChoice, by: str, question_id: str | None = None
) -> DuplicateAnswer:
    """Answer whether another session holds the same project; of several the named one or the best match decides.

    continue: the files stay; a session that points to another one is a review of its own again. use_existing: all its
    files are added to the other session, which is reviewed in this one's place from then on. cancel: the files in
    question leave the session and lie in the inbox's quarantine. The other open questions are closed by the same
    answer, except that only one session can be pointed to: for the others use_existing counts as continue. What was
    answered before can be answered otherwise, and so can a likeness that nobody was asked about. UsageError when there
    is nothing to answer.
    """
    if choice not in get_args(DuplicateChoice):
        raise UsageError(f"{choice!r} is not an answer.", "Answer with continue, use_existing or cancel.")
    record = ws.sessions.read(session_id)
    if record.points_to is not None:
        return _answer_otherwise(ws, record, choice, by)
    open_questions = pending(record)
    chosen = [q for q in open_questions if question_id in (None, q.question_id)]
    if not chosen:
        return _answer_unasked(ws, record, choice, by, question_id)
    question = chosen[0]
    closing = [question] if question_id else open_questions
    if choice == "use_existing":
        return use_existing(ws, session_id, question.warning, by, closing)
    documents = [record.documents[key] for key in question.document_ids if key in record.documents]
    moved: tuple[str, ...] = ()
    message = f"The files stay in {session_id}."
    if choice == "cancel":
        reason = f"taken back out of {session_id}: the project stands in {question.warning.session_id} already"
        moved = tuple(str(p) for p in _quarantine(ws, session_id, documents, reason))
        message = f"{files(len(documents))} left {session_id} and lie in {ws.quarantine / session_id}."
    gone: tuple[str, ...] = ()
    now = _as_it_is(ws, record)
    with ws.content.lock():
        with ws.sessions.transaction(session_id, by) as tx:
            if choice == "cancel":
                gone = take_out(tx, [d.document_id for d in documents], by=by, reason=message)
            for each in closing:
                _keep(ws, tx, now.get(each.warning.session_id, each.warning), choice, by, each)
        kept_archives.tidy(ws, tx.record)
        for sha256 in ws.catalog.unreferenced(set(gone)):
            ws.content.discard(sha256)
    other = question.warning.session_id
    return DuplicateAnswer(
        session_id=session_id, choice=choice, other_session=other, quarantined=moved, message=message
    )


def note_cancelled(ws: Workspace, session_id: str, warning: DuplicateWarning, by: str) -> None:
    """Keep that whoever was asked before anything was added wanted nothing added."""
    with ws.sessions.transaction(session_id, by) as tx:
        _keep(ws, tx, warning, "cancel", by)


def point_to(
    ws: Workspace, session_id: str, other_session: str, actor: str, about: DuplicateWarning | None = None
) -> None:
    """Have the other session reviewed in this one's place, after files were added there instead of here.

    `about` is the likeness that was answered so.
    """
    record = ws.sessions.read(session_id)
    if record.points_to != other_session:
        use_existing(ws, session_id, about or _known_or_named(ws, record, other_session), actor)


def use_existing(
    ws: Workspace,
    session_id: str,
    about: DuplicateWarning,
    by: str,
    closing: Sequence[Question] = (),
) -> DuplicateAnswer:
    """Have the other session reviewed in this one's place: it gets all files of this one, now and later.

    They stay here as well, so that the answer can be taken back. `closing` are the questions that this answers. A file
    that the other session cannot take leaves everything as it was.
    """
    other = about.session_id
    there = _target(ws, session_id, other)
    sent: set[str] = set()
    results: list[AddResult] = []
    for _ in range(ROUNDS):
        record = ws.sessions.read(session_id)
        results += _add_there(ws, record, there, sent, by)
        sent |= _counting(record)
        with ws.sessions.transaction(session_id, by) as tx:
            if _counting(tx.record) - sent:
                continue
            _keep(ws, tx, about, "use_existing", by)
            for each in closing:
                if each.warning.session_id != other:
                    _keep(ws, tx, each.warning, "continue", by, each)
            if tx.record.points_to != other:
                tx.update(points_to=other)
                tx.log("pointed_to", other_session=other)
        _withdraw(ws, there, session_id, by)
        message = f"The files were added to {there}, and {session_id} points to it."
        return DuplicateAnswer(
            session_id=session_id,
            choice="use_existing",
            other_session=other,
            added=_together(results),
            message=message if results else f"{session_id} points to {other}.",
        )
    raise TryAgain(f"Files keep coming into {session_id} while they are added to {other}.", "Answer again.")


def _target(ws: Workspace, session_id: str, other: str) -> str:
    """The session that would be reviewed in the place of this one, when it answers use_existing about `other`."""
    if other == session_id:
        raise UsageError(f"{session_id} cannot point to itself.")
    try:
        record = receiver(ws, other)
    except SessionNotFound as error:
        raise UsageError(f"{other} is no longer there.", "Answer with continue or cancel.") from error
    if record.session_id == session_id:
        raise UsageError(
            f"{other} points to {session_id} already, so {session_id} cannot point back.",
            f"Leave it so, or turn it round: first {undoing(other)[0].lower()}{undoing(other)[1:]}",
        )
    if record.is_completed:
        raise SessionCompleted(record.session_id)
    return record.session_id


def _answer_otherwise(ws: Workspace, record: SessionRecord, choice: DuplicateChoice, by: str) -> DuplicateAnswer:
    """Take use_existing back, what was added to the other session staying there; or send along what was left behind."""
    session_id, other = record.session_id, record.points_to or ""
    if choice == "use_existing" and left_behind(ws, record):
        return use_existing(ws, session_id, _known_or_named(ws, record, other), by)
    if choice != "continue":
        raise UsageError(
            f"{session_id} has no open duplicate question: it points to {other} already.", f"{undoing(session_id)}."
        )
    now = _as_it_is(ws, record)
    with ws.sessions.transaction(session_id, by) as tx:
        for question in tx.record.questions.values():
            if question.answer == "use_existing":
                about = now.get(question.warning.session_id, question.warning)
                _keep(ws, tx, about, "continue", by, question)
        tx.update(points_to=None)
        tx.log("pointing_undone", other_session=other)
    message = f"{session_id} is reviewed by itself again. What was added to {other} stays there."
    return DuplicateAnswer(session_id=session_id, choice=choice, other_session=other, message=message)


def _answer_unasked(
    ws: Workspace, record: SessionRecord, choice: DuplicateChoice, by: str, question_id: str | None
) -> DuplicateAnswer:
    """Answer about sessions that the rule finds and no open question is about, or answer otherwise than before."""
    session_id = record.session_id
    found = asked_about(ws, record, (d.sha256 for d in record.documents.values()))
    found += [Match(q.warning, q) for q in record.questions.values() if q.answer and not _among(q, found)]
    wanted = [
        match
        for match in found
        if question_id in (None, question_id_of(match.warning.session_id))
        and (match.answer is None or match.answer.answer != choice)
    ]
    if not wanted:
        raise UsageError(f"{session_id} has no open duplicate question.", f"See `status {session_id}`.")
    if choice == "cancel":
        raise UsageError(
            f"No files of {session_id} are in question: somebody said to go on, or they came before it was asked.",
            f"To take one out: registry-review remove {session_id} DOCUMENT --by NAME --reason TEXT",
        )
    if choice == "use_existing":
        return use_existing(ws, session_id, wanted[0].warning, by)
    with ws.sessions.transaction(session_id, by) as tx:
        for match in wanted:
            _keep(ws, tx, match.warning, choice, by)
    other = wanted[0].warning.session_id
    return DuplicateAnswer(
        session_id=session_id, choice=choice, other_session=other, message=f"The files stay in {session_id}."
    )


def _known_or_named(ws: Workspace, record: SessionRecord, other: str) -> DuplicateWarning:
    """What was said of the other session when it was asked about; where nobody was asked, that it was named."""
    known = record.questions.get(question_id_of(other))
    if known is not None:
        return known.warning
    name = ws.sessions.read(other).project_metadata.project_name
    return DuplicateWarning(
        session_id=other,
        project_name=name,
        name_similarity=round(name_similarity(record.project_metadata.project_name, name), 1),
        file_overlap=0.0,
        message=f"{other} was named as the session of this project.",
    )


def _as_it_is(ws: Workspace, record: SessionRecord) -> dict[str, DuplicateWarning]:
    """How alike each session that the rule finds is now, which may be more than when it was asked about."""
    found = asked_about(ws, record, (d.sha256 for d in record.documents.values()))
    return {match.warning.session_id: match.warning for match in found}


def _among(question: Question, found: Sequence[Match]) -> bool:
    return any(match.warning.session_id == question.warning.session_id for match in found)


def _keep(
    ws: Workspace,
    tx: Transaction,
    warning: DuplicateWarning,
    choice: DuplicateChoice,
    by: str,
    known: Question | None = None,
) -> None:
    """Write the answer down; `known` is the question as it was, when the record may have lost it meanwhile."""
    question = answered(tx.record, warning, choice, by, ws.now())
    if known is not None:
        question = question.model_copy(update={"document_ids": known.document_ids, "asked_at": known.asked_at})
    tx.put_question(question)
    tx.log("duplicate_answered", other_session=warning.session_id, answer=choice)


# --- the files -------------------------------------------------------------------------------------------------------


def _counting(record: SessionRecord) -> set[str]:
    """The contents that the other session must hold before this one may point to it."""
    return {d.sha256 for d in record.documents.values() if d.superseded_by is None}


def _add_there(ws: Workspace, record: SessionRecord, there: str, sent: set[str], by: str) -> list[AddResult]:
    """Add the documents to the other session as if each source had come to it; nothing is asked there.

    ReviewError when it cannot take one of them.
    """
    by_source: dict[str, list[DocumentRecord]] = {}
    for document in record.documents.values():
        if document.superseded_by is None and document.sha256 not in sent:
            by_source.setdefault(document.source_id, []).append(document)
    added = []
    for source_id in sorted({*by_source, *record.sources}):
        batch = _batch(ws, record.sources.get(source_id), by_source.get(source_id, []), ws.sessions.read(there))
        if batch is not None:
            added.append(take.take(ws, there, batch, by).result)
    refused = [file for result in added for file in result.files if file.outcome == "refused"]
    if refused:
        raise ReviewError(
            f"{there} cannot take {files(len(refused))} of {record.session_id}, which stays as it was: "
            f"{refused[0].reason}",
            "Mend that and answer again, or answer with continue.",
        )
    return added


def _batch(
    ws: Workspace, source: DocumentSource | None, documents: list[DocumentRecord], there: SessionRecord
) -> Batch | None:
    """What came from one source, for the other session; None when there is nothing to tell it."""
    candidates = tuple(
        Candidate(SafeName(path=d.path, filename=d.filename), partial(ws.content.path, d.sha256), d.size)
        for d in documents
    )
    if source is None or source.source_type == "inbox":
        metadata = {"folder": str(ws.inbox / there.session_id)}
        return Batch("inbox", SOURCE_ID, metadata, candidates) if candidates else None
    metadata = {key: value for key, value in source.metadata.items() if key not in _OWN}
    if source.source_type == "upload":
        return Batch("upload", None, metadata, candidates) if candidates else None
    if candidates or (source.source_type == "path" and source.source_id not in there.sources):
        return Batch(source.source_type, source.source_id, metadata, candidates)
    if source.metadata.get("access_mode") == "reference" and source.source_id not in there.sources:
        return Batch("link", source.source_id, metadata, (), stands=True)
    return None


def _together(results: Sequence[AddResult]) -> AddResult | None:
    """Several additions to one session as one."""
    if not results:
        return None
    return results[0].model_copy(
        update={
            "files_added": sum(result.files_added for result in results),
            "files": tuple(file for result in results for file in result.files),
            "message": " ".join(result.message for result in results),
        }
    )


def _withdraw(ws: Workspace, there: str, session_id: str, by: str) -> None:
    """The other session has no question about this one any more: that is answered from here."""
    key = question_id_of(session_id)
    if key not in ws.sessions.read(there).questions:
        return
    with ws.sessions.transaction(there, by) as tx:
        tx.update(questions={k: q for k, q in tx.record.questions.items() if k != key})
        tx.log("duplicate_question_withdrawn", other_session=session_id)


def _quarantine(ws: Workspace, session_id: str, documents: list[DocumentRecord], reason: str) -> list[Path]:
    return [
        quarantine.keep_copy(ws, session_id, ws.content.path(d.sha256), d.path, reason, sha256=d.sha256)
        for d in documents
    ]
