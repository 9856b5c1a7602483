"""Sessions that look the same, as plain text for a terminal: what is asked, and what was answered by whom and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from commands.text.terminal import WIDTH, block, items, moment, parts
from commands.text.typed import typed
from pipeline.models.characters import plain

if TYPE_CHECKING:
    from pipeline.intake.duplicates import Alike
    from pipeline.status.session import SessionStatus


def duplicates(s: SessionStatus, alike: Sequence[Alike], width: int = WIDTH) -> str:
    """Everything that `duplicates` shows of one session."""
    asked = [_share(one) for one in alike if one.answer is None]
    how = typed(f"Answer: registry-review duplicates {s.session_id} --answer continue|use-existing|cancel")
    answered = (f"{_share(one)}: {_answer(one.answer, one.by, one.at)}" for one in alike if one.answer)
    return (
        parts(
            block("Asked", "\n".join([*asked, how]) if asked else ""),
            block("Answered", items(answered, width)),
            block("Notes", items(s.notes, width)),
            pointing(s),
        )
        or "No other session looks the same."
    )


def in_status(s: SessionStatus, width: int = WIDTH) -> str:
    """What was answered about sessions that look the same, for `status`; what is asked stands there already."""
    told = (
        f"{q.warning.session_id}  {plain(q.warning.project_name)}: {_answer(q.answer, q.answered_by, q.answered_at)}"
        for q in s.questions
        if q.answer
    )
    return parts(block("Looks the same, and was answered", items(told, width)), pointing(s))


def pointing(s: SessionStatus) -> str:
    """That another session is reviewed in this one's place; empty when none is."""
    if s.points_to is None:
        return ""
    undo = f"registry-review duplicates {s.session_id} --answer continue"
    where = f"{s.points_to} is reviewed in its place: what is meant for {s.session_id} goes there."
    return typed(f"{where} To undo that: {undo}")


def _share(one: Alike) -> str:
    return (
        f"{one.session_id}  {plain(one.project_name)}: {one.shared_files} of {one.of_files} files here are also there "
        f"({one.file_overlap:.0%}); {one.reverse_overlap:.0%} of its files are here; names {one.name_similarity:.0f} % "
        "alike"
    )


def _answer(answer: str | None, by: str | None, at: datetime | None) -> str:
    word = (answer or "").replace("_", "-")
    return f"{word}, by {plain(by or 'nobody named')}{f' on {moment(at)}' if at else ''}"
