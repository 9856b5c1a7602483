"""A call that is sent again, because its answer was lost on the way, gets that answer and does nothing anew."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Header, Request
from pydantic import BaseModel

from pipeline.home.workspace import Workspace
from pipeline.models.as_json import json_of
from servers.idempotency import Once, once

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Random, such as a UUID. The same call with the same key gets the first answer for a day; another "
        "call with it is refused.",
    ),
]


def _caller(request: Request) -> str:
    return str(request.scope.get("actor") or "")


#: Whose Idempotency-Keys these are: the name of the API key that was shown, empty without one.
Caller = Annotated[str, Depends(_caller)]


def asked(path: str, body: BaseModel) -> str:
    """What stands for everything that a call asked for; equal for bodies that mean the same.

    If-Match is no part of it: a call that is sent again names the revision before its own change.
    """
    said = json.dumps([path, body.model_dump(mode="json")], sort_keys=True)
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def only_once(ws: Workspace, key: str | None, request_digest: str, caller: str, make: Callable[[], object]) -> Once:
    """The JSON of `make()`; without a key it is always called."""

    def plain() -> object:
        return json.loads(json_of(make(), indent=None))

    if key is None:
        return Once(value=plain(), replayed=False)
    return once(ws, key, request_digest, plain, caller)


def told(made: Once) -> dict[str, str]:
    """The headers that say that an answer was given before."""
    return {"Idempotency-Replayed": "true"} if made.replayed else {}
