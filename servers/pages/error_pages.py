"""Pages for those who are not where they want to be: an address that leads nowhere, a caller who is not let in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from servers.access import wants_page
from servers.pages.frame import failed, pages_router, to_sign_in
from servers.problems import Refused, Trouble, problem_of, trouble_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Scope

router = pages_router()


@router.get("/")
def home() -> Response:
    """The list of sessions is the first page."""
    return RedirectResponse("/review", 303)


@router.api_route("/review/{rest:path}", methods=["GET", "POST"])
def nowhere(request: Request, rest: str) -> Response:
    """Anything else below the pages."""
    return failed(request, Trouble(404, "no_such_address", "There is no such page.", "Go to the list of sessions."))


def refusal(scope: Scope, error: Refused) -> ASGIApp:
    """The answer to a call that is not let in; programs get a problem."""
    if not wants_page(scope):
        return problem_of(error)
    request = Request(scope)
    return to_sign_in(request) if error.status_code == 401 else failed(request, trouble_of(error))
