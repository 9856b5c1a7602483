"""Where the human review of a session stands: what is decided, what waits, and what keeps it from completion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.decisions import conflicts
from pipeline.decisions.determination import standing_of
from pipeline.decisions.revision_requests import all_in_present
from pipeline.decisions.standing import Standing, as_shown, standing
from pipeline.models import Determination, Package, RevisionRequest, SessionRecord, Value, wording

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: Decisions that settle a row; the others say that it is not settled.
SETTLED = ("approved", "rejected", "conditional")


class ReviewState(Value):
    """The human review in numbers and names; made from stored results and people's words, never stored."""

    rows: int = 0
    #: Rows with a decision that settles them and still holds.
    decided: tuple[str, ...] = ()
    #: Rows nobody decided on, or only as pending or in need of revision.
    undecided: tuple[str, ...] = ()
    #: Rows whose answer changed since somebody decided.
    reopened: tuple[str, ...] = ()
    #: Rows that were not approved.
    rejected: tuple[str, ...] = ()
    #: Requests for revision that nobody resolved; `answered` ones wait for a person, the others for the developer.
    revisions: tuple[RevisionRequest, ...] = ()
    determination: Determination | None = None
    determination_state: Standing | None = None
    #: True once a person has said anything.
    begun: bool = False
    #: What keeps the session from being completed, each in words; empty when it may be.
    blockers: tuple[str, ...] = ()
    completed: bool = False
    packages: tuple[Package, ...] = ()


def review_state(ws: Workspace, record: SessionRecord) -> ReviewState:
    """Where people's review of the session stands, by its last results."""
    rows = conflicts.judged(ws, record)
    decided, undecided, reopened, rejected = [], [], [], []
    for requirement_id, row in rows.items():
        decision = record.decisions.get(requirement_id)
        if decision is None or (decision.status not in SETTLED and standing(decision, row) == "holds"):
            undecided.append(requirement_id)
        elif standing(decision, row) == "reopened":
            reopened.append(requirement_id)
        else:
            decided.append(requirement_id)
            rejected += [requirement_id] if decision.status == "rejected" else []
    pending = tuple(one for one in all_in_present(ws, record) if one.status != "resolved")
    state = ReviewState(
        rows=len(rows),
        decided=tuple(decided),
        undecided=tuple(undecided),
        reopened=tuple(reopened),
        rejected=tuple(rejected),
        revisions=pending,
        determination=record.determination,
        determination_state=standing_of(record, rows.values()),
        begun=has_begun(record),
        completed=record.is_completed,
        packages=tuple(record.packages[key] for key in sorted(record.packages, key=int)),
    )
    return state.model_copy(update={"blockers": () if state.completed else (*waiting_for(state), *_unsigned(state))})


def decisions_shown(ws: Workspace, record: SessionRecord) -> tuple[dict[str, Any], ...]:
    """Every decision in the order of the rows, as the report carries it: with its state, and what differs since."""
    rows = conflicts.judged(ws, record)
    found = []
    for requirement_id, decision in sorted(record.decisions.items()):
        if (row := rows.get(requirement_id)) is not None:
            found.append(as_shown(decision, row))
        else:
            changed = ["No row has been judged yet."]
            found.append({**decision.model_dump(mode="json"), "state": "reopened", "changed": changed})
    return tuple(found)


def has_begun(record: SessionRecord) -> bool:
    """True once a person has decided, remarked, asked or determined anything."""
    words = (record.decisions, record.annotations, record.revisions, record.discarded, record.remapped)
    return any(words) or record.determination is not None


def waiting_for(state: ReviewState) -> tuple[str, ...]:
    """What a person still has to say about rows and requests, in words, before anything can be signed."""
    found = []
    if state.undecided:
        found.append(f"{wording.count(len(state.undecided), 'row')} {_have(state.undecided)} no decision")
    if state.reopened:
        found.append(
            f"{wording.count(len(state.reopened), 'row')} changed since somebody decided ({_some(state.reopened)})"
        )
    asked = [one for one in state.revisions if one.status == "pending"]
    answered = [one for one in state.revisions if one.status == "answered"]
    if asked:
        found.append(f"{wording.count(len(asked), 'revision')} pending with the developer")
    if answered:
        found.append(f"{wording.count(len(answered), 'revision')} answered and not resolved")
    return tuple(found)


def _unsigned(state: ReviewState) -> tuple[str, ...]:
    made = state.determination
    if made is None:
        return ("there is no determination",)
    if made.determination == "hold":
        return (f"it is on hold: {made.notes}",)
    if state.determination_state == "reopened":
        return ("rows changed since the determination: it has to be made again",)
    if made.determination == "reject":
        return (f"the project is rejected: {made.notes}",)
    return ()


def _have(rows: tuple[str, ...]) -> str:
    return "has" if len(rows) == 1 else "have"


def _some(rows: tuple[str, ...]) -> str:
    return ", ".join(rows[:5]) + (" ..." if len(rows) > 5 else "")


def pending_rows(state: ReviewState) -> frozenset[str]:
    """Rows for which something was asked of the developer and has not come."""
    return frozenset(one.requirement_id for one in state.revisions if one.status == "pending")
