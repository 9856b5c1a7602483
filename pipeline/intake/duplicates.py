"""Is this project in another session already? Both the name and the content must say so; people decide what then."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.intake import take
from pipeline.intake.arrivals import ArrivalPlan
from pipeline.intake.likeness import Likeness, alike, fold, likenesses
from pipeline.intake.sources.inbox import SOURCE_ID
from pipeline.models import DuplicateWarning, Question, SessionRecord

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace


def detect_duplicates(
    ws: Workspace, project_name: str, file_hashes: Iterable[str], exclude_session: str | None = None
) -> DuplicateWarning | None:
    """The session that holds the same project already, or None; `file_hashes` is everything this session would hold.

    Rule (the registry's, sharpened): the name is alike enough, and enough of these files stand in the other session;
    both limits count themselves and come from [duplicates] in the settings. The best match, then the newest.
    """
    found = matches(ws, project_name, file_hashes, exclude_session)
    return found[0] if found else None


def matches(
    ws: Workspace, project_name: str, file_hashes: Iterable[str], exclude_session: str | None = None
) -> list[DuplicateWarning]:
    """Every session that `detect_duplicates` could name, best first."""
    found = likenesses(ws, project_name, file_hashes, exclude_session)
    return [warning_of(one) for one in found if alike(one, ws.settings.duplicates)]


def similar_sessions(ws: Workspace, session_id: str) -> list[DuplicateWarning]:
    """Every other session that holds enough of this one's files, whatever its name; best first."""
    return [warning_of(one) for one in _of_session(ws, ws.sessions.read(session_id))]


def similar_content(ws: Workspace, session_id: str) -> list[str]:
    """Sentences about sessions with this one's files under another name: worth knowing, nothing to answer."""
    record = ws.sessions.read(session_id)
    name = record.project_metadata.project_name
    return [_note(name, one) for one in _of_session(ws, record) if not alike(one, ws.settings.duplicates)]


def warning_of(one: Likeness) -> DuplicateWarning:
    """The likeness as it is shown and answered."""
    return DuplicateWarning(
        session_id=one.session_id,
        project_name=one.project_name,
        name_similarity=round(one.name_similarity, 1),
        file_overlap=round(one.overlap, 4),
        reverse_overlap=round(one.reverse, 4),
        shared_files=one.shared,
        of_files=one.of,
        message=(
            f"{one.session_id} ({one.project_name}) already holds {one.shared} of the {_files(one.of)} of this session;"
            f" this one holds {one.shared} of its {_files(one.other_of)}. "
            f"The names are {one.name_similarity:.0f} % alike."
        ),
    )


def _of_session(ws: Workspace, record: SessionRecord) -> list[Likeness]:
    hashes = {d.sha256 for d in record.documents.values()}
    return likenesses(ws, record.project_metadata.project_name, hashes, record.session_id)


def _note(name: str, one: Likeness) -> str:
    where = f"{one.session_id} ({one.project_name})"
    if re.sub(r"\d+", "#", fold(name)) == re.sub(r"\d+", "#", fold(one.project_name)):
        return (
            f"{one.shared} of {_files(one.of)} also stand in {where}, whose name differs in its numbers only: "
            f"perhaps another round of the same project, with {one.of - one.shared or 'nothing'} new."
        )
    return f"{one.shared} of {_files(one.of)} also stand in {where}: same files under another name."


def _files(count: int) -> str:
    return f"{count} file" if count == 1 else f"{count} files"


# --- questions, where nobody can be asked at once ---------------------------------------------------------------------


def question_about(ws: Workspace, record: SessionRecord, plan: ArrivalPlan, at: datetime) -> take.Advice:
    """Ask about each like session, once; the files are in the session meanwhile.

    All files that came where nobody could be asked, through the inbox or an upload link, stand in question, so it does
    not matter in how many drops they arrived. A question that later files make pointless is withdrawn; an answered one
    is never asked again.
    """
    if not plan.fresh:
        return take.Advice(warning=_first_pending(record.questions))
    found = matches(ws, record.project_metadata.project_name, plan.hashes, record.session_id)
    unasked = {SOURCE_ID, *(plan.documents[key].source_id for key in plan.fresh)}
    unasked |= {key for key, source in record.sources.items() if "upload_id" in source.metadata}
    before = {key for q in pending(record) for key in q.document_ids if key in record.documents}
    unasked |= {record.documents[key].source_id for key in before}
    asked = tuple(sorted(d.document_id for d in plan.documents.values() if d.source_id in unasked))
    questions = {key: q for key, q in record.questions.items() if q.answer is not None}
    acts: list[tuple[str, dict[str, object]]] = []
    for warning in found:
        key = question_id_of(warning.session_id)
        known = record.questions.get(key)
        if known is not None and known.answer is not None:
            continue
        since = known.asked_at if known else at
        questions[key] = Question(question_id=key, warning=warning, document_ids=asked, asked_at=since)
        if known is None:
            share = {"shared_files": warning.shared_files, "of_files": warning.of_files}
            acts.append(("duplicate_asked", {"other_session": warning.session_id, **share}))
    for key in record.questions.keys() - questions.keys():
        acts.append(("duplicate_question_withdrawn", {"other_session": record.questions[key].warning.session_id}))
    return take.Advice(_first_pending(questions), questions, tuple(acts))


def question_id_of(other_session: str) -> str:
    """The key of the one question about that session."""
    return f"duplicate-{other_session}"


def pending(record: SessionRecord) -> list[Question]:
    """The session's open questions, the best match first."""
    waiting = [q for q in record.questions.values() if q.answer is None]
    return sorted(waiting, key=lambda q: (-q.warning.file_overlap, -q.warning.name_similarity, q.question_id))


def _first_pending(questions: dict[str, Question]) -> DuplicateWarning | None:
    waiting = sorted((q for q in questions.values() if q.answer is None), key=lambda q: -q.warning.file_overlap)
    return waiting[0].warning if waiting else None
