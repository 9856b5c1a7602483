"""A form's files on their way from the network into an upload slot, piece by piece, without stopping the server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio
from anyio import from_thread, to_thread

from pipeline.uploads import ReceivedFile, is_full, receive
from servers.multipart import broken, files_of
from servers.problems import Refused

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: Forms that are read at the same time. Each holds a thread for as long as its sender takes, and everybody else's calls
#: must go on meanwhile; further ones wait for their turn.
AT_ONCE = 24
#: Seconds without a byte after which a sender counts as gone.
IDLE_SECONDS = 60.0


@dataclass(frozen=True)
class Came:
    """What came with one form."""

    files: list[ReceivedFile]
    #: True when a file was refused for its bytes: it, or all of the upload, became too large.
    too_large: bool
    #: True when the slot was full before the form was over, and the rest of the form was not read.
    stopped: bool = False

    @property
    def taken(self) -> bool:
        """True when anything of it is kept."""
        return any(file.outcome != "refused" for file in self.files)


class _Counted:
    """Chunks, and how many bytes of them were asked for."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self.bytes = chunks, 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.bytes += len(chunk)
            yield chunk


class Receiving:
    """Reads forms; one for each server."""

    def __init__(self, at_once: int = AT_ONCE, idle_seconds: float = IDLE_SECONDS) -> None:
        self._turns = anyio.CapacityLimiter(at_once)
        self._idle = idle_seconds

    async def into(self, ws: Workspace, upload_id: str, boundary: bytes, body: AsyncIterator[bytes]) -> Came:
        """Take every file of the form into the slot; what arrived whole stays, also when the rest is cut off (Refused).

        Once the slot holds as many files as it may, or as many were refused, nothing more of the form is read. Refused
        (408) when the sender falls silent.
        """

        async def more() -> bytes | None:
            with anyio.move_on_after(self._idle):
                return await anext(body, None)
            hint = "Nothing of the file that was on its way was kept. Send it again."
            raise Refused(408, "silent", f"Nothing came for {self._idle:g} seconds.", hint, {"Connection": "close"})

        def pulled() -> Iterator[bytes]:
            while (chunk := from_thread.run(more)) is not None:
                if chunk:
                    yield chunk

        def take() -> Came:
            files: list[ReceivedFile] = []
            too_large, refused = False, 0
            for part in files_of(pulled(), boundary):
                counted = _Counted(part.chunks)
                files.append(receive(ws, upload_id, part.filename, counted))
                # A name or a number too many is refused before a byte is asked for, an empty file has none.
                if files[-1].outcome == "refused":
                    too_large |= counted.bytes > 0
                    refused += 1
                    if is_full(ws, upload_id) or refused >= ws.settings.uploads.max_files:
                        return Came(files, too_large, stopped=True)
            if not files:
                raise broken("it holds no file")
            return Came(files, too_large)

        return await to_thread.run_sync(take, limiter=self._turns)
