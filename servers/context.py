"""What every route stands on: one home, its one queue, and the words that all answers share."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.responses import Response

from actors.engine import Engine
from pipeline.errors import ReviewError, RevisionConflict
from pipeline.home.workspace import Workspace
from pipeline.models import SessionRecord
from pipeline.models.as_json import json_of
from pipeline.status.worklist import Turns
from servers.current_work import CurrentWork
from servers.one_time import OneTime
from servers.problems import Refused
from servers.underway import Underway

if TYPE_CHECKING:
    from servers.form_files import Receiving
    from servers.metrics import Metrics
    from servers.sweeping import Sweeping

log = logging.getLogger("registry_review.server")

#: Who the audit log names where no key does.
NOBODY = "rest"


@dataclass
class Context:
    """One home as a server has it; made once, kept as `app.state.served`."""

    ws: Workspace
    #: Entered for as long as the server is up.
    engine: Engine
    metrics: Metrics
    sweeping: Sweeping
    receiving: Receiving
    turns: Turns
    doing: CurrentWork
    #: What calls began and their callers may not have waited for.
    underway: Underway[Any] = field(default_factory=Underway)
    #: Seconds after which a caller gets an answer, if only that it goes on.
    answer_seconds: float = 37.0
    #: The link that signs in one browser, where there is one.
    once: OneTime | None = None
    #: How this server is called from outside, without a slash at the end; empty: as the caller called it.
    public_url: str = ""

    def address(self, request: Request, path: str) -> str:
        """The whole address of a path of this server, as whoever called can open it."""
        return f"{self.public_url or str(request.base_url).rstrip('/')}{path}"

    def nudge(self, session_id: str) -> None:
        """Have the queue begin with what is due for a session now; what was stored stays, whatever the broker does."""
        try:
            self.engine.nudge(session_id)
        except ReviewError as error:
            log.warning("%s waits for the next sweep: %s", session_id, error)

    def session(self, session_id: str) -> SessionRecord:
        """The session of exactly that id."""
        return self.ws.sessions.read(session_id)


def _served(request: Request) -> Context:
    return request.app.state.served  # type: ignore[no-any-return]  # Starlette's state is untyped


def _actor(request: Request) -> str:
    return str(request.scope.get("actor") or NOBODY)


Here = Annotated[Context, Depends(_served)]
#: Who the audit log names: the key that was shown.
Actor = Annotated[str, Depends(_actor)]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=100,
        description="Only when the session is still at this revision: the ETag of an earlier answer. Otherwise 412.",
    ),
]


def expected_revision(if_match: str | None, record: SessionRecord) -> int | None:
    """The revision that a call was made for, held against the session's own; None when it names none.

    RevisionConflict when the session is at another one. What is returned goes to the function that changes the session,
    which looks again under its lock.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    tags = _tags(if_match)
    if etag(record) not in tags:
        raise RevisionConflict(
            f"{record.session_id} was changed in between (it is at revision {record.revision}).",
            "Look at it again, then repeat the change.",
        )
    return record.revision


def seen_revision(if_match: str | None, told: int | None = None) -> int | None:
    """The revision at which a person looked, as If-Match or the call itself names it; the older one of several.

    For acts of people: the pipeline decides whether what they write on was changed since, not the whole session.
    """
    tags = _tags(if_match) if if_match is not None and if_match.strip() != "*" else []
    return min([*(int(tag[1:-1]) for tag in tags), *([] if told is None else [told])], default=None)


def _tags(if_match: str) -> list[str]:
    """The entity tags of an If-Match; a call that names no revision there is refused."""
    tags = [tag.strip() for tag in if_match.split(",")]
    if not all(re.fullmatch(r'"[0-9]{1,9}"', tag) for tag in tags):
        raise Refused(
            412, "revision_conflict", "If-Match does not name a revision.", 'Send the ETag of an answer, such as "7".'
        )
    return tags


def etag(record: SessionRecord) -> str:
    """The session's revision as an entity tag."""
    return f'"{record.revision}"'


def answer(
    value: object, status: int = 200, record: SessionRecord | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """One JSON document, of the same value that the command line gives with --json; with a session, its ETag."""
    named = dict(headers or {})
    if record is not None:
        named["ETag"] = etag(record)
    body = json_of(value, indent=None).encode("utf-8", "backslashreplace")
    return Response(body, status, {"Cache-Control": "no-store", **named}, "application/json")
