"""The server with two bare FastAPI routes beside its own, in a process of its own: what the rest is compared to."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, UploadFile
from fastapi.responses import Response

router = APIRouter(include_in_schema=False)

#: What the bare route answers: as much as the status of a session.
BODY = b"{}"


@router.get("/bare")
def bare() -> Response:
    """Answers without doing anything."""
    return Response(BODY, media_type="application/json")


@router.post("/bare")
def bare_upload(files: Annotated[list[UploadFile], "as FastAPI takes files"]) -> Response:
    """Takes a form's files as FastAPI does by itself, and keeps none."""
    return Response(b"%d" % sum(file.size or 0 for file in files), media_type="application/json")


def main(home: Path, port: int) -> None:
    """Serve that home with the bare routes until SIGTERM."""
    from actors.redis_queue import queue_for
    from pipeline.home.workspace import Workspace
    from pipeline.settings import load_settings
    from servers import running
    from servers.app import access_of, make_app

    listener = running.bind("127.0.0.1", port)
    with Workspace.open(load_settings(home=home).settings) as ws:
        engine = queue_for(ws, running.DRAIN_SECONDS)
        app = make_app(ws, engine, access_of(ws, "127.0.0.1"), routers=(router,))
        running.serve(app, listener, lambda: print(running.address_of(listener), flush=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
