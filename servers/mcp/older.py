"""Tools of the earlier system, deprecated and working; each answer names its successor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from servers.mcp import older_calls
from servers.mcp.arguments import Shelf
from servers.mcp.desk import ACTOR, Desk
from servers.mcp.tools import ADDS, METHODOLOGY


def add_older_tools(shelf: Shelf, desk: Desk) -> None:
    """Enter the deprecated tools."""

    async def call(act: Callable[..., Any], *given: Any) -> str:
        return await desk.add(act, desk.ws, *given, actor=ACTOR)

    @shelf.tool(ADDS)
    async def create_session_from_uploads(
        project_name: str,
        files: list[dict[str, Any]],
        methodology: str = METHODOLOGY,
        project_id: str | None = None,
        proponent: str | None = None,
        crediting_period: str | None = None,
        deduplicate: bool = True,
        force_new_session: bool = False,
    ) -> str:
        """Deprecated: use create_session, then add_documents."""
        told = (project_name, files, methodology, project_id, proponent, crediting_period, deduplicate)
        return await call(older_calls.create_session_from_uploads, *told, force_new_session)

    @shelf.tool(ADDS)
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
    ) -> str:
        """Deprecated: use create_session, add_documents, then extract_evidence."""
        told = (project_name, files, methodology, project_id, proponent, crediting_period, auto_extract, deduplicate)
        return await call(older_calls.start_review_from_uploads, *told, force_new_session)

    @shelf.tool(ADDS)
    async def upload_additional_files(session_id: str, files: list[dict[str, Any]], deduplicate: bool = True) -> str:
        """Deprecated: use add_documents."""
        return await call(older_calls.upload_additional_files, session_id, files, deduplicate)
