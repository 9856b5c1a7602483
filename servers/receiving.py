"""A form's files on their way from the network into an upload slot, piece by piece, without stopping the server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from anyio import from_thread, to_thread

from pipeline.uploads import ReceivedFile, receive
from servers.multipart import broken, files_of

if TYPE_CHECKING:
    from pipeline.workspace import Workspace


async def received(ws: Workspace, upload_id: str, boundary: bytes, body: AsyncIterator[bytes]) -> list[ReceivedFile]:
    """Take every file of the form into the slot; what arrived whole stays, also when the rest is cut off (Refused)."""

    async def more() -> bytes | None:
        return await anext(body, None)

    def pulled() -> Iterator[bytes]:
        while (chunk := from_thread.run(more)) is not None:
            if chunk:
                yield chunk

    def take() -> list[ReceivedFile]:
        files = [receive(ws, upload_id, part.filename, part.chunks) for part in files_of(pulled(), boundary)]
        if not files:
            raise broken("it holds no file")
        return files

    return await to_thread.run_sync(take)
