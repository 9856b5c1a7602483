"""Calls that are sent again get the answer they got before, by the key that their sender gave them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from pydantic import BaseModel

from pipeline.idempotency import Once, create_session_once, once
from pipeline.reporting.terminal import json_of
from pipeline.workspace import Workspace

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=255,
        description="Your own word for this call: sent again within a day, it gets the same answer and nothing is done "
        "twice.",
    ),
]


class Repeats:
    """One call with the key it came with, if any."""

    def __init__(self, request: Request, key: Key = None) -> None:
        self._key = key
        self._place = f"{request.method} {request.url.path}"
        self._caller = str(request.scope.get("actor") or "")

    def once(self, ws: Workspace, body: BaseModel, make: Callable[[], object]) -> Once:
        """The JSON of what `make` gives, or gave to the same call before; KeyReused when the key was another call's."""

        def made() -> Any:
            return json.loads(json_of(make(), indent=None))

        if self._key is None:
            return Once(value=made(), replayed=False)
        return once(ws, self._key, self._digest(body), made, self._caller)

    def session_once(self, ws: Workspace, body: BaseModel, make: Callable[[], object], actor: str) -> Once:
        """As `once` for making a session, of which there is one also when this process is killed on the way."""
        if self._key is None:
            return self.once(ws, body, make)
        said = {**body.model_dump(), "actor": actor}
        return create_session_once(ws, self._key, self._digest(body), self._caller, **said)

    def _digest(self, body: BaseModel) -> str:
        return hashlib.sha256(f"{self._place}\n{body.model_dump_json()}".encode()).hexdigest()


Repeated = Annotated[Repeats, Depends()]


def replayed(found: Once) -> dict[str, str]:
    """The header that tells an answer which was made before."""
    return {"Idempotency-Replayed": "true"} if found.replayed else {}
