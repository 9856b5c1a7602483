"""Addresses below the pages that lead nowhere, told on a page."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from servers.pages.frame import failed, pages_router
from servers.problems import Trouble

router = pages_router()


@router.get("/")
def home() -> Response:
    """The list of sessions is the first page."""
    return RedirectResponse("/review", 303)


@router.api_route("/review/{rest:path}", methods=["GET", "POST"])
def nowhere(request: Request, rest: str) -> Response:
    """Anything else below the pages."""
    return failed(request, Trouble(404, "no_such_address", "There is no such page.", "Go to the list of sessions."))
