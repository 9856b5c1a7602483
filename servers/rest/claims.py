"""Findings that callers bring of their own: kept when their quote stands, and shown apart from the evidence."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from pipeline.decisions.claims import shown_claims, submit_claim
from pipeline.models import SCHEMA_VERSION, Claim, Inventory
from pipeline.workflow import results
from servers.context import Actor, Here, IfMatch, answer, expected_revision
from servers.rest.documented import answers, problems, writes
from servers.rest.review_shapes import ClaimList, NewClaim

router = APIRouter(tags=["claims"])


@router.post(
    "/sessions/{session_id}/claims",
    operation_id="submit_claim",
    summary="Bring a finding",
    description="Kept only if the quote stands word for word on that page, and shown apart from the program's "
    "evidence; it changes no status. 422 names the nearest text.",
    responses={**answers(Claim, "The claim; the same finding twice is one.", revision=True), **problems(404, 409, 412)},
    openapi_extra=writes(consequential=False),
)
def submit(here: Here, actor: Actor, session_id: str, body: NewClaim, if_match: IfMatch = None) -> Response:
    """Bring a finding."""
    expected_revision(if_match, here.session(session_id))
    said = body.model_dump(exclude={"by"})
    made = submit_claim(here.ws, session_id, **said, by=body.by or actor)
    return answer(made, record=here.session(session_id))


@router.get(
    "/sessions/{session_id}/claims",
    operation_id="list_claims",
    summary="Findings that were brought",
    description="Every claim, and whether its document still counts.",
    responses={**answers(ClaimList, "The claims.", revision=True), **problems(404)},
)
def claims(here: Here, session_id: str) -> Response:
    """The claims of a session."""
    record = here.session(session_id)
    inventory = results.load_inventory(here.ws, record) or Inventory(documents=())
    held = list(shown_claims(record, inventory))
    return answer({"schema_version": SCHEMA_VERSION, "session_id": session_id, "claims": held}, record=record)
