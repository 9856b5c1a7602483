"""One session as a line of the portfolio, from its last report and from what it waits for."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from pipeline.decisions.review_state import ReviewState, review_state
from pipeline.decisions.review_times import times_of
from pipeline.errors import ReviewError
from pipeline.intake.duplicates import similar_content
from pipeline.models import Report, ReviewException, SessionRecord
from pipeline.portfolio.model import Farm, FarmState, Point, Wait, Who
from pipeline.reporting.as_json import render_json
from pipeline.reporting.people import in_short
from pipeline.stages.generate_report import report_paths
from pipeline.status import progress
from pipeline.status.alarms import Alarm, alarms
from pipeline.workflow import order, results

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: Cause of a likeness to another session.
SAME_FILES = "same_files"
#: Cause of land or files that another project claims as well.
CLAIMED_TWICE = "claimed_twice"
#: Kinds of exceptions that only looking settles; everything else is for the proponent to send, answer or correct.
_FOR_THE_AGENT = frozenset({"needs_person", "check_warning", "wrong_checklist"})


def farm_of(ws: Workspace, session_id: str, folder: Path) -> Farm | None:
    """The session as it stands; a damaged one, or one whose report cannot be had, is a farm that failed.

    None when another one is reviewed in its place, so that it is no farm of its own. `folder` is where the portfolio
    will lie; the link to the report is relative to it.
    """
    try:
        record = ws.sessions.read(session_id)
    except ReviewError as error:
        wait = Wait(who="operator", what=error.message, command=error.cure)
        return Farm(session_id=session_id, project=session_id, methodology="", state="failed",
                    reason=error.message, waits=(wait,))  # fmt: skip
    if record.points_to is not None:
        return None
    try:
        return _farm(ws, record, folder)
    except ReviewError as error:
        wait = Wait(who="operator", what=error.message, command=error.cure)
        return _bare(record, "failed", error.message, (wait,))


def _bare(record: SessionRecord, state: FarmState, reason: str, waits: tuple[Wait, ...]) -> Farm:
    return Farm(
        session_id=record.session_id,
        project=record.project_metadata.project_name,
        methodology=record.project_metadata.methodology,
        state=state,
        reason=reason,
        waits=waits,
        documents=len(record.documents),
    )


def _farm(ws: Workspace, record: SessionRecord, folder: Path) -> Farm:
    state, reason = _state(ws, record)
    review = review_state(ws, record)
    waits = (*_waits(ws, record, state, reason), *_asked(record, review))
    farm = _bare(record, state, reason, waits).model_copy(
        update={
            "review": in_short(review),
            "determination": record.determination.determination
            if record.determination and review.determination_state == "holds"
            else None,
            "times": times_of(ws.sessions.audit(record.session_id)),
        }
    )
    if state == "empty" or not results.is_kept(ws, record, "report_generation"):
        return farm
    report, paths = report_paths(ws, record)
    name = next((fact.value for fact in report.header if fact.name == "project_name"), None)
    return farm.model_copy(
        update={
            "project": farm.project or name,
            "rows": {row.requirement_id: row.status for row in report.requirements},
            "points": (
                *map(_point, report.exceptions),
                *map(_shared, similar_content(ws, record.session_id)),
                *map(_claimed, alarms(ws, record)),
            ),
            "documents": len(report.documents),
            "unreadable": _unreadable(report),
            "inputs_at": report.generated_at,
            "report": link(paths["html"], folder),
            "report_sha256": hashlib.sha256(render_json(report).encode("utf-8")).hexdigest(),
        }
    )


def link(target: Path, folder: Path) -> str:
    """The way from a page in `folder` to `target`, as it is written into a page."""
    return quote(Path(os.path.relpath(target, folder)).as_posix())


def _unreadable(report: Report) -> tuple[str, ...]:
    return tuple(d.filename for d in report.documents if d.status in ("unreadable", "quarantined"))


def _state(ws: Workspace, record: SessionRecord) -> tuple[FarmState, str]:
    """Fresh or not, and why not, in the words of `status`."""
    if not record.documents:
        return "empty", "no files yet"
    views = progress.progress(ws, record)
    for key in order.ORDER:
        if views[key].status == "failed":
            return "failed", f"`{order.VERB_OF[key]}` failed: {views[key].reason}"
        if views[key].status != "completed":
            return "stale", f"`{order.VERB_OF[key]}` is due: its files changed, or it never ran"
    return "reported", ""


def _waits(ws: Workspace, record: SessionRecord, state: FarmState, reason: str) -> tuple[Wait, ...]:
    """What is not an exception of the report: questions, files that never came, stages that gave up or are due."""
    sid = record.session_id
    found = [
        Wait(
            who="registry agent",
            what=question.warning.message,
            command=f"registry-review duplicates {sid} --answer continue|use-existing|cancel",
        )
        for _, question in sorted(record.questions.items())
        if question.answer is None
    ]
    if state == "empty":
        found.append(Wait(who="proponent", what="No file has been received."))
    if state == "failed":
        found.append(Wait(who="operator", what=reason, command=f"registry-review failed retry {sid}"))
    if state == "stale":
        found.append(Wait(who="operator", what=reason, command=f"registry-review run {sid}"))
    return tuple(found)


def _asked(record: SessionRecord, review: ReviewState) -> list[Wait]:
    """Requests for revision: those that are open wait for the proponent, those that were answered for the agent."""
    sid = record.session_id
    return [
        Wait(who="proponent", what=f"Asked for: {ask.what}", command=f"registry-review revision-letter {sid}")
        if ask.status == "pending"
        else Wait(
            who="registry agent",
            what=f"Answered, to be looked at: {ask.what}",
            command=f"registry-review review resolve {sid} {ask.revision_id} --by NAME --note TEXT",
        )
        for ask in review.revisions
    ]


def _point(exception: ReviewException) -> Point:
    own_words = (exception.cause or "").startswith("review-")
    who: Who = "registry agent" if exception.kind in _FOR_THE_AGENT or own_words else "proponent"
    return Point(
        # Results of before causes were kept have none; their rows tell them apart well enough.
        cause=exception.cause or f"{exception.kind}:{','.join(exception.requirement_ids)}",
        kind=exception.kind,
        severity=exception.severity,
        who=who,
        message=exception.message,
        clears_when=exception.clears_when,
        requirement_ids=exception.requirement_ids,
    )


def _shared(note: str) -> Point:
    """Content that stands in another session too: no exception of the report, which knows one session only."""
    return Point(
        cause=SAME_FILES,
        kind=SAME_FILES,
        severity="medium",
        who="registry agent",
        message=note,
        clears_when="The registry agent has seen that both may hold these files, or the right ones are sent.",
    )


def _claimed(alarm: Alarm) -> Point:
    """Land or files of this farm that another project claims, too."""
    return Point(
        cause=CLAIMED_TWICE,
        kind=CLAIMED_TWICE,
        severity="high",
        who="registry agent",
        message=alarm.message,
        clears_when="One of the projects gives it up, or the registry agent has seen why both may claim it.",
        requirement_ids=("REQ-002",) if alarm.titles else (),
    )
