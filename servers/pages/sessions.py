"""The list of sessions: whose turn each is and what for, how far it is covered, oldest first."""

from __future__ import annotations

from typing import Annotated, get_args

from fastapi import Form, Query, Request
from fastapi.responses import Response

from pipeline.desk.sessions import everything
from pipeline.errors import ReviewError
from pipeline.stages.initialize import create_session
from pipeline.status.session import look_around
from pipeline.status.turn import Who
from servers.context import Context, Here
from servers.pages.frame import Reviewer, address, back, pages_router, show

router = pages_router()

#: Sessions on one page.
PER_PAGE = 25
#: What the lists of the page are called.
TURNS: dict[str, str] = {
    "reviewer": "Need you",
    "developer": "With the developer",
    "machine": "Being worked on",
    "nobody": "Finished",
}


@router.get("/review")
def sessions(
    request: Request,
    here: Here,
    q: Annotated[str, Query(max_length=500)] = "",
    who: Annotated[str, Query(max_length=20)] = "",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> Response:
    """All sessions, or those that are searched for."""
    return _page(request, here, q, who, page)


@router.post("/review")
def create(
    request: Request, here: Here, person: Reviewer, project_name: Annotated[str, Form(max_length=2000)] = ""
) -> Response:
    """Begin a review: a session without documents."""
    try:
        made = create_session(here.ws, project_name, actor=person.name)
    except ReviewError as error:
        return _page(request, here, "", "", 1, error, project_name)
    return back(address(made.session_id))


def _page(
    request: Request,
    here: Context,
    q: str,
    who: str,
    page: int,
    trouble: ReviewError | None = None,
    project_name: str = "",
) -> Response:
    who = who if who in get_args(Who) else ""
    found = here.turns.find(q, who, page, PER_PAGE)
    around = look_around(here.ws)
    looked, damaged = everything(here.ws, around, [one.session_id for one in found.sessions])
    return show(
        request,
        "sessions.html.jinja",
        trouble=trouble,
        found=found,
        looked={one.session_id: one for one in looked},
        damaged=damaged,
        around=around,
        turns=TURNS,
        q=q,
        who=who,
        project_name=project_name,
    )
