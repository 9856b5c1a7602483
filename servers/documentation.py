"""The description of REST, for programs as JSON and for people as one page that needs no network."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from servers import description, rendering

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
def openapi(request: Request) -> Response:
    """The whole description."""
    return JSONResponse(_here(request))


@router.get("/openapi.gpt.json")
def openapi_for_gpt(request: Request) -> Response:
    """The part of it that fits a GPT."""
    return JSONResponse(description.for_gpt(_here(request)))


def _here(request: Request) -> dict[str, Any]:
    """The description with the address of this server, as it is called from outside."""
    return {**request.app.openapi(), "servers": [{"url": request.app.state.served.address(request, "")}]}


@router.get("/docs")
def docs(request: Request) -> Response:
    """Every operation on one page."""
    whole = request.app.openapi()
    return rendering.page("docs.html.jinja", whole=whole, operations=description.operations(whole))


@router.get("/redoc")
def redoc() -> Response:
    """The same page, under the other name that people know."""
    return RedirectResponse("/docs")
