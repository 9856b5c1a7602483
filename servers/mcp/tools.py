"""The tools, by the names that every door has; each is one function of the pipeline or one stage of the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from mcp.types import ToolAnnotations
from pydantic import Field

from pipeline.decisions.claims import submit_claim as keep_claim
from pipeline.desk import rows, sessions
from pipeline.desk.acts import add_as_told
from pipeline.home import lookup
from pipeline.intake.duplicates import detect_duplicates as find_duplicates
from pipeline.models import AddResult, DecisionStatus
from pipeline.stages.add_documents import add_documents as add_to_session
from pipeline.stages.human_review import record_decision as decide
from pipeline.stages.initialize import create_session as make_session
from pipeline.uploads import process_upload as take_in
from servers.mcp.desk import ACTOR, Desk
from servers.mcp.uploading import request

if TYPE_CHECKING:
    from mcp.server import MCPServer

METHODOLOGY = "soil-carbon-v1.2.2"
LOOKS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
ADDS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False)
#: The same call again finds its work done.
REPEATABLE = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
#: A link may lead anywhere public.
FETCHES = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=True)

SessionId = Annotated[str, Field(description="The session's id, as create_session gave it; pass it in every call.")]
Wait = Annotated[
    float,
    Field(ge=0, le=3600, description="Seconds to wait for the result, 40 at most; then ask get_status."),
]
Document = Annotated[str, Field(description="The document's id or its file name.")]


def add_tools(server: MCPServer, desk: Desk) -> None:
    """Enter every tool on the server."""
    _lifecycle(server, desk)
    _stages(server, desk)
    _looking(server, desk)
    _words(server, desk)


def _lifecycle(server: MCPServer, desk: Desk) -> None:
    @server.tool(annotations=ADDS)
    async def create_session(
        project_name: str,
        methodology: str = METHODOLOGY,
        project_id: str | None = None,
        proponent: str | None = None,
        crediting_period: str | None = None,
    ) -> dict[str, Any]:
        """Make a session for a project; documents come afterwards, with add_documents or request_upload."""
        told = (project_name, methodology, project_id, proponent, crediting_period)
        return await desk.do(make_session, desk.ws, *told, actor=ACTOR)

    @server.tool(annotations=FETCHES)
    async def add_documents(
        session_id: SessionId,
        source: Annotated[
            dict[str, Any],
            Field(
                description='{"type": "path", "path"}, {"type": "link", "url", "access_mode": "mirror|reference"} or '
                '{"type": "upload", "files": [{"filename", "content_base64"}]}.'
            ),
        ],
        check_duplicates: bool = True,
        on_duplicate: Annotated[
            Literal["ask", "continue", "use_existing", "cancel"],
            Field(
                description="What a person wants when another session holds the same project: continue adds here all "
                "the same, use_existing adds to the other session, cancel adds nothing; ask is an error first."
            ),
        ] = "ask",
    ) -> dict[str, Any]:
        """Add files to that session, as often as wanted; every file gets its own outcome.

        An error with a duplicate_warning means that another session holds the same project and nothing was added yet.
        """

        def add_to(session: str, check: bool) -> AddResult:
            return add_to_session(desk.ws, session, desk.source(source), check_duplicates=check, actor=ACTOR)

        def add() -> object:
            choice = on_duplicate if check_duplicates else "continue"
            result = add_as_told(desk.ws, session_id, add_to, choice, ACTOR)
            desk.nudge(result.session_id)
            return result

        return await desk.do(add)

    @server.tool(annotations=ADDS)
    async def request_upload(
        session_id: str | None = None, project_name: str | None = None, methodology: str = METHODOLOGY
    ) -> dict[str, Any]:
        """Get a link at which a person can upload files, for a session or for a new one of that project name.

        Afterwards call process_upload with the upload_id.
        """
        return await desk.do(request, desk.ws, session_id, project_name, methodology)

    @server.tool(annotations=REPEATABLE)
    async def process_upload(upload_id: str) -> dict[str, Any]:
        """Take what was uploaded into its session and begin to read it; called again it gives the same answer."""

        def take() -> object:
            result = take_in(desk.ws, upload_id, ACTOR)
            desk.nudge(result.session_id)
            return result

        return await desk.do(take)

    @server.tool(annotations=LOOKS)
    async def detect_duplicates(
        project_name: str,
        file_hashes: Annotated[list[str], Field(description="SHA-256 of every file the session would hold.")],
        exclude_session: str | None = None,
    ) -> dict[str, Any]:
        """Tell whether another session holds the same project: duplicate_warning, or null."""

        def look() -> object:
            return {"duplicate_warning": find_duplicates(desk.ws, project_name, file_hashes, exclude_session)}

        return await desk.do(look)


def _stages(server: MCPServer, desk: Desk) -> None:
    @server.tool(annotations=REPEATABLE)
    async def discover_documents(session_id: SessionId, wait_seconds: Wait = 30) -> dict[str, Any]:
        """Stage 2: say what each document is."""
        return await desk.advance(session_id, "discover", wait_seconds)

    @server.tool(annotations=REPEATABLE)
    async def map_requirements(session_id: SessionId, wait_seconds: Wait = 30) -> dict[str, Any]:
        """Stage 3: attach documents to the requirements. Does first whatever that needs."""
        return await desk.advance(session_id, "map", wait_seconds)

    @server.tool(annotations=REPEATABLE)
    async def extract_evidence(session_id: SessionId, wait_seconds: Wait = 30) -> dict[str, Any]:
        """Stage 4: find the quotes that answer each requirement. Does first whatever that needs."""
        return await desk.advance(session_id, "extract", wait_seconds)

    @server.tool(annotations=REPEATABLE)
    async def cross_validate(session_id: SessionId, wait_seconds: Wait = 30) -> dict[str, Any]:
        """Stage 5: run the cross-checks and judge every requirement. Does first whatever that needs."""
        return await desk.advance(session_id, "validate", wait_seconds)

    @server.tool(annotations=REPEATABLE)
    async def generate_report(session_id: SessionId, wait_seconds: Wait = 30) -> dict[str, Any]:
        """Stage 6: make the report and say it in short; all of it: the resource report://SESSION/json. Does first
        whatever that needs.
        """
        return await desk.advance(session_id, "report", wait_seconds)


def _looking(server: MCPServer, desk: Desk) -> None:
    ws = desk.ws

    @server.tool(annotations=LOOKS)
    async def get_status(session_id: SessionId) -> dict[str, Any]:
        """Where a session stands, everything that waits and why, and the one next thing to do."""
        return await desk.do(lambda: sessions.status_with_slips(ws, lookup.record(ws.sessions, session_id)))

    @server.tool(annotations=LOOKS)
    async def list_sessions() -> dict[str, Any]:
        """Every session with its project, status and numbers."""
        return await desk.do(lambda: sessions.listed(ws))

    @server.tool(annotations=LOOKS)
    async def load_session(session_id: SessionId) -> dict[str, Any]:
        """One session with its documents, requirements and exceptions."""
        return await desk.do(lambda: sessions.whole(ws, lookup.record(ws.sessions, session_id)).value)

    @server.tool(annotations=LOOKS)
    async def get_requirement(session_id: SessionId, requirement_id: str) -> dict[str, Any]:
        """One requirement with its tests, its quotes and what would clear it; REQ-007, 007 and 7 are the same."""
        return await desk.do(lambda: rows.judged(ws, lookup.record(ws.sessions, session_id), requirement_id))


def _words(server: MCPServer, desk: Desk) -> None:
    @server.tool(annotations=REPEATABLE)
    async def submit_claim(
        session_id: SessionId,
        requirement_id: str,
        quote: Annotated[str, Field(description="Copied word for word from the page.")],
        document: Document,
        page: Annotated[int, Field(description="The page of the PDF, from 1; the sheet of a workbook.")],
        note: str | None = None,
        by: str = "agent",
    ) -> dict[str, Any]:
        """Bring a finding of your own. It is kept only if the quote stands on that page, and shown apart from the
        program's evidence; it changes no status. An error names the nearest text.
        """
        told = (session_id, requirement_id, quote, document, page, note, by)
        return await desk.do(keep_claim, desk.ws, *told)

    @server.tool(
        annotations=ToolAnnotations(
            read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False
        )
    )
    async def record_decision(
        session_id: SessionId,
        requirement_id: str,
        status: DecisionStatus,
        reason: str,
        by: Annotated[str, Field(description="The person whose decision this is. Never decide for them.")],
        expected_revision: int | None = None,
    ) -> dict[str, Any]:
        """Record what a person decided on a requirement; only when they said so, in their words and name."""
        told = (session_id, requirement_id, status, reason, by, expected_revision)
        return await desk.do(decide, desk.ws, *told)


#: The views of a report that are resources.
ReportForm = Literal["json", "md"]
