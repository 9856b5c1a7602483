"""What only looks: where a session stands, its documents, its rows, its report."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from pipeline.desk import rows as desk_rows
from pipeline.desk.sessions import likenesses
from pipeline.models import SCHEMA_VERSION, Report, RequirementResult, RowStatus
from pipeline.reporting import formats
from pipeline.stages.generate_report import all_paths
from pipeline.status.session import SessionStatus, status_of
from pipeline.workflow import results
from servers.context import Here, answer, etag
from servers.media_types import MEDIA_TYPES
from servers.problems import Refused
from servers.rest.documented import answers, problems
from servers.rest.paging import MaxCharacters, Offset, fitted, listed, page_of
from servers.rest.shapes import DocumentList, Duplicates, ReportPart, RequirementList

router = APIRouter(tags=["reading"])

#: Parts of a report that are lists, and so are given a page at a time.
Part = Literal[
    "session", "checklist", "documents", "requirements", "checks", "exceptions", "summary", "provenance", "titles",
    "papers", "plan_differences", "annotations", "revisions", "determination", "claims",
]  # fmt: skip


@router.get(
    "/sessions/{session_id}/status",
    operation_id="get_status",
    summary="Where a session stands",
    description="Every stage with why it waits, what waits for a person, and the one next thing to do.",
    responses={**answers(SessionStatus, "The session as it stands.", revision=True), **problems(404)},
)
def status(here: Here, session_id: str, max_characters: MaxCharacters = None) -> Response:
    """Where one session stands."""
    record = here.session(session_id)
    return answer(fitted(status_of(here.ws, record), max_characters, "notes"), record=record)


@router.get(
    "/sessions/{session_id}/documents",
    operation_id="list_documents",
    summary="A session's documents",
    description="The inventory: type, status and what decided. Before discovery only names, sizes and hashes.",
    responses={**answers(DocumentList, "A page of documents.", revision=True), **problems(404)},
)
def documents(
    here: Here,
    session_id: str,
    limit: Annotated[int, Query(ge=1, le=500, description="How many at most.")] = 50,
    offset: Offset = 0,
    max_characters: MaxCharacters = None,
) -> Response:
    """The documents of a session."""
    record = here.session(session_id)
    inventory = results.load_inventory(here.ws, record)
    found: list[Any] = list(inventory.documents) if inventory else list(record.documents.values())
    page = page_of(found[offset : offset + limit], len(found), offset, max_characters)
    value = {"schema_version": SCHEMA_VERSION, "session_id": session_id, **listed("documents", page)}
    return answer(value, record=record)


@router.get(
    "/sessions/{session_id}/requirements",
    operation_id="list_requirements",
    summary="A session's rows",
    description="Every requirement with status, reason, tests and quotes. A GPT asks with limit=8, or for one status.",
    responses={**answers(RequirementList, "Rows in the checklist's order.", revision=True), **problems(404, 409)},
)
def requirements(
    here: Here,
    session_id: str,
    status: Annotated[RowStatus | None, Query(description="Only rows of this status.")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="How many at most.")] = 100,
    offset: Offset = 0,
    max_characters: MaxCharacters = None,
) -> Response:
    """The rows of a session."""
    record = here.session(session_id)
    rows = [row for row in desk_rows.judged_rows(here.ws, record) if status in (None, row.status)]
    page = page_of(rows[offset : offset + limit], len(rows), offset, max_characters)
    value = {"schema_version": SCHEMA_VERSION, "session_id": session_id, **listed("requirements", page)}
    return answer(value, record=record)


@router.get(
    "/sessions/{session_id}/requirements/{requirement_id}",
    operation_id="get_requirement",
    summary="One row",
    description="One requirement with its tests and quotes; REQ-007, 007 and 7 are the same.",
    responses={**answers(RequirementResult, "The row.", revision=True), **problems(404, 409)},
)
def requirement(here: Here, session_id: str, requirement_id: str) -> Response:
    """One row of a session."""
    record = here.session(session_id)
    return answer(desk_rows.judged(here.ws, record, requirement_id), record=record)


@router.get(
    "/sessions/{session_id}/duplicates",
    operation_id="detect_duplicates",
    summary="Sessions that look the same",
    description="Other sessions that hold the same project, why, and what is still asked.",
    responses={**answers(Duplicates, "Questions and notes.", revision=True), **problems(404)},
)
def duplicates(here: Here, session_id: str) -> Response:
    """What looks like other sessions."""
    record = here.session(session_id)
    return answer(likenesses(here.ws, record, status_of(here.ws, record)), record=record)


@router.get(
    "/sessions/{session_id}/report",
    operation_id="get_report",
    summary="The report",
    description="The report last made, whole, in one of its forms; docx, pdf and xlsx are made when they are "
    "asked for. For readers that cannot take it whole: name parts, with limit and offset for lists.",
    responses={
        200: {
            "description": "The report, or the parts asked for.",
            "model": Report | ReportPart,
            "content": {kind.partition(";")[0]: {} for kind in MEDIA_TYPES.values() if "json" not in kind},
            "headers": {"ETag": {"description": "The session's revision.", "schema": {"type": "string"}}},
        },
        **problems(404, 409),
    },
)
def report(
    here: Here,
    session_id: str,
    format: Annotated[
        str, Query(description=f"One of {', '.join(formats.FORMS)}.", max_length=10, examples=["json"])
    ] = "json",
    part: Annotated[list[Part] | None, Query(description="Only these parts of the JSON form.")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="With parts: how many items of each list at most.")] = 100,
    offset: Offset = 0,
    max_characters: MaxCharacters = None,
) -> Response:
    """The report of a session."""
    record = here.session(session_id)
    if format not in formats.FORMS:
        known = ", ".join(formats.FORMS)
        raise Refused(422, "validation", f"There is no form {format[:10]!r}.", f"Use one of {known}.")
    made, paths = all_paths(here.ws, record, (format,))
    if not part or format != "json":
        headers = {"ETag": etag(record), "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        if format not in ("json", "md"):
            headers["Content-Disposition"] = f'attachment; filename="{paths[format].name}"'
        return Response(paths[format].read_bytes(), 200, headers, MEDIA_TYPES[format])
    whole = made.model_dump(mode="json")
    value = {"schema_version": whole["schema_version"], "generated_at": whole["generated_at"]}
    each = max_characters // len(part) if max_characters else None
    for name in part:
        found = whole[name]
        if isinstance(found, list):
            found = page_of(found[offset : offset + limit], len(found), offset, each)["items"]
        value[name] = found
    return answer(value, record=record)
