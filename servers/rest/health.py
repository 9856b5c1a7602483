"""Is the process alive, will work be done, and the numbers of it, for whoever watches over the server."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response

from pipeline.errors import ReviewError
from servers.context import Here, answer
from servers.rest.documented import answers, problems
from servers.rest.shapes import Health, Readiness

router = APIRouter(tags=["health"])


@router.get(
    "/healthz",
    operation_id="get_health",
    summary="Is it alive",
    description="The process answers; needs no key.",
    responses={**answers(Health, "It is."), **problems()},
)
async def health() -> Response:
    """The process is alive."""
    return answer({"status": "ok"})


@router.get(
    "/readyz",
    operation_id="get_readiness",
    summary="Will work be done",
    description="The store can be written, the broker answers, the sweeping comes round.",
    responses={
        **problems(),
        **answers(Readiness, "It will."),
        **answers(Readiness, "It will not; checks say what is lacking.", 503),
    },
)
def readiness(here: Here) -> Response:
    """Whether what is asked for now is done."""
    checks = {
        "store": _writable(here.ws.data),
        "broker": _broker(here),
        "sweeping": "ok" if here.sweeping.alive else "the sweeping does not come round",
    }
    ready = all(said == "ok" for said in checks.values())
    return answer({"ready": ready, "checks": checks}, 200 if ready else 503)


def _writable(folder: Path) -> str:
    probe = folder / f"ready-{secrets.token_hex(4)}.tmp"
    try:
        with os.fdopen(os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(b"ready")
        probe.unlink()
    except OSError as error:
        return f"the data folder cannot be written: {error.strerror}"
    return "ok"


def _broker(here: Here) -> str:
    try:
        here.engine.ready()
    except ReviewError as error:
        return error.message
    return "ok"


@router.get(
    "/metrics",
    operation_id="get_metrics",
    summary="Numbers for monitoring",
    description="Queue depth, oldest queued age, stage times and failures, in the text format of Prometheus.",
    responses={200: {"description": "The numbers.", "content": {"text/plain": {}}}, **problems()},
    response_class=Response,
)
def metrics(here: Here) -> Response:
    """The numbers of this server."""
    return Response(here.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
