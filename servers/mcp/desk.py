"""What every tool stands on: one home, its one queue, and how a value or an error is told to an agent."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from fastapi.concurrency import run_in_threadpool
from mcp.server.mcpserver.exceptions import ToolError

from pipeline.desk.sessions import status_with_slips
from pipeline.desk.stage_result import value_of
from pipeline.errors import DuplicateSessionWarning, ReviewError
from pipeline.home import logs
from pipeline.models import SessionRecord
from pipeline.models.as_json import json_of
from pipeline.workflow import order
from servers import waiting
from servers.paths import allowed_path
from servers.problems import Refused

if TYPE_CHECKING:
    from actors.engine import Engine
    from pipeline.home.workspace import Workspace

Given = ParamSpec("Given")
Answered = TypeVar("Answered")
#: Who the audit log names.
ACTOR = "mcp"


@dataclass
class Desk:
    """One home as the tools have it."""

    ws: Workspace
    #: Entered for as long as the server runs.
    engine: Engine
    #: Folders that may be added by path; None: whatever the user of this process may read, as over a pipe.
    path_roots: tuple[Path, ...] | None = None

    async def do(self, act: Callable[..., object], *given: Any, **named: Any) -> dict[str, Any]:
        """Carry out a function of the pipeline in a thread; its value as JSON."""
        try:
            value: dict[str, Any] = plain(await run_in_threadpool(act, *given, **named))
        except Exception as error:
            raise self._told(error) from error
        return value

    async def advance(self, session_id: str, verb: str, wait_seconds: float) -> dict[str, Any]:
        """Bring a session up to a stage, and give what that stage gave; or say that it goes on by itself."""
        goal = order.VERBS[verb]
        try:
            record, there = await waiting.advance(self.engine, session_id, goal, ACTOR, wait_seconds)
            if there:
                value: dict[str, Any] = plain(await run_in_threadpool(self._result, record, verb))
                return value
        except Exception as error:
            raise self._told(error) from error
        message = f"`{verb}` was asked for and goes on by itself. Call get_status, or this tool again, for the result."
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

    def _result(self, record: SessionRecord, verb: str) -> object:
        if not record.documents:
            return status_with_slips(self.ws, record)
        return value_of(self.ws, record, verb)

    def _told(self, error: Exception) -> Exception:
        """The error in words for the agent, what happened and what to do; a defect's traceback goes to the log."""
        if isinstance(error, DuplicateSessionWarning):
            said = json.dumps({"duplicate_warning": plain(error.warning)}, ensure_ascii=False)
            how = (
                "Nothing was added. Ask the person which they want, then add again with on_duplicate: continue (here "
                "all the same), use_existing (to the session that is named) or cancel (nothing)."
            )
            return ToolError(f"{error.message} {how}\n{said}")
        if isinstance(error, ReviewError):
            return ToolError(str(error))
        if isinstance(error, Refused):
            return ToolError(f"{error.detail} {error.hint}".strip())
        logs.record_defect(error, self.ws.data)
        return ToolError(f"This was not foreseen ({type(error).__name__}); the server's log holds more.")


def plain(value: object) -> Any:
    """A value as JSON, with the same words and numbers that every other door gives."""
    return json.loads(json_of(value))
