"""The two-step upload: a link is asked for, files are sent to it by whoever holds it, and then taken into a session."""

from __future__ import annotations

import time
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from pipeline.errors import UploadError
from pipeline.models import SCHEMA_VERSION
from pipeline.uploads import (
    ProcessedUpload,
    UploadSlot,
    note_on,
    process_upload,
    request_upload,
    slot_for,
    token_for,
    upload_status,
)
from pipeline.workflow import order, results
from servers import rendering, waiting
from servers.context import Actor, Context, Here, answer
from servers.multipart import boundary_of
from servers.problems import problem, status_of_error
from servers.repeating import Caller, IdempotencyKey, asked, only_once
from servers.repeating import told as repeated
from servers.rest.documented import answers, problems, writes
from servers.rest.shapes import NewUpload, Processed, ProcessUpload, StillProcessing, UploadLink

router = APIRouter(tags=["uploads"])

#: Seconds that taking in an upload waits for its documents to be read; after that they are read by themselves.
DISCOVERY_SECONDS = 25.0
Token = Annotated[str, Query(max_length=300, description="The link's own token.")]


@router.post(
    "/generate-upload-url",
    operation_id="request_upload",
    summary="Ask for an upload link",
    description="A link at which a person can upload files: for the session that is named, else for a new one.",
    responses={**answers(UploadLink, "The link; whoever holds it can add files."), **problems(404, 409)},
    openapi_extra=writes(consequential=False),
)
def generate(
    request: Request,
    here: Here,
    actor: Actor,
    caller: Caller,
    body: NewUpload,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Make an upload slot and its link."""

    def make() -> UploadSlot:
        return request_upload(here.ws, **body.model_dump(), actor=actor)

    made = only_once(here.ws, idempotency_key, asked("/generate-upload-url", body), caller, make)
    slot = UploadSlot.model_validate(made.value)
    # The token is made anew each time: a kept answer is no place for what opens a door.
    path = f"/upload/{slot.upload_id}?token={token_for(here.ws, slot)}"
    value = {
        "upload_id": slot.upload_id,
        "upload_url": here.address(request, path),
        "expires_at": slot.expires_at,
        "mode": slot.mode,
        "session_id": slot.session_id,
    }
    if note := note_on(here.ws, slot):
        value["note"] = note
    return answer(value, headers=repeated(made))


@router.post(
    "/process-upload",
    operation_id="process_upload",
    summary="Take in what was uploaded",
    description="Adds the uploaded files to their session and reads them. Called again it gives the same answer.",
    responses={
        **answers(Processed, "What became of each file.", revision=True),
        **answers(StillProcessing, "It goes on: make the same call again.", 202),
        **problems(404, 409, 410),
    },
    openapi_extra=writes(consequential=False),
)
async def process(request: Request, here: Here, actor: Actor, body: ProcessUpload) -> Response:
    """Take in an upload; what takes longer than the caller may wait goes on, and calling again waits for it."""
    began, upload_id = time.monotonic(), body.upload_id
    work = here.underway.begin(f"upload {upload_id}", lambda: process_upload(here.ws, upload_id, actor))
    if not await work.over_within(here.answer_seconds):
        url = here.address(request, f"/upload-status/{quote(upload_id, safe='')}")
        message = "The files are being taken in. Make the same call again to wait for the answer."
        value = {"schema_version": SCHEMA_VERSION, "upload_id": upload_id, "status_url": url, "message": message}
        return answer(value, 202, headers={"Location": url, "Retry-After": "2"})
    taken: ProcessedUpload = work.result
    goal = order.VERBS["discover"]
    left = min(DISCOVERY_SECONDS, here.answer_seconds - (time.monotonic() - began))
    record, there = await waiting.advance(here.engine, taken.session_id, goal, actor, left)
    discovery = await run_in_threadpool(_discovery, here, taken.session_id, there)
    return answer({**taken.model_dump(mode="json"), "discovery": discovery}, record=record)


def _discovery(here: Context, session_id: str, there: bool) -> dict[str, Any]:
    inventory = results.load_inventory(here.ws, here.session(session_id)) if there else None
    if inventory is None:
        return {"done": False, "message": f"The documents are being read: GET /sessions/{session_id}/status"}
    found = inventory.model_dump(mode="json")
    return {"done": True, "documents_found": len(inventory.documents), **found}


@router.get(
    "/upload-status/{upload_id}",
    operation_id="upload_status",
    summary="Look at an upload",
    description="What was uploaded so far, and whether it was taken in.",
    responses={**answers(UploadSlot, "The upload."), **problems(404)},
)
def status(here: Here, upload_id: str) -> Response:
    """Look at an upload slot."""
    return answer(upload_status(here.ws, upload_id))


# --- the link itself --------------------------------------------------------------------------------------------------


@router.get("/upload/{upload_id}", include_in_schema=False)
def page(request: Request, here: Here, upload_id: str, token: Token = "") -> Response:
    """The page at which a person uploads; one that says why, for a link that opens nothing."""
    try:
        slot = slot_for(here.ws, upload_id, token)
    except UploadError as error:
        if not _is_browser(request):
            raise
        shown = {"detail": error.message, "hint": error.cure}
        return rendering.page("closed.html.jinja", status_of_error(error), **shown)
    return _page(here, slot, token)


@router.post("/upload/{upload_id}", include_in_schema=False)
async def receive(request: Request, here: Here, upload_id: str, token: Token = "") -> Response:
    """Take a form's files, each while it arrives; a browser without scripts gets the page again.

    413 or 422, with the reason of each, when none of them is kept.
    """
    await run_in_threadpool(slot_for, here.ws, upload_id, token)
    boundary = boundary_of(request.headers.get("content-type"))
    came = await here.receiving.into(here.ws, upload_id, boundary, request.stream())
    slot = await run_in_threadpool(slot_for, here.ws, upload_id, token)
    if _is_browser(request):
        return _page(here, slot, token)
    value = {"upload_id": upload_id, "files": came.files, "status": slot.status}
    if came.stopped:
        value["message"] = "The upload takes no more, so whatever came after these files was not read."
    if came.taken:
        return answer(value)
    detail = " ".join(file.reason or "" for file in came.files[:5])
    status, code = (413, "too_large") if came.too_large else (422, "refused")
    return problem(status, code, detail, "Nothing of this form was kept.", more={"files": came.files})


def _page(here: Context, slot: UploadSlot, token: str) -> Response:
    limit = here.ws.settings.inbox.max_file_mb
    return rendering.page("upload.html.jinja", slot=slot, token=token, limit=limit)


def _is_browser(request: Request) -> bool:
    """True when a person is to be shown a page; scripts and programs ask for JSON."""
    return "text/html" in request.headers.get("accept", "")
