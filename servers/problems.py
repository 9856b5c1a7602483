"""Errors as HTTP knows them: problem+json (RFC 9457) with what happened and, as `hint`, what to do."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from pipeline.errors import (
    ChecklistError,
    ClaimRefused,
    DuplicateSessionWarning,
    FileRefused,
    KeyReused,
    NotFound,
    NothingUploaded,
    NotMadeYet,
    NotReady,
    PointsElsewhere,
    ReviewError,
    RevisionConflict,
    SessionCompleted,
    SessionNotFound,
    StageFailed,
    TryAgain,
    UploadClosed,
    UploadExpired,
    UploadLinkRefused,
    UploadNotFound,
    UsageError,
)
from pipeline.filenames import printable
from pipeline.home import logs
from pipeline.home.caller import foreseen
from pipeline.home.error_titles import TITLES, facts, urn
from pipeline.models.as_json import json_of
from servers.hints import as_calls

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger("registry_review.server")

MEDIA_TYPE = "application/problem+json"
#: Seconds after which a call that found something locked or away may be made again.
RETRY_AFTER = "2"
#: What a person may be told of an input at most, in characters.
LONGEST_INPUT = 300

#: The first that fits decides; every other ReviewError is a trouble of this server.
_STATUS: tuple[tuple[type[ReviewError], int], ...] = (
    (SessionNotFound, 404),
    (NotFound, 404),
    (NotMadeYet, 409),
    (NotReady, 409),
    (SessionCompleted, 409),
    (PointsElsewhere, 409),
    (UploadNotFound, 404),
    (UploadLinkRefused, 403),
    (UploadExpired, 410),
    (UploadClosed, 409),
    (NothingUploaded, 409),
    (KeyReused, 422),
    (DuplicateSessionWarning, 409),
    (RevisionConflict, 409),
    (ChecklistError, 422),
    (FileRefused, 422),
    (StageFailed, 422),
    (ClaimRefused, 422),
    (UsageError, 400),
    (TryAgain, 503),
)


class Problem(BaseModel):
    """What went wrong, in the shape of RFC 9457; `hint` says what to do about it."""

    type: str
    title: str
    status: int
    detail: str
    hint: str


class Refused(HTTPException):
    """Control flow: a call ends with this problem before anything was done.

    It is an HTTPException because FastAPI lets only these through while it reads a body.
    """

    def __init__(
        self, status: int, code: str, detail: str, hint: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.code, self.hint = code, hint


def problem(
    status: int,
    code: str,
    detail: str,
    hint: str = "",
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Response:
    """The answer to a call that failed; `code` names the kind of trouble and never changes, `more` are its facts."""
    title = TITLES.get(code) or HTTPStatus(status).phrase
    kind = urn(code)
    # A fact may be called like a member of every problem; that one must stay what it is.
    told = {**(more or {}), "type": kind, "title": title, "status": status, "detail": detail, "hint": hint}
    body = json_of(told, indent=None).encode("utf-8", "backslashreplace")
    return Response(body, status, {"Cache-Control": "no-store", **(headers or {})}, MEDIA_TYPE)


def status_of_error(error: ReviewError) -> int:
    """The HTTP status for an error that was raised on purpose."""
    return next((number for kind, number in _STATUS if isinstance(error, kind)), 500)


@dataclass(frozen=True)
class Trouble:
    """What went wrong, before it is put into the words of a program or a page."""

    status: int
    code: str
    detail: str
    hint: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Its facts.
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """A few words for its kind."""
        return TITLES.get(self.code) or HTTPStatus(self.status).phrase


def trouble_of(error: Exception, data: Path | None = None) -> Trouble:
    """What is told of whatever was raised; a defect is written to data/errors.log and told without its text."""
    if isinstance(error, Refused):
        return Trouble(error.status_code, error.code, error.detail, error.hint, error.headers or {})
    if isinstance(error, OSError):
        error = foreseen(error) or error
    if not isinstance(error, ReviewError):
        path = logs.record_defect(error, data)
        log.error("a call failed unforeseen (%s); its traceback is in %s", type(error).__name__, path)
        what = "This was not foreseen. Nothing that was stored is lost."
        return Trouble(500, "internal", what, "The log of the server holds what its makers need.")
    status = status_of_error(error)
    headers = {"Retry-After": RETRY_AFTER} if status == 503 else {}
    return Trouble(status, error.code, error.message, error.cure, headers, facts(error))


def problem_of(
    error: Exception, data: Path | None = None, conditional: bool = False, session_id: str = ""
) -> Response:
    """The answer to a program for whatever was raised; its hint names calls, for `session_id` where it was called.

    `conditional`: the call named the revision it was made for (If-Match), so a conflict is a failed precondition.
    """
    told = trouble_of(error, data)
    status = 412 if conditional and isinstance(error, RevisionConflict) else told.status
    return problem(status, told.code, told.detail, as_calls(told.hint, session_id), told.headers, told.more)


def install(app: FastAPI, data: Path) -> None:
    """Have every error of the app's routes answered as a problem."""

    def raised(request: Request, error: Exception) -> Response:
        session_id = str(request.path_params.get("session_id", ""))
        known = session_id if re.fullmatch(r"session-[0-9-]+", session_id) else ""
        return problem_of(error, data, "if-match" in request.headers, known)

    def invalid(_request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            raise TypeError from error
        wrong = [
            {"in": ".".join(str(part) for part in one["loc"]), "message": str(one["msg"])} for one in error.errors()
        ]
        said = "; ".join(f"{one['in']}: {one['message']}" for one in wrong)
        detail = printable(said)[:LONGEST_INPUT] or "The call has not the shape it must have."
        return problem(
            422, "validation", detail, "GET /openapi.json says what may be sent.", more={"errors": wrong[:20]}
        )

    def refused(_request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise TypeError from error
        code = {404: "no_such_address", 405: "method"}.get(error.status_code, "http")
        hint = "GET /openapi.json lists every address with its methods."
        return problem(error.status_code, code, str(error.detail), hint, error.headers)

    app.add_exception_handler(ReviewError, raised)
    app.add_exception_handler(Refused, raised)
    app.add_exception_handler(OSError, raised)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, refused)


class LastResort:
    """The outermost layer: whatever no handler knew becomes a problem, unless an answer was begun already."""

    def __init__(self, app: ASGIApp, data: Path) -> None:
        self._app, self._data = app, data

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def sending(message: Any) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except ClientDisconnect:
            return  # nobody is there to be answered
        except Exception as error:
            answer = problem_of(error, self._data)
            if begun:
                raise
            await answer(scope, receive, send)
