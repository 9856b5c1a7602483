"""The five stages that the machine carries out: asked for, waited for a while, answered with the result or 202."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from pipeline.desk.stage_result import value_of
from pipeline.models import SCHEMA_VERSION, Inventory, SessionRecord
from pipeline.status.session import SessionStatus, status_of
from pipeline.workflow import order
from servers import waiting
from servers.context import Actor, Context, Here, IfMatch, answer, expected_revision
from servers.rest.documented import answers, problems, writes
from servers.rest.paging import MaxCharacters, fitted
from servers.rest.shapes import Accepted, Discovered, Extracted, Mapped, Reported, Validated

router = APIRouter(tags=["stages"])

Wait = Annotated[
    float,
    Query(
        ge=0,
        le=3600,
        description="Seconds to wait for the result, 37 at most ([server] answer_seconds); 0 answers 202 at once "
        "unless the result is there already.",
    ),
]
View = Annotated[
    Literal["result", "status"],
    Query(description="What is answered when it is done: the stage's whole result, or how the session stands."),
]


def _declare(verb: str, function: str, model: Any, summary: str, description: str) -> None:
    @router.post(
        f"/sessions/{{session_id}}/{verb}",
        operation_id=function,
        name=function,
        summary=summary,
        description=f"{description} Does first whatever that needs; what is fresh is not done again.",
        responses={
            **answers(model | SessionStatus, "The result; where nothing can be done yet, the status.", revision=True),
            **answers(Accepted, "Asked for, and not done yet: look at status_url.", 202),
            **problems(404, 409, 412),
        },
        openapi_extra=writes(consequential=False),
    )
    async def stage(
        request: Request,
        here: Here,
        actor: Actor,
        session_id: str,
        wait: Wait = 0,
        view: View = "result",
        max_characters: MaxCharacters = None,
        if_match: IfMatch = None,
    ) -> Response:
        goal = order.VERBS[verb]
        before = await run_in_threadpool(here.session, session_id)
        expected_revision(if_match, before)
        record, there = await waiting.advance(here.engine, session_id, goal, actor, min(wait, here.answer_seconds))
        if there:
            return await run_in_threadpool(_result, here, record, verb if view == "result" else None, max_characters)
        url = here.address(request, f"/sessions/{session_id}/status")
        message = f"`{verb}` was asked for and goes on by itself; {url} says how far it is."
        value = {"schema_version": SCHEMA_VERSION, "session_id": session_id, "advance_to": goal}
        return answer(
            {**value, "status_url": url, "message": message}, 202, headers={"Location": url, "Retry-After": "2"}
        )


def _result(here: Context, record: SessionRecord, verb: str | None, most: int | None) -> Response:
    """What the stage gave; without a verb, or where the stage gave nothing yet, where the session stands."""
    if verb == "discover" and not record.documents:
        return answer(_nothing_found(here, record), record=record)
    if verb is None or not record.documents:
        return answer(fitted(status_of(here.ws, record), most, "notes"), record=record)
    return answer(value_of(here.ws, record, verb), record=record)


def _nothing_found(here: Context, record: SessionRecord) -> dict[str, Any]:
    """What a discovery found in a session that holds no document, in the shape of one that found some."""
    scanned = {"sources_scanned": [{"type": source.source_type, "files": 0} for source in record.sources.values()]}
    found = Inventory(documents=(), **scanned).model_dump(mode="json")
    return {"schema_version": SCHEMA_VERSION, "session_id": record.session_id, "documents_found": 0, **found}


_declare(
    "discover",
    "discover_documents",
    Discovered,
    "Discover the documents",
    "Stage 2: look at the sources again and say what each document is.",
)
_declare("map", "map_requirements", Mapped, "Map the requirements", "Stage 3: attach documents to the requirements.")
_declare(
    "extract",
    "extract_evidence",
    Extracted,
    "Extract the evidence",
    "Stage 4: find the quotes that answer each requirement.",
)
_declare(
    "validate",
    "cross_validate",
    Validated,
    "Validate across documents",
    "Stage 5: run the cross-checks and judge every requirement.",
)
_declare("report", "generate_report", Reported, "Make the report", "Stage 6: make the report and say it in short.")
