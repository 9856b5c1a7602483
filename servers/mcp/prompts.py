"""A prompt for each stage: where a session stands there, and the one next thing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp import MCPError
from mcp.server.mcpserver.prompts import Prompt
from mcp.types import INVALID_PARAMS

from pipeline.home import lookup
from pipeline.status.session import status_of
from servers.mcp.arguments import unknown_arguments
from servers.mcp.fitting import short
from servers.mcp.troubles import as_calls, told

if TYPE_CHECKING:
    from mcp.server import MCPServer
    from mcp.server.mcpserver.context import Context

    from servers.mcp.desk import Desk

#: The stages, each with what is to be done there.
STAGES = {
    "initialize": "make a session with create_session",
    "document_discovery": "add the documents, then discover_documents",
    "requirement_mapping": "map_requirements",
    "evidence_extraction": "extract_evidence",
    "cross_validation": "cross_validate",
    "report_generation": "generate_report",
    "human_review": "show the person the exceptions first (list_exceptions), then record what they decide with "
    "record_decision",
    "completion": "let the person sign: registry-review complete SESSION --by NAME",
}
#: Of what waits, as much as is told: how many, and characters of each.
MOST_WAITS, MOST_CHARACTERS = 12, 500


class StrictPrompt(Prompt):
    """A prompt that takes no other argument than its own, and tells errors as tools do."""

    async def render(self, arguments: dict[str, Any] | None, context: Context[Any, Any]) -> Any:
        """The messages; MCPError when they cannot be made."""
        known = [argument.name for argument in self.arguments or ()]
        if unknown := [name for name in arguments or {} if name not in known]:
            raise MCPError(INVALID_PARAMS, unknown_arguments(self.name, unknown, known))
        return await super().render(arguments, context)


def add_prompts(server: MCPServer, desk: Desk) -> None:
    """Enter a prompt for every stage."""
    for stage, what in STAGES.items():
        described = f"Stage {stage}: where a session stands there, and the one next thing to do."
        server.add_prompt(StrictPrompt.from_function(_of(desk, stage, what), name=stage, description=described))


def _of(desk: Desk, stage: str, what: str) -> Any:
    def say(session_id: str = "") -> str:
        if not session_id:
            return f"Stage {stage}: {what}. Which session is meant? See list_sessions."
        try:
            return _said(desk, session_id, stage, what)
        except Exception as error:
            raise MCPError(INVALID_PARAMS, told(error, desk.ws.data)) from error

    return say


def _said(desk: Desk, session_id: str, stage: str, what: str) -> str:
    found = status_of(desk.ws, lookup.record(desk.ws.sessions, session_id))
    view = found.workflow_progress[stage]  # type: ignore[index]  # the keys of STAGES are the stages
    why = f" ({short(view.reason, MOST_CHARACTERS)})" if view.reason else ""
    waits = "".join(f"\nWaits for a person: {short(one, MOST_CHARACTERS)}" for one in found.waits[:MOST_WAITS])
    if len(found.waits) > MOST_WAITS:
        waits += f'\nAnd {len(found.waits) - MOST_WAITS} more: get_status("{found.session_id}", view="waits").'
    return (
        f"Session {found.session_id}, stage {stage}: {view.status}{why}. What is done here: {what}.{waits}\n"
        f"The one next thing to do: {short(as_calls(found.next_action), MOST_CHARACTERS)}"
    )
