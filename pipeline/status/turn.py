"""Whose turn it is with a session, the reviewer's, the developer's or the machine's, and what for."""

from __future__ import annotations

from typing import Literal

from pipeline.decisions.review_state import ReviewState, pending_rows
from pipeline.models import SessionRecord, StageKey, StageView, Value, wording
from pipeline.status.progress import WORDS_SINCE
from pipeline.workflow.order import ORDER, goal_index

#: The order in which a reviewer looks at them: her own first.
Who = Literal["reviewer", "developer", "machine", "nobody"]
#: What the machine is at, or will be by itself.
_AT_WORK = frozenset({"queued", "running", "stale"})


class Turn(Value):
    """Who has to do something next, and what, in words."""

    who: Who
    what: str


def turn_of(record: SessionRecord, views: dict[StageKey, StageView], state: ReviewState) -> Turn:
    """The one turn of a session, from its stages and from where people's review stands."""
    if record.is_completed:
        return Turn(who="nobody", what="Signed and complete")
    if record.points_to is not None:
        return Turn(who="nobody", what=f"{record.points_to} is reviewed in its place")
    if any(question.answer is None for question in record.questions.values()):
        return Turn(who="reviewer", what="Answer whether it is the same project as another session")
    if not record.documents:
        return Turn(who="developer", what="No file has been received")
    return _by_machine(record, views) or _by_people(record, state)


def _by_machine(record: SessionRecord, views: dict[StageKey, StageView]) -> Turn | None:
    """None once there is a report that lacks nothing but people's latest words."""
    for number, key in enumerate(ORDER):
        view = views[key]
        if view.status == "completed":
            continue
        if view.status == "failed":
            return Turn(who="reviewer", what=f"A stage gave up: {view.reason}")
        if view.reason == WORDS_SINCE:
            return None
        if view.status in _AT_WORK and number <= goal_index(record):
            return Turn(who="machine", what="It is being worked on" if view.status == "running" else "It is queued")
        return Turn(who="reviewer", what="Ask for the report" if view.status == "pending" else "Ask for a new report")
    return None


def _by_people(record: SessionRecord, state: ReviewState) -> Turn:
    made, asked = state.determination, pending_rows(state)
    if made and state.determination_state == "holds" and made.determination == "reject":
        return Turn(who="nobody", what="Rejected")
    if made and made.determination == "hold":
        return Turn(who="reviewer", what=f"On hold: {made.notes}")
    answered = [one for one in state.revisions if one.status == "answered"]
    own = [row for row in state.undecided if row not in asked]
    things = [
        *([f"look at {wording.count(len(answered), 'answered request')}"] if answered else []),
        *([f"decide {wording.count(len(state.reopened), 're-opened row')} again"] if state.reopened else []),
        *([f"decide {wording.count(len(own), 'row')}"] if own else []),
    ]
    if things:
        said = wording.listing(things)
        return Turn(who="reviewer", what=said[:1].upper() + said[1:])
    if asked:
        what = f"{wording.count(len(asked), 'row')} {'waits' if len(asked) == 1 else 'wait'} for what was asked for"
        return Turn(who="developer", what=what)
    if made is None or state.determination_state == "reopened":
        return Turn(who="reviewer", what="Every row is decided: determine")
    return Turn(who="reviewer", what="Sign it")
