"""People's words on a terminal: where the review stands, how long it took, what was said of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commands.text import terminal
from pipeline.models import Claim, RequirementResult, wording
from pipeline.reporting.people import DETERMINATION, Remark, times, word_on

if TYPE_CHECKING:
    from collections.abc import Sequence

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
