"""In which order a person decides: what is answered or re-opened, rows of the worst exceptions, clean ones last."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from pipeline.decisions.review_state import review_state
from pipeline.decisions.row_decisions import undecided
from pipeline.workflow import results

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.models import SessionRecord


def waiting_rows(ws: Workspace, record: SessionRecord) -> tuple[str, ...]:
    """Rows that wait for a person's word, in that order; what was asked of the developer waits for them alone."""
    validation = results.load_validation(ws, record)
    if validation is None or record.is_completed:
        return ()
    state = review_state(ws, record)
    answered = [one.requirement_id for one in state.revisions if one.status == "answered"]
    asked = {one.requirement_id for one in state.revisions if one.status == "pending"} - set(answered)
    waits = (set(undecided(ws, record)) - asked) | set(answered)
    exceptions = chain.from_iterable(one.requirement_ids for one in validation.exceptions)
    rows = validation.requirements
    others = (row.requirement_id for row in sorted(rows, key=lambda row: row.status == "covered"))
    return tuple(row for row in dict.fromkeys((*answered, *state.reopened, *exceptions, *others)) if row in waits)


def next_waiting(ws: Workspace, record: SessionRecord, after: str = "") -> str | None:
    """The row to look at when one is done with `after`; None when none waits any more.

    The most urgent one, whatever was skipped before: a row comes again until somebody has decided on it.
    """
    return next((row for row in waiting_rows(ws, record) if row != after), None)
