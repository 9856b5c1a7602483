"""What people said, as every format prints it: black, under a name, apart from anything the machine found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipeline.decisions.review_state import ReviewState
from pipeline.decisions.review_times import ReviewTimes
from pipeline.decisions.revision_requests import all_in_present
from pipeline.decisions.standing import as_shown
from pipeline.models import (
    Annotation,
    DiscardedQuote,
    MappingOverride,
    Report,
    RequirementResult,
    RevisionRequest,
    SeenAnswer,
    SessionRecord,
    wording,
)
from pipeline.models.wording import duration

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: What the Approved column prints for a decision that holds; other decisions leave it blank.
APPROVED = {"approved": "Approved", "rejected": "Not Approved", "conditional": "Approved, conditionally"}
#: What a determination is called, and which box of the form it ticks.
DETERMINATION = {
    "approve": "Approved",
    "conditional": "Approved with conditions",
    "reject": "Not Approved",
    "hold": "On hold",
}
PRIORITY = {"critical": "critical", "high": "high priority", "medium": "medium priority", "low": "low priority"}


@dataclass(frozen=True)
class HumanWord:
    """What a person decided on a row."""

    #: What stands in the Approved column; empty unless the decision holds and settles the row.
    approved: str
    #: The decision in words.
    status: str
    reason: str
    actor: str
    #: False when the row answers something else since; `changed` says what, `before` what it answered then.
    holds: bool = True
    changed: tuple[str, ...] = ()
    before: SeenAnswer | None = None


@dataclass(frozen=True)
class Remark:
    """Another word on a row: what it is, what it says, whose it is."""

    label: str
    text: str
    actor: str


@dataclass(frozen=True)
class Outcome:
    """The determination, for the form's box of that name; nothing is ticked that no person determined."""

    approved: bool = False
    not_approved: bool = False
    #: In words; empty without a determination that holds.
    status: str = ""
    notes: str = ""
    actor: str = ""
    #: DD/MM/YYYY.
    date: str = ""
    #: Conditions, then what the developer is still asked for.
    actions: tuple[str, ...] = ()


def word_on(result: RequirementResult) -> HumanWord | None:
    """The decision on a row; None without one."""
    said: dict[str, Any] | None = result.decision
    if not said:
        return None
    kind, holds = str(said.get("status", "")), said.get("state", "holds") == "holds"
    seen = said.get("seen")
    return HumanWord(
        approved=APPROVED.get(kind, "") if holds else "",
        status=wording.label(kind, wording.DECISION),
        reason=str(said.get("reason") or ""),
        actor=str(said.get("actor") or said.get("by") or ""),
        holds=holds,
        changed=tuple(said.get("changed") or ()),
        before=SeenAnswer.model_validate(seen) if seen and not holds else None,
    )


def is_not_applicable(result: RequirementResult) -> bool:
    """True when "N/A" stands in Submitted Material, with Approved beside it: the plan says so, and a person agrees."""
    word = word_on(result)
    return result.status == "not_applicable" and word is not None and word.approved == APPROVED["approved"]


def remarks_on(requirement_id: str, report: Report) -> tuple[Remark, ...]:
    """Everything else that people said of a row of the report."""
    names = {d.document_id: d.filename for d in report.documents}
    words = (report.annotations, report.revisions, report.discarded, report.remapped)
    return remarks_of(requirement_id, *words, names)


def remarks_of(
    requirement_id: str,
    annotations: Sequence[Annotation],
    revisions: Sequence[RevisionRequest],
    discarded: Sequence[DiscardedQuote],
    remapped: Sequence[MappingOverride],
    names: Mapping[str, str],
) -> tuple[Remark, ...]:
    """Remarks, requests, discarded quotes and documents by hand of a row; `names` of documents by their id."""
    return (
        *(Remark(a.kind.capitalize(), a.text, a.by) for a in annotations if a.requirement_id == requirement_id),
        *(_asked(r) for r in revisions if r.requirement_id == requirement_id),
        *(_discarded(d) for d in discarded if d.requirement_id == requirement_id),
        *(_by_hand(m, names) for m in remapped if m.requirement_id == requirement_id),
    )


def _asked(ask: RevisionRequest) -> Remark:
    label = f"Revision {'requested' if ask.status == 'pending' else ask.status}, {PRIORITY[ask.priority]}"
    came = f" Received: {'; '.join(ask.answered_with)}." if ask.answered_with else ""
    end = f" Resolved by {ask.resolved_by}: {ask.note}" if ask.status == "resolved" else ""
    return Remark(label, f"{ask.what} Settled when: {ask.clears_when}{came}{end}", ask.by)


def _discarded(gone: DiscardedQuote) -> Remark:
    place = f"{gone.document}, p. {gone.page_label or gone.page}"
    return Remark("Quote discarded", f"{gone.reason} (“{gone.quote}”, {place})", gone.by)


def _by_hand(one: MappingOverride, names: Mapping[str, str]) -> Remark:
    more = [f"looked at as well: {'; '.join(names.get(i, i) for i in one.added)}"] if one.added else []
    less = [f"not looked at: {'; '.join(names.get(i, i) for i in one.removed)}"] if one.removed else []
    what = ". ".join([*more, *less]) or "as the checklist gives them"
    return Remark("Documents by hand", f"{what}. {one.reason}", one.by)


def outcome_of(report: Report) -> Outcome:
    """The outcome as people determined it, and the actions that are required; empty boxes without a determination."""
    asked = tuple(one.what for one in report.revisions if one.status == "pending")
    made = report.determination
    if made is None or report.determination_state != "holds":
        return Outcome(actions=asked)
    kind = made.determination
    return Outcome(
        approved=kind in ("approve", "conditional"),
        not_approved=kind == "reject",
        status=DETERMINATION[kind],
        notes=made.notes,
        actor=made.by,
        date=day(made.at),
        actions=(*made.conditions, *asked),
    )


def agents(report: Report) -> tuple[str, ...]:
    """The people who decided on rows or determined, each once, in the order of the alphabet."""
    said = {str(r.decision.get("by") or "") for r in report.requirements if r.decision}
    said |= {report.determination.by} if report.determination else set()
    return tuple(sorted(said - {""}))


def day(moment: datetime) -> str:
    """A date as the registry's documents print it."""
    return moment.strftime("%d/%m/%Y")


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
