"""Signing in with one's name, and a key where keys exist; signing out again."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import Response

from pipeline.errors import UsageError
from servers.access import COOKIE
from servers.context import Here
from servers.pages.frame import back, own_path, pages_router, show
from servers.sign_in import LASTS, sign_in

router = pages_router()


@router.get("/sign-in")
def form(request: Request, here: Here, next: str = "/review", token: str = "") -> Response:
    """The page to sign in at; with the token of the one-time link no key is asked for."""
    return _form(request, here, next, token=token)


@router.post("/sign-in")
def enter(
    request: Request,
    here: Here,
    name: Annotated[str, Form(max_length=500)] = "",
    key: Annotated[str, Form(max_length=500)] = "",
    next: Annotated[str, Form(max_length=4000)] = "/review",
    token: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Sign in, and go on to where the person was."""
    try:
        once = here.once if token else None
        if once is not None and once.fits(token):
            sign_in(here.ws, name, shown=once.key)  # a name that cannot be uses up no link
        kept = sign_in(here.ws, name, key, request.scope["needs_key"], once.key if once and once.use(token) else None)
    except UsageError as error:
        return _form(request, here, next, name, error, token)
    answer = back(own_path(next))
    safe = (here.public_url or str(request.base_url)).startswith("https://")
    answer.set_cookie(
        COOKIE, kept, max_age=int(LASTS.total_seconds()), httponly=True, samesite="strict", secure=safe, path="/"
    )
    return answer


@router.post("/sign-out")
def leave() -> Response:
    """Sign out at this browser."""
    answer = back("/sign-in")
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return answer


def _form(
    request: Request, here: Here, next: str, name: str = "", trouble: UsageError | None = None, token: str = ""
) -> Response:
    fits = bool(token and here.once and here.once.fits(token))
    needs = request.scope["needs_key"] and not fits
    words = {"next": own_path(next), "name": name, "token": token if fits else ""}
    return show(request, "sign_in.html.jinja", trouble=trouble, needs_key=needs, signing=words)
