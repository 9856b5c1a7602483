"""What is this farm's own: the words that no reviewed submission says, and what was decided on those that some do."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response

from pipeline.desk.comparison import farms_own
from pipeline.desk.comparison.in_words import ONLY_TOGETHER, in_words, only_particular, particular_sections
from pipeline.desk.row import shown
from pipeline.workflow import results
from servers.context import Here
from servers.pages.frame import pages_router, show
from servers.pages.sheets import picture_address

router = pages_router()


@router.get("/review/{session_id}/own")
def own(
    request: Request,
    here: Here,
    session_id: str,
    everything: Annotated[bool, Query(alias="all")] = False,
) -> Response:
    """Only what is particular to this farm; with `all`, every row beside the submissions that say the same."""
    record = here.session(session_id)
    judged = results.load_validation(here.ws, record) is not None
    made = farms_own(here.ws, record) if judged else None
    if made is not None and not everything:
        made = only_particular(made)
    return show(
        request,
        "own.html.jinja",
        session=record,
        tab="own",
        crumbs=(("Farm's own", request.url.path),),
        made=made,
        everything=everything,
        sections=[(one, shown(here.ws, one.own)) for one in particular_sections(made)] if made else [],
        in_words=in_words,
        only_together=ONLY_TOGETHER,
        picture=picture_address,
    )
