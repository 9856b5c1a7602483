"""Sessions: make one, list them, look at one, delete one."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from pipeline.desk import sessions as told
from pipeline.errors import SessionNotFound
from pipeline.models import SCHEMA_VERSION, Session
from pipeline.stages.initialize import CreatedBesideOthers, CreatedSession, create_session
from pipeline.stages.remove import delete_session
from pipeline.status import progress
from pipeline.status.session import look_around
from servers.context import Actor, Here, IfMatch, answer, expected_revision
from servers.idempotency import create_session_once
from servers.repeating import Caller, IdempotencyKey, asked
from servers.repeating import told as repeated
from servers.rest.documented import answers, problems, writes
from servers.rest.paging import MaxCharacters, Offset, page_of
from servers.rest.shapes import Deleted, NewSession, SessionList

router = APIRouter(tags=["sessions"])

#: What making a session answers; FastAPI takes a union where its types name a class.
_CREATED: Any = CreatedSession | CreatedBesideOthers


@router.post(
    "/sessions",
    operation_id="create_session",
    summary="Make a session",
    description="Stage 1: a session from what is said of the project. Documents are added afterwards, to this session.",
    status_code=201,
    responses={**answers(_CREATED, "The new session.", 201, revision=True), **problems(409)},
    openapi_extra=writes(),
)
def create(
    here: Here, actor: Actor, caller: Caller, body: NewSession, idempotency_key: IdempotencyKey = None
) -> Response:
    """Make a session."""
    said = {**body.model_dump(), "actor": actor}
    if idempotency_key is None:
        made = create_session(here.ws, **said)
        return answer(made, 201, here.session(made.session_id), {"Location": f"/sessions/{made.session_id}"})
    before = create_session_once(here.ws, idempotency_key, asked("/sessions", body), caller, **said)
    session_id = str(before.value["session_id"])
    record = None
    with suppress(SessionNotFound):  # deleted since: it was made all the same, and is not made again
        record = here.session(session_id)
    return answer(before.value, 201, record, {"Location": f"/sessions/{session_id}", **repeated(before)})


@router.get(
    "/sessions",
    operation_id="list_sessions",
    summary="List sessions",
    description="Sessions, newest first: where each stands, what it waits for, the next thing to do. A page at a time: "
    "`total` are all, `left_out` those that this page does not show, `next_offset` begins the next.",
    responses={**answers(SessionList, "A page of sessions."), **problems()},
)
def list_all(
    here: Here,
    limit: Annotated[int, Query(ge=1, le=100, description="How many at most.")] = 20,
    offset: Offset = 0,
    max_characters: MaxCharacters = None,
) -> Response:
    """List sessions."""
    ids = here.ws.sessions.ids()[::-1]
    around = look_around(here.ws)
    looked = [told.everything(here.ws, around, [one]) for one in ids[offset : offset + limit]]
    page = page_of(looked, len(ids), offset, max_characters)
    sessions = [one for found, _ in page["items"] for one in found]
    damaged = [said for _, unread in page["items"] for said in unread]
    value = {"schema_version": SCHEMA_VERSION, "sessions": sessions, "damaged": damaged}
    following = page["next_offset"]
    more = {"Link": f'</sessions?limit={limit}&offset={following}>; rel="next"'} if following is not None else {}
    counts = {key: page[key] for key in ("total", "left_out", "next_offset")}
    return answer({**value, **counts}, headers=more)


@router.get(
    "/sessions/{session_id}",
    operation_id="load_session",
    summary="Look at a session",
    description="The project, its sources, the progress of every stage, the counts.",
    responses={**answers(Session, "The session.", revision=True), **problems(404)},
)
def load(here: Here, session_id: str) -> Response:
    """Look at one session."""
    record = here.session(session_id)
    return answer(progress.session_view(here.ws, record), record=record)


@router.delete(
    "/sessions/{session_id}",
    operation_id="delete_session",
    summary="Delete a session",
    description="For good, with its results. Contents that other sessions hold stay.",
    responses={**answers(Deleted, "It is gone."), **problems(404, 409, 412)},
    openapi_extra=writes(),
)
def delete(
    here: Here,
    actor: Actor,
    session_id: str,
    by: Annotated[str | None, Query(max_length=200, description="Who does this; goes into the record.")] = None,
    if_match: IfMatch = None,
) -> Response:
    """Delete a session, a damaged one too."""
    if if_match is not None:
        expected_revision(if_match, here.session(session_id))
    delete_session(here.ws, session_id, by or actor)
    return answer({"schema_version": SCHEMA_VERSION, "deleted": session_id})
