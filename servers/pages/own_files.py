"""The script and the style of the pages: files of ours, named by their content, so that a browser may keep them."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response

from servers.problems import Refused

router = APIRouter(include_in_schema=False)

_FOLDER = Path(__file__).parent.parent / "static"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


@cache
def _files() -> dict[str, tuple[bytes, str]]:
    """Every file by its name: its bytes, and what its address ends with."""
    found = {}
    for path in sorted(_FOLDER.iterdir()):
        if path.suffix in _TYPES:
            content = path.read_bytes()
            found[path.name] = content, hashlib.sha256(content).hexdigest()[:12]
    return found


def address(name: str) -> str:
    """Where a page finds one of these files; KeyError for one that does not exist."""
    return f"/static/{name}?v={_files()[name][1]}"


@router.get("/static/{name}")
def static(name: str) -> Response:
    """One file."""
    if name not in _files():
        raise Refused(404, "no_such_address", "There is no such file.")
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return Response(_files()[name][0], 200, headers, _TYPES[Path(name).suffix])
