"""How large the body of a call may be; a larger one is refused before it is in memory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from servers.problems import Refused, problem_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Uploaded files are read piece by piece and have limits of their own.
STREAMED = re.compile(r"/upload/.*|/review/[^/]+/documents/add", re.S)


class Capped:
    """The layer that ends a call whose body is larger than `most` bytes, told beforehand or counted as it comes."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app, self._most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, counting what comes."""
        if scope["type"] != "http" or STREAMED.fullmatch(str(scope["path"])):
            await self._app(scope, receive, send)
            return
        told = Headers(scope=scope).get("content-length", "0")
        if not told.isdecimal() or int(told) > self._most:
            await problem_of(self._too_large())(scope, receive, send)
            return
        seen, begun = 0, False

        async def counting() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._most:
                raise self._too_large()
            return message

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, counting, sending)
        except Refused as error:
            if begun:
                raise
            await problem_of(error)(scope, receive, send)

    def _too_large(self) -> Refused:
        hint = "Upload files by a link instead: POST /generate-upload-url. The limit is [server] max_body_mb."
        detail = f"The body is larger than {self._most // 1_000_000} MB."
        return Refused(413, "too_large", detail, hint, {"Connection": "close"})
