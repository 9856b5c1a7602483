"""Is this project in another session already? Both the name and the content must say so; people decide what then.

One rule (`asked_about`) decides what is asked and what is shown, whichever door the files come through. An answer is a
Question of the session with who gave it and when. It is asked for again only when another session comes or much more is
shared (`much_more`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.intake import take
from pipeline.intake.arrivals import ArrivalPlan
from pipeline.intake.likeness import GRACE, Likeness, alike, likenesses
from pipeline.intake.sources.inbox import SOURCE_ID
from pipeline.models import DuplicateChoice, DuplicateWarning, Question, SessionRecord, Value
from pipeline.models.project_names import fold

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: Much more overlap than when it was answered: so much more of this session's content stands in the other one, as a
#: share 0-1 ...
MORE_OF_THIS = 0.10
#: ... or more than so much more of the other one's content stands in this one.
MORE_OF_THE_OTHER = 0.50


class Alike(Value):
    """A session that the rule finds, or that was asked about, with the answer that holds (contract: duplicates)."""

    session_id: str
    project_name: str
    #: 0-100, a hint.
    name_similarity: float
    #: Share 0-1 of this session's content that stands in the other one, and the other way round.
    file_overlap: float
    reverse_overlap: float
    shared_files: int
    of_files: int
    #: None while nobody has answered, or what was answered no longer holds.
    answer: DuplicateChoice | None
    by: str | None
    at: datetime | None


@dataclass(frozen=True)
class Match:
    """A session that the rule finds, and the answer that holds; None while it is to be asked about."""

    warning: DuplicateWarning
    answer: Question | None


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
    return [warning_of(project_name, one) for one in found if alike(one, ws.settings.duplicates)]


def asked_about(ws: Workspace, record: SessionRecord, hashes: Iterable[str]) -> list[Match]:
    """Every session that this one is alike to when it holds `hashes`, answered or not, best first: the one rule.

    What stands behind links that the session only refers to is counted, too.
    """
    name = record.project_metadata.project_name
    found = matches(ws, name, {*hashes, *record.referred}, record.session_id)
    return [Match(warning, _answer_to(record, warning)) for warning in found]


def _answer_to(record: SessionRecord, warning: DuplicateWarning) -> Question | None:
    """The session's own answer about another one, if it still holds; cancel was about the files of that moment only."""
    own = record.questions.get(question_id_of(warning.session_id))
    if own is None or own.answer in (None, "cancel"):
        return None
    if record.points_to == warning.session_id:
        return own
    return None if much_more(warning, own.warning.file_overlap, own.warning.reverse_overlap) else own


def much_more(now: DuplicateWarning, of_this: float, of_the_other: float) -> bool:
    """True when so much more is shared than the shares that were answered about that the answer no longer holds."""
    if now.file_overlap - of_this >= MORE_OF_THIS - GRACE:
        return True
    return now.reverse_overlap - of_the_other > MORE_OF_THE_OTHER + GRACE


def alike_sessions(ws: Workspace, record: SessionRecord) -> list[Alike]:
    """What `duplicates` shows: every session that the rule finds, best first, then others that were asked about."""
    found = asked_about(ws, record, (d.sha256 for d in record.documents.values()))
    rest = {question.warning.session_id: question for _, question in sorted(record.questions.items())}
    rows = [_alike(match.warning, match.answer) for match in found]
    # Sessions that pointed before answers were kept: what was answered is known, and not by whom.
    rows = [
        one.model_copy(update={"answer": "use_existing"}) if one.session_id == record.points_to else one
        for one in rows
    ]
    seen = {match.warning.session_id for match in found}
    return [*rows, *(_alike(q.warning, q if q.answer else None) for other, q in rest.items() if other not in seen)]


def _alike(warning: DuplicateWarning, answer: Question | None) -> Alike:
    return Alike(
        **warning.model_dump(exclude={"message", "choices"}),
        answer=answer.answer if answer else None,
        by=answer.answered_by if answer else None,
        at=answer.answered_at if answer else None,
    )


def similar_sessions(ws: Workspace, session_id: str) -> list[DuplicateWarning]:
    """Every other session that holds enough of this one's files, whatever its name; best first."""
    record = ws.sessions.read(session_id)
    return [warning_of(record.project_metadata.project_name, one) for one in _of_session(ws, record)]


def similar_content(ws: Workspace, session_id: str) -> list[str]:
    """Sentences about sessions with this one's files under another name: worth knowing, nothing to answer."""
    record = ws.sessions.read(session_id)
    if record.points_to is not None:
        return []
    name = record.project_metadata.project_name
    return [_note(name, one) for one in _of_session(ws, record) if not alike(one, ws.settings.duplicates)]


def warning_of(name: str, one: Likeness) -> DuplicateWarning:
    """The likeness of a session of that name to another one, as it is shown and answered."""
    return DuplicateWarning(
        session_id=one.session_id,
        project_name=one.project_name,
        name_similarity=round(one.name_similarity, 1),
        file_overlap=round(one.overlap, 4),
        reverse_overlap=round(one.reverse, 4),
        shared_files=one.shared,
        of_files=one.of,
        message=(
            f"{one.session_id} ({one.project_name}) already holds {one.shared} of the {files(one.of)} of this session;"
            f" this one holds {one.shared} of its {files(one.other_of)}. "
            f"The names are {one.name_similarity:.0f} % alike{_but_for(name, one)}."
        ),
    )


def _of_session(ws: Workspace, record: SessionRecord) -> list[Likeness]:
    hashes = {d.sha256 for d in record.documents.values()} | record.referred
    return likenesses(ws, record.project_metadata.project_name, hashes, record.session_id)


def _note(name: str, one: Likeness) -> str:
    where = f"{one.session_id} ({one.project_name})"
    if re.sub(r"\d+", "#", fold(name)) == re.sub(r"\d+", "#", fold(one.project_name)):
        return (
            f"{one.shared} of {files(one.of)} also stand in {where}, whose name differs in its numbers only: "
            f"perhaps another round of the same project, with {one.of - one.shared or 'nothing'} new."
        )
    return f"{one.shared} of {files(one.of)} also stand in {where}: same files under another name."


def _but_for(name: str, one: Likeness) -> str:
    """Says so when the likeness is that of the letters alone."""
    if not one.name_similarity or re.findall(r"\d+", fold(name)) == re.findall(r"\d+", fold(one.project_name)):
        return ""
    return " but for a number that only one of them has"


def files(count: int) -> str:
    """So many files, in words."""
    return f"{count} file" if count == 1 else f"{count} files"


# --- questions and answers -------------------------------------------------------------------------------------------


def question_about(ws: Workspace, record: SessionRecord, plan: ArrivalPlan, at: datetime) -> take.Advice:
    """Ask about each like session, once; the files are in the session meanwhile.

    All files that came where nobody could be asked, through the inbox or an upload link, stand in question, so it does
    not matter in how many drops they arrived. A question that later files make pointless is withdrawn.
    """
    if not plan.fresh:
        return take.Advice(warning=_first_pending(record.questions))
    found = asked_about(ws, record, plan.hashes)
    unasked = {SOURCE_ID, *(plan.documents[key].source_id for key in plan.fresh)}
    unasked |= {key for key, source in record.sources.items() if "upload_id" in source.metadata}
    before = {key for q in pending(record) for key in q.document_ids if key in record.documents}
    unasked |= {record.documents[key].source_id for key in before}
    asked = tuple(sorted(d.document_id for d in plan.documents.values() if d.source_id in unasked))
    questions = {key: q for key, q in record.questions.items() if q.answer is not None}
    acts: list[tuple[str, dict[str, object]]] = []
    for match in found:
        if match.answer is not None:
            continue
        warning = match.warning
        key = question_id_of(warning.session_id)
        known = record.questions.get(key)
        is_open = known is not None and known.answer is None
        since = known.asked_at if known is not None and is_open else at
        questions[key] = Question(question_id=key, warning=warning, document_ids=asked, asked_at=since)
        if not is_open:
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


def answered(
    record: SessionRecord, warning: DuplicateWarning, choice: DuplicateChoice, by: str, at: datetime
) -> Question:
    """The question about that session with its answer, whether it was written down before or put to a person only."""
    key = question_id_of(warning.session_id)
    known = record.questions.get(key)
    return Question(
        question_id=key,
        warning=warning,
        document_ids=known.document_ids if known else (),
        asked_at=known.asked_at if known else at,
        answer=choice,
        answered_by=by,
        answered_at=at,
    )


def going_on(record: SessionRecord, found: Iterable[Match], by: str, at: datetime) -> take.Advice:
    """The session's questions when whoever adds says to go on whatever is found: that is the answer to each."""
    new = [answered(record, match.warning, "continue", by, at) for match in found if match.answer is None]
    if not new:
        return take.Advice()
    acts = tuple(
        ("duplicate_answered", {"other_session": q.warning.session_id, "answer": "continue"}) for q in new
    )
    return take.Advice(questions={**record.questions, **{q.question_id: q for q in new}}, acts=acts)

