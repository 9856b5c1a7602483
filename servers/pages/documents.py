"""A session's documents: what each is, what replaced it, what could not be read and what helps; and a word on each."""

from __future__ import annotations

from typing import Annotated, Any, cast

from fastapi import Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from pipeline.desk.documents import holdings_of
from pipeline.errors import FileRefused, ReviewError, UploadError, UsageError
from pipeline.models import DocumentType
from pipeline.stages import human_review
from pipeline.status.session import status_of
from pipeline.uploads import ProcessedUpload, process_upload, request_upload, upload_status
from pipeline.workflow import results
from servers.context import Context, Here
from servers.multipart import boundary_of
from servers.pages.frame import Reviewer, address, back, pages_router, show
from servers.pages.session import work_of
from servers.problems import Refused

router = pages_router()


@router.get("/review/{session_id}/documents")
def documents(
    request: Request,
    here: Here,
    session_id: str,
    document: Annotated[str, Query(max_length=200)] = "",
    upload: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """The documents of a session; `document` is the one whose form is open, `upload` what came just now."""
    return _page(request, here, session_id, document, upload=_came(here, session_id, upload) if upload else None)


@router.post("/review/{session_id}/documents/add")
async def add(request: Request, here: Here, person: Reviewer, session_id: str) -> Response:
    """Take files into this session while they arrive, as an upload link does, and read them."""
    boundary = boundary_of(request.headers.get("content-type"))
    by_script = "text/html" not in request.headers.get("accept", "")
    try:
        slot = await run_in_threadpool(request_upload, here.ws, session_id, actor=person.name)
        came = await here.receiving.into(here.ws, slot.upload_id, boundary, request.stream())
        if not came.taken:
            why = " ".join(file.reason or "" for file in came.files[:5])
            raise FileRefused(why, "Nothing was added.")
        taken = await run_in_threadpool(process_upload, here.ws, slot.upload_id, person.name)
    except (ReviewError, Refused) as error:
        if by_script:
            raise
        return await run_in_threadpool(_page, request, here, session_id, trouble=error)
    await run_in_threadpool(here.nudge, taken.session_id)
    there = f"{address(session_id, 'documents')}?upload={slot.upload_id}"
    return JSONResponse({"location": there}) if by_script else back(there)


@router.post("/review/{session_id}/documents/{document_id}/mark")
def mark(
    request: Request,
    here: Here,
    person: Reviewer,
    session_id: str,
    document_id: str,
    mark: Annotated[str, Form(max_length=20)] = "",
    document_type: Annotated[str, Form(max_length=50)] = "",
    reason: Annotated[str, Form(max_length=10_000)] = "",
    revision: Annotated[int | None, Form()] = None,
) -> Response:
    """Say what a document is, or whether it counts."""
    told = (reason, person.name, revision)
    try:
        if mark == "reclassify":
            kind = cast("DocumentType", document_type)
            human_review.reclassify_document(here.ws, session_id, document_id, kind, *told)
        elif mark in _MARKS:
            _MARKS[mark](here.ws, session_id, document_id, *told)
        else:
            raise UsageError("It is not said what is to be done with the document.", "Press one of the buttons.")
    except ReviewError as error:
        typed = {"reason": reason, "document_type": document_type}
        return _page(request, here, session_id, document_id, trouble=error, typed=typed)
    here.nudge(session_id)
    return back(address(session_id, "documents"), document_id)


_MARKS = {
    "pin": human_review.pin_document,
    "ignore": human_review.ignore_document,
    "unmark": human_review.unmark_document,
}


def _came(here: Context, session_id: str, upload_id: str) -> ProcessedUpload | None:
    """What became of the files of an upload that this session took; None once that is forgotten."""
    try:
        slot = upload_status(here.ws, upload_id)
        if slot.session_id != session_id or slot.status != "processed":
            return None
        return process_upload(here.ws, upload_id)  # processed already, so this only tells
    except UploadError:
        return None


def _page(
    request: Request,
    here: Context,
    session_id: str,
    opened: str = "",
    trouble: Exception | None = None,
    typed: dict[str, Any] | None = None,
    upload: ProcessedUpload | None = None,
) -> Response:
    record = here.session(session_id)
    inventory = results.load_inventory(here.ws, record)
    found = status_of(here.ws, record)
    return show(
        request,
        "documents.html.jinja",
        session=record,
        tab="documents",
        trouble=trouble,
        groups=holdings_of(record, inventory),
        opened=opened,
        typed=typed or {},
        upload=upload,
        work=work_of(here, record, found),
    )
