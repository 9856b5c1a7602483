"""One session: what needs the reviewer first, then the matrix of requirements by documents, and its stages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Form, Request
from fastapi.responses import Response

from pipeline.decisions.slips import slips
from pipeline.desk.current_work import doing
from pipeline.desk.matrix import matrix_of
from pipeline.errors import ReviewError
from pipeline.models import DuplicateChoice, SessionRecord
from pipeline.stages import retry
from pipeline.stages.answer_duplicate import answer_duplicate
from pipeline.stages.generate_report import latest_paths
from pipeline.stages.human_review import record_decisions, undecided
from pipeline.status.agenda import agenda
from pipeline.status.session import SessionStatus, status_of
from pipeline.status.turn import Turn, turn_of
from pipeline.workflow import order
from servers.context import Context, Here
from servers.media_types import MEDIA_TYPES
from servers.pages.frame import Reviewer, address, back, pages_router, show

router = pages_router()


@router.get("/review/{session_id}")
def session(request: Request, here: Here, session_id: str) -> Response:
    """One session."""
    return _page(request, here, session_id)


@router.get("/review/{session_id}/progress")
def progress(request: Request, here: Here, session_id: str, part: bool = False) -> Response:
    """How far the stages are; with `part` only that, for the script that shows it on other pages."""
    record = here.session(session_id)
    template = "progress_part.html.jinja" if part else "progress.html.jinja"
    found = status_of(here.ws, record)
    return show(request, template, session=record, work=work_of(here, record, found))


@router.post("/review/{session_id}/run")
def run(
    request: Request, here: Here, person: Reviewer, session_id: str, to: Annotated[str, Form(max_length=20)] = "report"
) -> Response:
    """Have the machine bring the session up to a stage; what is fresh is not done again."""
    try:
        record = here.session(session_id)
        for key, stage in record.stages.items():
            if stage.status == "failed":
                retry.retry(here.ws, session_id, key, person.name)
        here.engine.advance(session_id, order.VERBS.get(to, "report_generation"), wait=False, actor=person.name)
    except ReviewError as error:
        return _page(request, here, session_id, error)
    return back(address(session_id))


@router.post("/review/{session_id}/approve-covered")
def approve_covered(
    request: Request,
    here: Here,
    person: Reviewer,
    session_id: str,
    reason: Annotated[str, Form(max_length=10_000)] = "",
    rows: Annotated[list[str] | None, Form(max_length=1000)] = None,
    revision: Annotated[int | None, Form()] = None,
) -> Response:
    """Approve the covered rows that were shown; one that is not covered any more is left to be looked at."""
    try:
        there = undecided(here.ws, here.session(session_id), "covered")
        chosen = [row for row in rows or () if row in there]
        if chosen:
            record_decisions(here.ws, session_id, chosen, "approved", reason, person.name, revision)
    except ReviewError as error:
        return _page(request, here, session_id, error, reason)
    return back(address(session_id))


@router.post("/review/{session_id}/duplicate")
def duplicate(
    request: Request,
    here: Here,
    person: Reviewer,
    session_id: str,
    choice: Annotated[str, Form(max_length=20)] = "",
    question_id: Annotated[str | None, Form(max_length=200)] = None,
) -> Response:
    """Answer whether another session holds the same project."""
    try:
        answer_duplicate(here.ws, session_id, cast("DuplicateChoice", choice), person.name, question_id)
    except ReviewError as error:
        return _page(request, here, session_id, error)
    here.nudge(here.session(session_id).points_to or session_id)
    return back(address(session_id))


@dataclass(frozen=True)
class Work:
    """How far the machine is, and whose turn it is."""

    found: SessionStatus
    turn: Turn
    #: What is being done this moment, in a few words.
    doing: str


def work_of(here: Context, record: SessionRecord, found: SessionStatus) -> Work:
    """What the part of a page that tells of the stages is made of."""
    turn = turn_of(record, found.workflow_progress, found.review)
    news = here.doing.of(record.session_id)
    return Work(found, turn, doing(news) if news else "")


def _page(
    request: Request, here: Context, session_id: str, trouble: ReviewError | None = None, reason: str = ""
) -> Response:
    record = here.session(session_id)
    found = status_of(here.ws, record)
    found = found.model_copy(update={"warnings": slips(here.ws, record)})
    matrix = matrix_of(here.ws, record)
    return show(
        request,
        "session.html.jinja",
        session=record,
        trouble=trouble,
        agenda=agenda(here.ws, record, found),
        matrix=matrix,
        titles={row.result.requirement_id: row.result for row in matrix.rows},
        forms=tuple(MEDIA_TYPES) if latest_paths(here.ws, session_id) else (),
        reason=reason,
        work=work_of(here, record, found),
    )
