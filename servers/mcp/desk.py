"""What every tool stands on: one home, its one queue, and how a value or an error is told to an agent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from fastapi.concurrency import run_in_threadpool
from mcp.server.mcpserver.exceptions import ToolError

from pipeline.errors import ReviewError
from pipeline.home import lookup
from pipeline.workflow import order
from servers import waiting
from servers.mcp import results
from servers.mcp.fitting import ROOM, compact, plain, whole
from servers.mcp.troubles import told
from servers.paths import allowed_path

if TYPE_CHECKING:
    from actors.engine import Engine
    from pipeline.home.workspace import Workspace

Given = ParamSpec("Given")
Answered = TypeVar("Answered")
#: Who the audit log names.
ACTOR = "mcp"


@dataclass
class Desk:
    """One home as the tools have it.

    An answer is one text of compact JSON. There is no structured content beside it: programs of agents give the model
    the text, the structured content or both, and only what stands in the text alone reaches every model, once.
    """

    ws: Workspace
    #: Entered for as long as the server runs.
    engine: Engine
    #: Folders that may be added by path; None: whatever the user of this process may read, as over a pipe.
    path_roots: tuple[Path, ...] | None = None

    async def do(self, act: Callable[..., object], *given: Any, **named: Any) -> str:
        """Carry out a function of the pipeline in a thread; its value as JSON, cut where it is too long."""
        return compact(await self._carried_out(lambda: whole(plain(act(*given, **named)))))

    async def show(self, view: Callable[..., dict[str, Any]], session_id: str, *given: Any) -> str:
        """A view of one session; it is of the right length already."""
        return compact(
            await self._carried_out(lambda: view(self.ws, lookup.record(self.ws.sessions, session_id), *given))
        )

    async def list(self, view: Callable[..., dict[str, Any]], *given: Any) -> str:
        """A view of the home."""
        return compact(await self._carried_out(lambda: view(self.ws, *given)))

    async def add(self, act: Callable[..., Any], *given: Any, **named: Any) -> str:
        """Add files by a function of the pipeline and have the queue begin with them; what became of each."""

        def adding() -> dict[str, Any]:
            result = act(*given, **named)
            self.nudge(result.session_id)
            return results.added(result)

        return compact(await self._carried_out(adding))

    async def take_upload(self, act: Callable[..., Any], *given: Any) -> str:
        """Add an upload's files, and tell what its session holds now, as far as that was read in time."""
        result = await self._carried_out(lambda: act(*given))
        try:
            found = await self._advanced(result.session_id, "discover", waiting.MOST_SECONDS / 2, ROOM // 2 - 100)
        except ToolError as error:
            # The files are in; a second call must not be taken for the cure of a failed discovery.
            found = {"done": False, "message": str(error)}
        taken = await self._carried_out(lambda: results.added(result, ROOM // 2))
        return compact({**taken, "discovery": {"done": True, **found}})

    async def advance(self, session_id: str, verb: str, wait_seconds: float) -> str:
        """Bring a session up to a stage, and give what that stage gave; or say that it goes on by itself."""
        return compact(await self._advanced(session_id, verb, wait_seconds, ROOM))

    async def _advanced(self, session_id: str, verb: str, wait_seconds: float, room: int) -> dict[str, Any]:
        goal = order.VERBS[verb]
        try:
            record, there = await waiting.advance(self.engine, session_id, goal, ACTOR, wait_seconds)
        except Exception as error:
            raise self._told(error) from error
        if there:
            return await self._carried_out(lambda: results.stage(self.ws, record, verb, room))
        message = f"`{verb}` was asked for and goes on by itself. For its result call this again, or get_status."
        return {"session_id": session_id, "advance_to": goal, "done": False, "message": message}

    def source(self, given: dict[str, Any]) -> dict[str, Any]:
        """A source as it may be used here: a path over a network only below the folders that the settings name."""
        if self.path_roots is None or given.get("type") != "path":
            return given
        return {**given, "path": allowed_path(str(given.get("path", "")), self.path_roots)}

    def nudge(self, session_id: str) -> None:
        """Have the queue begin with what is due; the sweep does it later where the broker is away."""
        try:
            self.engine.nudge(session_id)
        except ReviewError:
            return

    async def _carried_out(self, act: Callable[[], Answered]) -> Answered:
        try:
            return await run_in_threadpool(act)
        except Exception as error:
            raise self._told(error) from error

    def _told(self, error: Exception) -> ToolError:
        return ToolError(told(error, self.ws.data))
