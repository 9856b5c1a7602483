"""One home as an MCP server: tools, the report and the checklist as resources, a prompt for each stage."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fastapi.concurrency import run_in_threadpool
from mcp.server import MCPServer

from pipeline import __version__, checklists
from pipeline.home import lookup
from pipeline.stages.generate_report import form_path
from pipeline.status.session import status_of
from servers.access import Guard
from servers.bodies import Capped
from servers.mcp.desk import Desk
from servers.mcp.older import add_older_tools
from servers.mcp.tools import add_tools
from servers.media_types import MEDIA_TYPES

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from actors.engine import Engine
    from pipeline.home.workspace import Workspace
    from servers.access import Access

INSTRUCTIONS = """\
First pass of a carbon registry review. One lifecycle: create_session, add_documents (path, link, upload, or
request_upload for a person), then discover_documents, map_requirements, extract_evidence, cross_validate,
generate_report. Each does first whatever it needs, so generate_report alone does all five. Always pass the session_id.
get_status says what waits and the one next thing to do. Every statement stands on a quote; never add one of your own
to it: bring it with submit_claim. Nothing is decided by the program or by you: record_decision is for what a person
said.
"""
#: The stages, each with what is to be done there.
STAGES = {
    "initialize": "make a session with create_session",
    "document_discovery": "add the documents, then discover_documents",
    "requirement_mapping": "map_requirements",
    "evidence_extraction": "extract_evidence",
    "cross_validation": "cross_validate",
    "report_generation": "generate_report",
    "human_review": "show the person the exceptions first, then record what they decide with record_decision",
    "completion": "let the person sign: registry-review complete SESSION --by NAME",
}

#: The report's forms that are no text.
DOCUMENTS = {
    "docx": "The registry's form as a Word document",
    "pdf": "The registry's form as PDF",
    "xlsx": "Requirements by documents as a workbook",
}


def make_server(ws: Workspace, engine: Engine, path_roots: tuple[Path, ...] | None = None) -> MCPServer:
    """The server for a home; `engine` must be entered for as long as it runs.

    `path_roots`: the folders below which a path may be added; None for whoever has this user's rights anyway.
    """
    server = MCPServer("registry-review", version=__version__, instructions=INSTRUCTIONS, log_level="WARNING")
    desk = Desk(ws, engine, path_roots)
    add_tools(server, desk)
    add_older_tools(server, desk)
    _resources(server, desk)
    for stage, what in STAGES.items():
        _prompt(server, desk, stage, what)
    return server


def _resources(server: MCPServer, desk: Desk) -> None:
    ws = desk.ws

    def report(session_id: str, form: str) -> bytes:
        return form_path(ws, lookup.record(ws.sessions, session_id), form).read_bytes()

    @server.resource("report://{session_id}/json", mime_type="application/json", title="The report as JSON")
    async def report_json(session_id: str) -> str:
        """The report last made, whole, in the shape that every program reads."""
        return (await run_in_threadpool(report, session_id, "json")).decode()

    @server.resource("report://{session_id}/md", mime_type="text/markdown", title="The report as Markdown")
    async def report_markdown(session_id: str) -> str:
        """The report last made, for reading."""
        return (await run_in_threadpool(report, session_id, "md")).decode()

    def document(form: str, what: str) -> None:
        @server.resource(f"report://{{session_id}}/{form}", mime_type=MEDIA_TYPES[form], title=what)
        async def report_document(session_id: str) -> bytes:
            """The report last made, as a file to hand on; it is made when it is asked for."""
            return await run_in_threadpool(report, session_id, form)

    for form, what in DOCUMENTS.items():
        document(form, what)

    @server.resource("checklist://{methodology}", mime_type="application/json", title="A checklist")
    async def checklist(methodology: str) -> str:
        """What each requirement asks, what is accepted, and where the answer stands."""
        found = await run_in_threadpool(checklists.load, methodology, ws.settings.checklist.folder)
        return found.model_dump_json(indent=1)


def _prompt(server: MCPServer, desk: Desk, stage: str, what: str) -> None:
    def say(session_id: str = "") -> str:
        if not session_id:
            return f"Stage {stage}: {what}. Which session is meant? See list_sessions."
        found = status_of(desk.ws, lookup.record(desk.ws.sessions, session_id))
        view = found.workflow_progress[stage]  # type: ignore[index]  # the keys of STAGES are the stages
        why = f" ({view.reason})" if view.reason else ""
        waits = "".join(f"\nWaits for a person: {one}" for one in found.waits)
        return (
            f"Session {found.session_id}, stage {stage}: {view.status}{why}. What is done here: {what}.{waits}\n"
            f"The one next thing to do: {found.next_action}"
        )

    server.prompt(stage, description=f"Stage {stage}: where a session stands there, and the one next thing to do.")(say)


def over_http(server: MCPServer, access: Access, host: str, most: int) -> ASGIApp:
    """The server at /mcp over HTTP; the same keys and protection as REST, and no call of more than `most` bytes."""
    from mcp.server.transport_security import TransportSecuritySettings  # start-up

    # The guard asks for a key, or for this machine's own names and no page of another site.
    security = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    return Guard(Capped(server.streamable_http_app(host=host, transport_security=security), most), access)
