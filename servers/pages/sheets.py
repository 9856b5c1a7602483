"""A page of a document as a picture, its quoted words marked: drawn apart from this process, for its session alone."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import quote

from fastapi import Path, Query, Request
from fastapi.responses import Response

from pipeline.errors import NotFound
from pipeline.models import Box, Drawing
from pipeline.reading.kept_pictures import key_of
from servers.context import Here
from servers.pages.frame import address, pages_router
from servers.problems import Refused

router = pages_router()

#: A quote stands in a line or in some; one of 900 characters in a narrow column stands in fewer than so many.
MOST_BOXES = 200
_NUMBER = r"-?\d{1,5}(?:\.\d{1,2})?"
_BOX = re.compile(rf"{_NUMBER}(?:,{_NUMBER}){{3}}")
#: A browser asks again after an hour; until then its own copy is as good, for the address says what is shown.
KEPT_SECONDS = 3600


def picture_address(session_id: str, document_id: str, page: int, boxes: Sequence[Box] = ()) -> str:
    """Where the picture of a page is found, with what stands in the boxes marked."""
    path = address(session_id, "pages", document_id, f"{page}.png")
    told = ";".join(",".join(_short(number) for number in box) for box in boxes[:MOST_BOXES])
    return f"{path}?boxes={quote(told, safe=',;')}" if told else path


@router.get("/review/{session_id}/pages/{document_id}/{page}.png")
def picture(
    request: Request,
    here: Here,
    session_id: str,
    document_id: str,
    page: Annotated[int, Path(ge=1, le=100_000)],
    boxes: Annotated[str, Query(max_length=12_000)] = "",
) -> Response:
    """One page, 1-based; `boxes` are "x0,top,x1,bottom;..." in points of the page, its top left corner the origin."""
    found = here.session(session_id).documents.get(document_id)
    if found is None:
        raise NotFound("There is no such document in this session.", "Go to its documents.")
    drawing = Drawing(page=page, boxes=_boxes(boxes))
    tag = f'"{hashlib.sha256(f"{found.sha256} {key_of(drawing)}".encode()).hexdigest()[:32]}"'
    headers = {
        "Cache-Control": f"private, max-age={KEPT_SECONDS}",
        "ETag": tag,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if not here.ws.content.has(found.sha256):
        raise NotFound(f"The stored copy of {found.filename} is gone.", "Add the same file again.")
    if tag in [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    drawn = here.ws.pictures.of(found.sha256, drawing)
    if drawn is None:
        raise NotFound(f"{found.filename} has no page {page} that can be drawn.", "Read the words beside it.")
    return Response(drawn, 200, headers, "image/png")


def _boxes(text: str) -> tuple[Box, ...]:
    told = text.split(";") if text else []
    if len(told) > MOST_BOXES or not all(_BOX.fullmatch(one) for one in told):
        raise Refused(422, "validation", "These are no places on a page.", "Open the page from a row.")
    return tuple((x0, top, x1, bottom) for x0, top, x1, bottom in (map(float, one.split(",")) for one in told))


def _short(number: float) -> str:
    """A coordinate to a tenth of a point, which is less than a pixel."""
    return f"{min(max(number, -9999.0), 99_999.0):.1f}".removesuffix(".0")
