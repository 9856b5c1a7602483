"""What is a farm's own: its words beside those of submissions that people have reviewed before."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from commands.text.comparison import own
from pipeline.desk.comparison import FarmsOwn
from servers.context import Here, answer
from servers.rest.documented import answers, problems

router = APIRouter(tags=["review"])


@router.get(
    "/sessions/{session_id}/own",
    operation_id="get_own",
    summary="What is this farm's own",
    description="For every row, in how many submissions that people reviewed before its sections stand word for word, "
    "and what was decided there; then the words that stand in none. Decisions are shown, never taken over.",
    responses={**answers(FarmsOwn, "The comparison.", revision=True), **problems(404, 409)},
)
def compared(
    here: Here,
    session_id: str,
    particular: Annotated[bool, Query(description="Only what is particular to this farm.")] = False,
) -> Response:
    """What is this farm's own."""
    record = here.session(session_id)
    return answer(own(here.ws, record, particular, 80).value, record=record)
