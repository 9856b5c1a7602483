"""Files that were not taken, as the overview of all sessions tells of them: a line each would hide everything else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pipeline.models import wording

if TYPE_CHECKING:
    from pipeline.status.session import HomeState, SessionStatus


def lines(sessions: Sequence[SessionStatus], around: HomeState) -> Iterator[str]:
    """A line for each session that had any, with its last one and why, and one for the quarantine of all."""
    for one in sessions:
        if one.refused:
            last = one.refused[-1]
            number = wording.count(len(one.refused), "file")
            yield f"{one.session_id}: {number}, the last {last['filename']}: {last['reason']}"
    if around.quarantine.files:
        yield f"In the quarantine (inbox/.quarantine): {around.quarantine}"
