"""The end of a review as a person sees it: what still waits, what is asked for, what was determined and signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.decisions.review_state import ReviewState, review_state
from pipeline.decisions.review_times import ReviewTimes, times_of
from pipeline.decisions.row_decisions import undecided
from pipeline.decisions.slips import slips
from pipeline.desk.next_row import waiting_rows
from pipeline.models import RequirementResult, RevisionRequest
from pipeline.reporting.people import DETERMINATION, HumanWord, decided, times, word_on
from pipeline.stages.complete import STATEMENT, blockers, not_taken
from pipeline.workflow import results

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.models import SessionRecord


@dataclass(frozen=True)
class Worded:
    """A row with a person's word on it, if there is one."""

    row: RequirementResult
    word: HumanWord | None


@dataclass(frozen=True)
class SigningView:
    """Everything that a person signs, or that keeps them from it."""

    state: ReviewState
    #: What waits before it can be signed, in words; empty when nothing does.
    waits: tuple[str, ...]
    #: Rows that wait for a person, most urgent first.
    waiting: tuple[str, ...]
    #: Covered rows that nobody has decided on.
    clean: tuple[RequirementResult, ...]
    #: Rows that an exception speaks of, covered or not.
    spoken_of: frozenset[str]
    rows: tuple[Worded, ...]
    revisions: tuple[RevisionRequest, ...]
    #: The determination in words; empty without one.
    determined: str
    #: Slips in what people wrote.
    slips: tuple[str, ...]
    times: ReviewTimes
    measured: tuple[str, ...]
    #: What somebody signs who says nothing else.
    statement: str = STATEMENT


def signing_view(ws: Workspace, record: SessionRecord) -> SigningView:
    """The session's review, by its last results and people's words."""
    validation = results.load_validation(ws, record)
    judged = validation.requirements if validation else ()
    exceptions = validation.exceptions if validation else ()
    state = review_state(ws, record)
    by_id = {row.requirement_id: row for row in judged}
    taken = times_of(ws.sessions.audit(record.session_id))
    made = state.determination
    return SigningView(
        state=state,
        waits=() if record.is_completed else (*blockers(ws, record), *not_taken(ws, record)),
        waiting=waiting_rows(ws, record),
        clean=tuple(by_id[one] for one in undecided(ws, record, "covered")),
        spoken_of=frozenset(row for e in exceptions for row in e.requirement_ids),
        rows=tuple(Worded(row, word_on(decided(record, row))) for row in judged),
        revisions=state.revisions,
        determined=DETERMINATION[made.determination] if made else "",
        slips=slips(ws, record),
        times=taken,
        measured=tuple(times(taken)),
    )
