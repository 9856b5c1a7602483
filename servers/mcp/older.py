"""Tools of the earlier system, deprecated and working; each answer names its successor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from servers.mcp import older_calls
from servers.mcp.desk import ACTOR, Desk
from servers.mcp.tools import ADDS, METHODOLOGY

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp.server import MCPServer


def add_older_tools(server: MCPServer, desk: Desk) -> None:
    """Enter the deprecated tools."""

    async def call(act: Callable[..., Any], *given: Any, **named: Any) -> dict[str, Any]:
        def adding() -> object:
            result = act(desk.ws, *given, actor=ACTOR, **named)
            desk.nudge(result.session_id)
            return result

        return await desk.do(adding)

    @server.tool(annotations=ADDS)
    async def create_session_from_uploads(
        project_name: str,
        files: list[dict[str, Any]],
        methodology: str = METHODOLOGY,
        project_id: str | None = None,
        proponent: str | None = None,
        crediting_period: str | None = None,
        deduplicate: bool = True,
        force_new_session: bool = False,
    ) -> dict[str, Any]:
        """Deprecated: use create_session, then add_documents."""
        told = (project_name, files, methodology, project_id, proponent, crediting_period, deduplicate)
        return await call(older_calls.create_session_from_uploads, *told, force_new_session)

    @server.tool(annotations=ADDS)
    async def start_review_from_uploads(
        project_name: str,
        files: list[dict[str, Any]],
        methodology: str = METHODOLOGY,
        project_id: str | None = None,
        proponent: str | None = None,
        crediting_period: str | None = None,
        auto_extract: bool = True,
        deduplicate: bool = True,
        force_new_session: bool = False,
    ) -> dict[str, Any]:
        """Deprecated: use create_session, add_documents, then extract_evidence."""
        told = (project_name, files, methodology, project_id, proponent, crediting_period, auto_extract, deduplicate)
        return await call(older_calls.start_review_from_uploads, *told, force_new_session)

    @server.tool(annotations=ADDS)
    async def upload_additional_files(
        session_id: str, files: list[dict[str, Any]], deduplicate: bool = True
    ) -> dict[str, Any]:
        """Deprecated: use add_documents."""
        return await call(older_calls.upload_additional_files, session_id, files, deduplicate)
