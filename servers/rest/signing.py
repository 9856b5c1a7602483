"""The end of a review: a person's word on the whole session, its signature with the package, and opening it again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from pipeline.decisions.review_state import review_state
from pipeline.desk import review as desk
from pipeline.errors import NotFound, NotMadeYet
from pipeline.models import SCHEMA_VERSION
from pipeline.stages.complete import package_path
from servers.context import Here, IfMatch, answer, etag, expected_revision, seen_revision
from servers.rest.decisions import CONFLICTS, spoken
from servers.rest.documented import answers, problems, writes
from servers.rest.review_shapes import (
    By,
    DeterminationCleared,
    DeterminationShown,
    Determined,
    NewDetermination,
    Reason,
    Reopened,
    Signature,
    Signed,
)

router = APIRouter(tags=["review"])


@router.get(
    "/sessions/{session_id}/determination",
    operation_id="get_determination",
    summary="The determination",
    description="A person's word on the session, and whether it still stands on what the rows say.",
    responses={**answers(DeterminationShown, "The determination, or null.", revision=True), **problems(404)},
)
def determination(here: Here, session_id: str) -> Response:
    """The determination of a session."""
    record = here.session(session_id)
    state = review_state(here.ws, record)
    made = {"determination": state.determination, "determination_state": state.determination_state}
    return answer({"schema_version": SCHEMA_VERSION, "session_id": session_id, **made}, record=record)


@router.post(
    "/sessions/{session_id}/determination",
    operation_id="determine",
    summary="Determine on the session",
    description="approve, conditional, reject or hold, in a person's name. Slips in what people wrote are warned of.",
    responses={**answers(Determined, "The determination.", revision=True), **CONFLICTS},
    openapi_extra=writes(),
)
def determine(here: Here, session_id: str, body: NewDetermination, if_match: IfMatch = None) -> Response:
    """Determine on a session."""
    record, expected = here.session(session_id), seen_revision(if_match, body.expected_revision)
    told = desk.decide(
        here.ws, record, body.determination, body.notes, body.conditions, body.by, expected
    )  # fmt: skip
    return spoken(here, session_id, told.value)


@router.delete(
    "/sessions/{session_id}/determination",
    operation_id="clear_determination",
    summary="Take the determination back",
    description="The audit log keeps it.",
    responses={**answers(DeterminationCleared, "The determination that was.", revision=True), **CONFLICTS},
    openapi_extra=writes(),
)
def clear(here: Here, session_id: str, by: By, reason: Reason, if_match: IfMatch = None) -> Response:
    """Take the determination back."""
    record, expected = here.session(session_id), seen_revision(if_match)
    told = desk.clear(here.ws, record, "determination", None, reason, by, expected)
    return spoken(here, session_id, told.value)


@router.post(
    "/sessions/{session_id}/complete",
    operation_id="complete_session",
    summary="Sign and lock the session",
    description="Writes its package. 409 names everything that waits, and nothing is changed. A session that is "
    "complete keeps its package.",
    responses={**answers(Signed, "The package.", revision=True), **CONFLICTS},
    openapi_extra=writes(),
)
def complete(here: Here, session_id: str, body: Signature, if_match: IfMatch = None) -> Response:
    """Complete a session."""
    record = here.session(session_id)
    # Looked at here, and once more under the session's lock: who signs must have seen everybody's last word.
    expected = expected_revision(if_match, record)
    return spoken(here, session_id, desk.sign(here.ws, record, body.by, body.statement, expected).value)


@router.get(
    "/sessions/{session_id}/complete",
    operation_id="get_package",
    summary="The package of a completed session",
    description="A zip with the report, the decisions, the hashes and the log; it verifies itself.",
    responses={
        200: {"description": "The package.", "content": {"application/zip": {}}},
        **problems(404, 409),
    },
    response_class=Response,
)
def package(
    here: Here,
    session_id: str,
    version: Annotated[int | None, Query(ge=1, le=1_000_000, description="Which one; else the newest.")] = None,
) -> Response:
    """A package of a session."""
    record = here.session(session_id)
    if not record.packages:
        raise NotMadeYet(f"{session_id} was not completed yet.", f"POST /sessions/{session_id}/complete")
    if version is not None and str(version) not in record.packages:
        raise NotFound(f"{session_id} has no package {version}.", f"It has 1 to {len(record.packages)}.")
    path = package_path(here.ws, record, version)
    headers = {"ETag": etag(record), "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    headers["Content-Disposition"] = f'attachment; filename="{path.name}"'
    return Response(path.read_bytes(), 200, headers, "application/zip")


@router.delete(
    "/sessions/{session_id}/complete",
    operation_id="reopen",
    summary="Open a completed session again",
    description="Its package stays as it was signed; completing it again makes the next version.",
    responses={**answers(Reopened, "The package that stays.", revision=True), **CONFLICTS},
    openapi_extra=writes(),
)
def reopen(here: Here, session_id: str, by: By, reason: Reason, if_match: IfMatch = None) -> Response:
    """Open a completed session again."""
    record = here.session(session_id)
    expected_revision(if_match, record)
    told = desk.reopen(here.ws, record, by, reason)
    here.nudge(session_id)
    return spoken(here, session_id, told.value)
