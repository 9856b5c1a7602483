"""What is a farm's own: its words beside those of submissions that people have reviewed before."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from pipeline.desk.comparison import FarmsOwn, farms_own
from pipeline.desk.comparison.in_words import only_particular
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
    made = farms_own(here.ws, record)
    return answer(only_particular(made) if particular else made, record=record)
