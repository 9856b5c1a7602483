"""What all pages of the reviewer share: their frame, who looks at them, and where a form leads when it is done."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from starlette.datastructures import URL
from starlette.exceptions import HTTPException

from pipeline.models import wording
from servers import rendering
from servers.access import READING
from servers.pages import own_files
from servers.problems import Refused, Trouble, trouble_of
from servers.sign_in import SignedIn

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.models import SessionRecord


#: A link of the trail above a page: its words and where it leads.
Crumb = tuple[str, str]


class SignInNeeded(Exception):
    """Control flow: whoever sent this form has not said who they are, or is not let in any more."""


def _visitor(request: Request) -> SignedIn | None:
    return request.scope.get("signed_in")


def _reviewer(request: Request) -> SignedIn:
    person: SignedIn | None = request.scope.get("signed_in")
    if person is None:
        raise SignInNeeded
    return person


#: Who looks; None before they signed in, which only forms need.
Visitor = Annotated[SignedIn | None, Depends(_visitor)]
#: Who sent a form; without one the sign-in page comes first. The audit log names them by `name`.
Reviewer = Annotated[SignedIn, Depends(_reviewer)]


class PageRoute(APIRoute):
    """A route whose every error is a page too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with what it may raise turned into a page."""
        handler = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handler(request)
            except SignInNeeded:
                return to_sign_in(request)
            except Exception as error:  # noqa: BLE001 - a person gets a page whatever happens
                return failed(request, told(error, request.app.state.served.ws.data))

        return handled


def pages_router() -> APIRouter:
    """A router for pages: not described to programs, errors are pages."""
    return APIRouter(include_in_schema=False, route_class=PageRoute)


def show(
    request: Request,
    template: str,
    status: int | None = None,
    *,
    session: SessionRecord | None = None,
    tab: str = "",
    crumbs: Sequence[Crumb] = (),
    trouble: Exception | None = None,
    **values: Any,
) -> HTMLResponse:
    """A page in the frame.

    `session` puts its name into the trail and its pages (`tab` is the one that is shown) below it; `crumbs` are what
    comes after it in the trail. `trouble` is what a form ended with: it is told at the top, and decides the status
    unless one is given. The template also gets `reviewer` (SignedIn or None), `may_write`, `here` (this page's own
    address), `static` and `words`.
    """
    person = _visitor(request)
    said = None if trouble is None else trouble_of(trouble, request.app.state.served.ws.data)
    trail = [("Sessions", "/review"), *crumbs]
    if session is not None:
        trail.insert(1, (session.project_metadata.project_name, address(session.session_id)))
    # What leads to this very page is no link.
    above = [href for _, href in trail if href != request.url.path]
    return rendering.page(
        template,
        status or (said.status if said else 200),
        reviewer=person,
        may_write=person is not None and person.may_write,
        here=_here(request),
        static=own_files.address,
        words=wording,
        trail=trail,
        up=above[-1] if above else None,
        at=request.url.path,
        session=session,
        tab=tab,
        trouble=said,
        **values,
    )


def failed(request: Request, trouble: Trouble) -> Response:
    """A page that only says what went wrong."""
    answer = show(request, "trouble.html.jinja", trouble.status, failure=trouble)
    answer.headers.update(trouble.headers)
    return answer


def address(session_id: str, *parts: str) -> str:
    """The path of a session's page; each part is escaped."""
    return "/".join(["/review", *(quote(one, safe="") for one in (session_id, *parts))])


def back(path: str, anchor: str = "") -> Response:
    """The answer to a form that was carried out: go and look at that page of ours."""
    return RedirectResponse(f"{path}{f'#{quote(anchor)}' if anchor else ''}", 303)


def own_path(given: str) -> str:
    """A path of these pages as it was given, the list of sessions for anything else."""
    plain = given.isascii() and given.isprintable() and "\\" not in given
    return given if plain and (given == "/review" or given.startswith(("/review/", "/review?"))) else "/review"


def to_sign_in(request: Request) -> Response:
    """The sign-in page, which leads on to where the person was."""
    return RedirectResponse(f"/sign-in?{urlencode({'next': _here(request)})}", 303)


def _here(request: Request) -> str:
    """This page's own address; of a form, the page it stands on."""
    place = request.url
    if request.method not in READING:
        place = URL(request.headers.get("referer", ""))
    return own_path(f"{place.path}{f'?{place.query}' if place.query else ''}")


def told(error: Exception, data: Path | None = None) -> Trouble:
    """What is told of an error of a page, of those that the framework raises too."""
    if isinstance(error, RequestValidationError):
        fields = ", ".join(sorted({str(one["loc"][-1]) for one in error.errors()}))[:200]
        return Trouble(
            422, "validation", f"This form was not filled in as it must be: {fields}.", "Go back, and try again."
        )
    if isinstance(error, HTTPException) and not isinstance(error, Refused):
        return Trouble(error.status_code, "http", str(error.detail), "Go back to the list of sessions.")
    return trouble_of(error, data)
