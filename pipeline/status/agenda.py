"""What of a session a reviewer has to read, most pressing first, and what she can leave aside and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from pipeline.decisions.review_state import pending_rows
from pipeline.models import Evidence, RequirementResult, RevisionRequest, Severity, Value
from pipeline.workflow import results

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.models import ReviewException, SessionRecord, ValidationResult
    from pipeline.status.session import SessionStatus

#: What kind of look it takes; `exception` is the report's, `row` is one that no exception speaks of.
MatterKind = Literal["alarm", "failed", "answered", "reopened", "exception", "row"]
#: How pressing a row is that no exception speaks of.
_BY_STATUS: dict[str, Severity] = {"missing": "high", "partial": "medium", "needs_review": "medium"}


class Matter(Value):
    """One thing to look at."""

    kind: MatterKind
    severity: Severity
    message: str
    clears_when: str = ""
    #: The rows it concerns that are not settled; where all are, every row it concerns.
    requirement_ids: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    #: With `answered`: the request.
    revision_id: str | None = None
    #: With `alarm`: the other session.
    other_session: str | None = None


class Stop(Value):
    """What is to be seen at one place: everything about the same rows is read together, the most pressing first."""

    requirement_ids: tuple[str, ...]
    matters: tuple[Matter, ...]

    @property
    def severity(self) -> Severity:
        """Of its most pressing matter."""
        return self.matters[0].severity


class Agenda(Value):
    """A session as somebody reads it who has little time."""

    #: What waits for the reviewer, most pressing first.
    matters: tuple[Matter, ...] = ()
    #: What waits for the developer.
    asked: tuple[RevisionRequest, ...] = ()
    #: Covered rows without a decision: nothing about them is open but her word.
    clean: tuple[str, ...] = ()
    #: Exceptions all of whose rows she has decided on, or asked for.
    settled: tuple[Matter, ...] = ()

    @property
    def stops(self) -> tuple[Stop, ...]:
        """The matters by the rows they concern; one that concerns no row stands by itself."""
        found: dict[object, list[Matter]] = {}
        for number, matter in enumerate(self.matters):
            found.setdefault(matter.requirement_ids or number, []).append(matter)
        return tuple(Stop(requirement_ids=same[0].requirement_ids, matters=tuple(same)) for same in found.values())


def agenda(ws: Workspace, record: SessionRecord, found: SessionStatus) -> Agenda:
    """The session's agenda, from its last results and people's words; `found` is its status.

    Every row that is not settled stands in `matters`, in `clean`, or is asked for; none is left out.
    """
    if record.points_to is not None:  # it is read with the session that is reviewed in its place
        return Agenda()
    validation = results.load_validation(ws, record)
    if record.is_completed:
        return Agenda(settled=tuple(_exception(one, one.requirement_ids) for one in _exceptions(validation)))
    rows = {row.requirement_id: row for row in validation.requirements} if validation else {}
    state, asked = found.review, pending_rows(found.review)
    open_rows = [row for row in rows if row not in state.decided and row not in asked]
    matters, settled = [], []
    for one in _exceptions(validation):
        left = tuple(row for row in one.requirement_ids if row in open_rows)
        if left or not one.requirement_ids:
            matters.append(_exception(one, left))
        else:
            settled.append(_exception(one, one.requirement_ids))
    first = (*_alarms(found), *_failed(found), *_answered(state.revisions), *_reopened(state.reopened, rows))
    told = {row for matter in (*first, *matters) for row in matter.requirement_ids}
    clean = tuple(row for row in open_rows if row not in told and rows[row].status == "covered")
    others = tuple(_row(rows[row]) for row in open_rows if row not in told and rows[row].status != "covered")
    return Agenda(
        matters=(*first, *matters, *others),
        asked=tuple(one for one in state.revisions if one.status == "pending"),
        clean=clean,
        settled=tuple(settled),
    )


def _exceptions(validation: ValidationResult | None) -> Sequence[ReviewException]:
    return validation.exceptions if validation else ()


def _exception(one: ReviewException, rows: tuple[str, ...]) -> Matter:
    return Matter(
        kind="exception",
        severity=one.severity,
        message=one.message,
        clears_when=one.clears_when,
        requirement_ids=rows,
        evidence=one.evidence,
    )


def _alarms(found: SessionStatus) -> list[Matter]:
    clears = "One of the projects gives it up, or it is seen why both may claim it."
    return [
        Matter(kind="alarm", severity="high", message=one.message, clears_when=clears, other_session=one.session_id)
        for one in found.alarms
    ]


def _failed(found: SessionStatus) -> list[Matter]:
    return [
        Matter(kind="failed", severity="high", message=f"A stage gave up: {view.reason}")
        for view in found.workflow_progress.values()
        if view.status == "failed"
    ]


def _answered(revisions: Sequence[RevisionRequest]) -> list[Matter]:
    found = []
    for one in revisions:
        if one.status == "answered":
            came = f"; received: {', '.join(one.answered_with)}" if one.answered_with else ""
            found.append(
                Matter(
                    kind="answered",
                    severity="high",
                    message=f"Asked for and answered: {one.what.rstrip('.')}{came}.",
                    clears_when=one.clears_when,
                    requirement_ids=(one.requirement_id,),
                    revision_id=one.revision_id,
                )
            )
    return found


def _reopened(reopened: Sequence[str], rows: dict[str, RequirementResult]) -> list[Matter]:
    return [
        Matter(
            kind="reopened",
            severity="high",
            message=f"Its answer changed since it was decided. Now: {rows[row].reason}",
            clears_when="It is decided again.",
            requirement_ids=(row,),
        )
        for row in reopened
        if row in rows
    ]


def _row(row: RequirementResult) -> Matter:
    clears = next((test.clears_when for test in row.tests if test.outcome == "fail" and test.clears_when), "")
    return Matter(
        kind="row",
        severity=_BY_STATUS.get(row.status, "low"),
        message=row.reason,
        clears_when=clears,
        requirement_ids=(row.requirement_id,),
    )
