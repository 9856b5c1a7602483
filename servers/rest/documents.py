"""Documents come into a session: sent inside the call, from a folder of the server, from a link, from a GPT."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from pipeline.desk.acts import add_as_told
from pipeline.desk.sessions import likenesses
from pipeline.errors import UsageError
from pipeline.intake.duplicates import detect_duplicates
from pipeline.models import SCHEMA_VERSION, AddResult, SourceType
from pipeline.stages.add_documents import add_documents, add_file_references
from pipeline.stages.answer_duplicate import answer_duplicate
from pipeline.status.session import status_of
from servers.context import Actor, Context, Here, IfMatch, answer, expected_revision
from servers.idempotency import Once
from servers.paths import allowed_path
from servers.problems import Refused
from servers.repeating import Caller, IdempotencyKey, asked, only_once
from servers.repeating import told as repeated
from servers.rest.documented import answers, problems, writes
from servers.rest.paging import MaxCharacters, fitted
from servers.rest.shapes import (
    Detected,
    DuplicateReply,
    Duplicates,
    FileReference,
    NewDetection,
    NewDocuments,
    PathBody,
    StillAdding,
    UploadBody,
)
from servers.underway import Work

router = APIRouter(tags=["documents"])


@router.post(
    "/sessions/{session_id}/documents",
    operation_id="add_documents",
    summary="Add documents",
    description="Stage 1b, as often as wanted: every file gets its own outcome, and a refused one stops no other. 409 "
    "when another session holds the same project: nothing was added yet. 202 when it takes long: look at status_url.",
    responses={
        **answers(AddResult, "What became of each file.", revision=True),
        **answers(StillAdding, "It goes on: look at status_url.", 202),
        **problems(404, 409, 412),
    },
    openapi_extra=writes(),
)
async def add(
    request: Request,
    here: Here,
    actor: Actor,
    caller: Caller,
    session_id: str,
    body: NewDocuments,
    max_characters: MaxCharacters = None,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Add documents to a session; what is slow to fetch goes on when the caller was answered."""
    # Files that are sent inside the call are here already, and their bytes are many.
    sent = isinstance(body.source, UploadBody) and idempotency_key is None
    what = "" if sent else await run_in_threadpool(asked, f"/sessions/{session_id}/documents", body)

    def make() -> AddResult:
        revision = expected_revision(if_match, here.session(session_id))
        on_duplicate = body.on_duplicate if body.check_duplicates else "continue"
        add_to = _adding(here, body, actor, session_id, revision)
        kind: SourceType = body.source.type if body.source else "upload"
        return add_as_told(here.ws, session_id, add_to, on_duplicate, actor, kind)

    def work() -> Once:
        made = only_once(here.ws, idempotency_key, what, caller, make)
        here.nudge(str(made.value["session_id"]))
        return made

    key = f"add {session_id} {what or secrets.token_hex(8)} {if_match} {idempotency_key} {caller}"
    begun = here.underway.begin(key, work)
    return await _answered(request, here, session_id, begun, here.answer_seconds, max_characters)


@router.get(
    "/sessions/{session_id}/additions/{addition_id}",
    operation_id="get_addition",
    summary="Look at documents being added",
    description="What adding documents gave that was answered with 202: the same answer, or 202 while it goes on.",
    responses={
        **answers(AddResult, "What became of each file.", revision=True),
        **answers(StillAdding, "It still goes on.", 202),
        **problems(404, 409, 412),
    },
)
async def addition(
    request: Request,
    here: Here,
    session_id: str,
    addition_id: str,
    wait: Annotated[float, Query(ge=0, le=3600, description="Seconds to wait for its end, 37 at most.")] = 0,
    max_characters: MaxCharacters = None,
) -> Response:
    """What became of documents that were being added; 404 once the server was started again."""
    work = here.underway.find(addition_id)
    if work is None or not work.key.startswith(f"add {session_id} "):
        hint = f"GET /sessions/{session_id}/documents says what it holds; send again what is missing there."
        raise Refused(404, "no_such_addition", "Nothing is known of that: it is long over, or the server ended.", hint)
    return await _answered(request, here, session_id, work, min(wait, here.answer_seconds), max_characters)


async def _answered(
    request: Request, here: Context, session_id: str, work: Work[Once], seconds: float, max_characters: int | None
) -> Response:
    """What the work gave, or that it goes on."""
    if not await work.over_within(seconds):
        url = here.address(request, f"/sessions/{session_id}/additions/{work.work_id}")
        message = "The documents are being fetched and added; this goes on by itself. status_url has the answer then."
        value = {"schema_version": SCHEMA_VERSION, "session_id": session_id, "addition_id": work.work_id}
        told = {**value, "status_url": url, "message": message}
        return answer(told, 202, headers={"Location": url, "Retry-After": "2"})
    made = work.result
    record = await run_in_threadpool(here.session, session_id)
    return answer(fitted(made.value, max_characters, "message"), 200, record, headers=repeated(made))


def _adding(
    here: Context, body: NewDocuments, actor: str, asked_for: str, revision: int | None
) -> Callable[[str, bool], AddResult]:
    """What adds this body's source to a session; to the one that was asked for only at that revision."""
    references = [_as_sent(one) for one in body.openaiFileIdRefs or ()]
    if (body.source is None) == (not references):
        what = "There is nothing to add." if body.source is None else "Documents come from one place in a call."
        raise UsageError(what, 'Send either a source, such as {"type": "link", "url": ...}, or openaiFileIdRefs.')
    source = body.source.model_dump() if body.source else {}
    if isinstance(body.source, PathBody):
        source["path"] = allowed_path(body.source.path, here.ws.settings.server.path_roots)

    def add_to(session_id: str, check: bool) -> AddResult:
        expected = revision if session_id == asked_for else None
        if references:
            return add_file_references(here.ws, session_id, references, check, actor, expected)
        return add_documents(here.ws, session_id, source, check, actor, expected)

    return add_to


def _as_sent(reference: FileReference | str) -> dict[str, Any]:
    """A reference as the pipeline knows it; one that is an id alone has no link, and is refused alone."""
    return {"id": reference} if isinstance(reference, str) else reference.model_dump()


@router.post(
    "/sessions/{session_id}/duplicates",
    operation_id="answer_duplicate",
    summary="Answer a duplicate question",
    description="Answers the open question whether another session holds the same project.",
    responses={**answers(Duplicates, "What is still asked.", revision=True), **problems(404, 409, 412)},
    openapi_extra=writes(),
)
def reply(here: Here, actor: Actor, session_id: str, body: DuplicateReply, if_match: IfMatch = None) -> Response:
    """Answer a session's duplicate question."""
    record = here.session(session_id)
    expected_revision(if_match, record)
    answer_duplicate(here.ws, record.session_id, body.answer, actor)
    record = here.session(session_id)
    here.nudge(record.points_to or session_id)
    return answer(likenesses(here.ws, record, status_of(here.ws, record)), record=record)


@router.post(
    "/duplicates/detect",
    operation_id="find_duplicate",
    summary="Is this project here already",
    description="The session that holds the same project, by its name and its files' hashes, or null. Changes nothing.",
    responses={**answers(Detected, "The session that was found, or null."), **problems()},
    openapi_extra=writes(consequential=False),
)
def detect(here: Here, body: NewDetection) -> Response:
    """Look for a session that holds the same project."""
    hashes = {one.lower() for one in body.file_hashes}
    return answer(detect_duplicates(here.ws, body.project_name, hashes, body.exclude_session))
