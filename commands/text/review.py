"""People's words on a terminal: where the review stands, how long it took, what was said of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commands.text import terminal
from pipeline.decisions.review_state import ReviewState
from pipeline.decisions.review_times import ReviewTimes
from pipeline.decisions.revision_requests import all_in_present
from pipeline.decisions.standing import as_shown
from pipeline.models import Claim, RequirementResult, SessionRecord, wording
from pipeline.reporting.people import DETERMINATION, Remark, remarks_of, word_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.home.workspace import Workspace
    from pipeline.status.session import SessionStatus


def review(s: SessionStatus, width: int = terminal.WIDTH) -> str:
    """What is decided, what was asked for, what is signed, how long it took; nothing before anybody has begun."""
    state = s.review
    lines = []
    if state.begun:
        head = f"{len(state.decided)} of {state.rows} rows decided"
        lines.append("; ".join([head, *([f"{len(state.rejected)} not approved"] if state.rejected else [])]))
    if state.reopened:
        lines.append(f"changed since they were decided: {', '.join(state.reopened)}")
    for ask in state.revisions:
        came = f" with {'; '.join(ask.answered_with)}" if ask.answered_with else ""
        lines.append(f"{ask.revision_id} {ask.requirement_id} ({ask.priority}) {ask.status}{came}: {ask.what}")
    if made := state.determination:
        again = " (rows changed since: to be made again)" if state.determination_state == "reopened" else ""
        lines.append(f"{DETERMINATION[made.determination]}, {made.by}: {made.notes}{again}")
    lines += [
        f"version {one.version} signed by {one.by}: {one.filename}"
        + (f"; opened again by {one.reopened_by}: {one.reopen_reason}" if one.reopened_by else "")
        for one in state.packages
    ]
    return terminal.parts(
        terminal.block("Review", terminal.items(lines, width)),
        terminal.block("Time", terminal.items(times(s.times), width)),
        terminal.block("Look at before you sign", terminal.items(s.warnings, width)),
    )


def times(t: ReviewTimes) -> list[str]:
    """Measured times and counts; what is not known has no line."""
    lines = []
    if t.drop_to_report_seconds is not None:
        lines.append(f"first file to first report: {duration(t.drop_to_report_seconds)}")
    if t.report_to_determination_seconds is not None:
        lines.append(f"first report to determination: {duration(t.report_to_determination_seconds)}")
    if t.rows_opened is not None:
        lines.append(f"{wording.count(t.rows_opened, 'row')} opened, {t.openings} times in all")
    if t.rows_decided or t.rows_changed_by_hand:
        changed = f"{t.rows_changed_by_hand} said otherwise than found"
        lines.append(f"{wording.count(t.rows_decided, 'row')} decided by hand; {changed}")
    return lines


def duration(seconds: float) -> str:
    """A time in the two units that a person would say."""
    units = (("day", 86400), ("h", 3600), ("min", 60), ("s", 1))
    left = round(seconds)
    said: list[str] = []
    for name, size in units:
        number, left = divmod(left, size)
        if number or (name == "s" and not said):
            said.append(f"{number} {name}{'s' if name == 'day' and number > 1 else ''}")
    return " ".join(said[:2])


def in_short(state: ReviewState) -> str:
    """The review in a few words, for a line of a list."""
    if state.completed:
        return f"signed by {state.packages[-1].by}"
    if not state.begun:
        return ""
    said = [f"{len(state.decided)} of {state.rows} decided"]
    said += [f"{len(state.reopened)} re-opened"] if state.reopened else []
    asked = [one for one in state.revisions if one.status == "pending"]
    answered = len(state.revisions) - len(asked)
    said += [f"{wording.count(len(asked), 'revision')} pending"] if asked else []
    said += [f"{wording.count(answered, 'revision')} answered"] if answered else []
    return ", ".join(said)


def decided(record: SessionRecord, row: RequirementResult) -> RequirementResult:
    """The row with a person's decision on it, if there is one."""
    said = record.decisions.get(row.requirement_id)
    return row.model_copy(update={"decision": as_shown(said, row)}) if said else row


def words_on(ws: Workspace, record: SessionRecord, requirement_id: str) -> tuple[Remark, ...]:
    """What people said of a row beside the decision."""
    return remarks_of(
        requirement_id,
        list(record.annotations.values()),
        all_in_present(ws, record),
        list(record.discarded.values()),
        list(record.remapped.values()),
        {d.document_id: d.filename for d in record.documents.values()},
    )


def words(row: RequirementResult, remarks: Sequence[Remark], width: int = terminal.WIDTH) -> str:
    """The decision on a row, with the answer of then where it changed, and the remarks."""
    word = word_on(row)
    told, before = [], ""
    if word:
        told.append(f"{word.status}, {word.actor}: {word.reason}")
        told += [f"RE-OPENED, the answer changed. {sentence}" for sentence in word.changed]
    if word and word.before:
        quotes = [f"{q.document}, p. {q.page_label or q.page}: “{q.quote}”" for q in word.before.quotes]
        then = f"{wording.label(word.before.status, wording.ROW_STATUS)}. {word.before.reason}"
        before = terminal.block("When it was decided", terminal.items([then, *quotes], width))
    told += [f"{one.label}, {one.actor}: {one.text}" for one in remarks]
    return terminal.parts(terminal.block("People", terminal.items(told, width)), before)


def claimed(claims: Sequence[Claim], width: int = terminal.WIDTH) -> str:
    """What others brought, apart from evidence; no row depends on it."""
    lines = []
    for one in claims:
        gone = "" if one.stands else f" NO LONGER STANDS: {wording.CLAIM_GONE}."
        note = f" Note: {one.note}" if one.note else ""
        where = terminal.place(one.evidence)
        lines.append(f"{one.requirement_id}, {one.by}: {where}: “{one.evidence.quote}”{note}{gone}")
    return terminal.block("Claims, brought by others; no row depends on them", terminal.items(lines, width))
