"""The tools, by the names that every door has; each is one function of the pipeline or one stage of the queue."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from mcp.types import ToolAnnotations
from pydantic import Field

from pipeline.decisions.claims import submit_claim as keep_claim
from pipeline.desk.acts import add_as_told
from pipeline.desk.sessions import likenesses
from pipeline.home.lookup import record as record_of
from pipeline.intake.duplicates import detect_duplicates as find_duplicates
from pipeline.models import AddResult, DecisionStatus, DuplicateChoice, RowStatus, Severity, SourceType
from pipeline.stages.add_documents import add_documents as add_to_session
from pipeline.stages.answer_duplicate import answer_duplicate
from pipeline.stages.human_review import record_decision as decide
from pipeline.stages.initialize import create_session as make_session
from pipeline.status.session import status_of
from pipeline.uploads import process_upload as take_in
from servers.mcp import views
from servers.mcp.arguments import Shelf
from servers.mcp.briefs import View
from servers.mcp.desk import ACTOR, Desk
from servers.mcp.older_calls import create_session_with_documents
from servers.mcp.uploading import request

METHODOLOGY = "soil-carbon-v1.2.2"
LOOKS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
ADDS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False)
#: The same call again finds its work done.
REPEATABLE = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
#: A link may lead anywhere public.
FETCHES = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=True)
#: A person's word takes the place of an earlier one.
DECIDES = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False)

SessionId = Annotated[str, Field(description="As create_session gave it.")]
Wait = Annotated[
    float,
    Field(ge=0, le=3600, description="Seconds to wait for the result, 40 at most."),
]
Document = Annotated[str, Field(description="The document's id or its file name.")]
Requirement = Annotated[str, Field(description="REQ-007, 007 and 7 are the same.")]
Limit = Annotated[
    int | None,
    Field(ge=1, le=1000, description="So many, each whole; else as many as fit."),
]
Offset = Annotated[int, Field(ge=0, description="How many to pass over.")]
Detail = Annotated[View, Field(description="full: every field.")]


def add_tools(shelf: Shelf, desk: Desk) -> None:
    """Enter every tool."""
    _lifecycle(shelf, desk)
    _duplicates(shelf, desk)
    _stages(shelf, desk)
    _looking(shelf, desk)
    _rows(shelf, desk)
    _words(shelf, desk)


def _lifecycle(shelf: Shelf, desk: Desk) -> None:
    @shelf.tool(ADDS)
    async def create_session(
        project_name: str,
        methodology: str = METHODOLOGY,
        project_id: str | None = None,
        proponent: str | None = None,
        crediting_period: str | None = None,
        documents_path: Annotated[
            str | None,
            Field(description="Deprecated: call add_documents afterwards.", json_schema_extra={"deprecated": True}),
        ] = None,
    ) -> str:
        """Make a session for a project; documents come afterwards, with add_documents or request_upload."""
        told = (project_name, methodology, project_id, proponent, crediting_period)
        if documents_path is not None:

            def make_and_add() -> AddResult:
                path = desk.source({"type": "path", "path": documents_path})["path"]
                return create_session_with_documents(desk.ws, project_name, path, *told[1:], actor=ACTOR)

            return await desk.add(make_and_add)
        return await desk.do(make_session, desk.ws, *told, actor=ACTOR)

    @shelf.tool(FETCHES)
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
    ) -> str:
        """Add files to that session, as often as wanted; every file gets its own outcome.

        An error with a duplicate_warning means that another session holds the same project and nothing was added yet.
        """

        def add_to(session: str, check: bool) -> AddResult:
            return add_to_session(desk.ws, session, desk.source(source), check_duplicates=check, actor=ACTOR)

        choice = on_duplicate if check_duplicates else "continue"
        kind: SourceType = source["type"] if source.get("type") in get_args(SourceType) else "upload"
        return await desk.add(add_as_told, desk.ws, session_id, add_to, choice, ACTOR, kind)

    @shelf.tool(ADDS)
    async def request_upload(
        session_id: str | None = None, project_name: str | None = None, methodology: str = METHODOLOGY
    ) -> str:
        """Get a link at which a person can upload files, for a session or for a new one of that project name.

        Afterwards call process_upload with the upload_id.
        """
        return await desk.do(request, desk.ws, session_id, project_name, methodology)

    @shelf.tool(REPEATABLE)
    async def process_upload(upload_id: str) -> str:
        """Take what was uploaded into its session and read it (discovery); called again it gives the same answer."""
        return await desk.take_upload(take_in, desk.ws, upload_id, ACTOR)


def _duplicates(shelf: Shelf, desk: Desk) -> None:
    @shelf.tool(LOOKS)
    async def detect_duplicates(
        project_name: str,
        file_hashes: Annotated[list[str], Field(description="SHA-256 of every file the session would hold.")],
        exclude_session: str | None = None,
    ) -> str:
        """Tell whether another session holds the same project: duplicate_warning, or null."""

        def look() -> object:
            return {"duplicate_warning": find_duplicates(desk.ws, project_name, file_hashes, exclude_session)}

        return await desk.do(look)

    @shelf.tool(DECIDES)
    async def answer_duplicates(
        session_id: SessionId,
        answer: Annotated[
            DuplicateChoice,
            Field(
                description="continue: the files stay; use_existing: they go to the other session, to which this one "
                "points; cancel: they leave this session."
            ),
        ],
        by: Annotated[str | None, Field(description="The person who said so.")] = None,
    ) -> str:
        """Answer a session's open duplicate question (get_status: questions), as a person wants it. Ask them first."""

        def reply() -> object:
            record = record_of(desk.ws.sessions, session_id)
            answer_duplicate(desk.ws, record.session_id, answer, by or ACTOR)
            after = record_of(desk.ws.sessions, record.session_id)
            return likenesses(desk.ws, after, status_of(desk.ws, after))

        return await desk.do(reply)


def _stages(shelf: Shelf, desk: Desk) -> None:
    @shelf.tool(REPEATABLE)
    async def discover_documents(session_id: SessionId, wait_seconds: Wait = 30) -> str:
        """Stage 2: say what each document is."""
        return await desk.advance(session_id, "discover", wait_seconds)

    @shelf.tool(REPEATABLE)
    async def map_requirements(session_id: SessionId, wait_seconds: Wait = 30) -> str:
        """Stage 3: attach documents to the requirements. Does first whatever that needs."""
        return await desk.advance(session_id, "map", wait_seconds)

    @shelf.tool(REPEATABLE)
    async def extract_evidence(session_id: SessionId, wait_seconds: Wait = 30) -> str:
        """Stage 4: find the quotes that answer each requirement. Does first whatever that needs."""
        return await desk.advance(session_id, "extract", wait_seconds)

    @shelf.tool(REPEATABLE)
    async def cross_validate(session_id: SessionId, wait_seconds: Wait = 30) -> str:
        """Stage 5: run the cross-checks and judge every requirement. Does first whatever that needs."""
        return await desk.advance(session_id, "validate", wait_seconds)

    @shelf.tool(REPEATABLE)
    async def generate_report(session_id: SessionId, wait_seconds: Wait = 30) -> str:
        """Stage 6: make the report and say it in short. It alone does stages 2 to 6, as each does what it needs."""
        return await desk.advance(session_id, "report", wait_seconds)


def _looking(shelf: Shelf, desk: Desk) -> None:
    @shelf.tool(LOOKS)
    async def get_status(
        session_id: SessionId,
        view: Annotated[views.StatusView, Field(description="One of its lists, alone and whole.")] = "summary",
        limit: Limit = None,
        offset: Offset = 0,
    ) -> str:
        """Where a session stands, everything that waits and why, and the one next thing to do."""
        return await desk.show(views.status, session_id, view, limit, offset)

    @shelf.tool(LOOKS)
    async def list_sessions(view: Detail = "summary", limit: Limit = None, offset: Offset = 0) -> str:
        """Every session with its project, status and numbers, the newest first."""
        return await desk.list(views.sessions, view, limit, offset)

    @shelf.tool(LOOKS)
    async def load_session(
        session_id: SessionId,
        view: Annotated[views.SessionView, Field(description="One of its lists, every field.")] = "summary",
        limit: Limit = None,
        offset: Offset = 0,
    ) -> str:
        """One session in short: numbers, what waits, exceptions, requirements and documents."""
        return await desk.show(views.session, session_id, view, limit, offset)

    @shelf.tool(LOOKS)
    async def get_document(
        session_id: SessionId,
        document: Document,
        view: Detail = "summary",
        limit: Limit = None,
        offset: Offset = 0,
    ) -> str:
        """One document: what it is and why, which requirements look at it, and what is quoted from it."""
        return await desk.show(views.document, session_id, document, view, limit, offset)


def _rows(shelf: Shelf, desk: Desk) -> None:
    @shelf.tool(LOOKS)
    async def list_requirements(
        session_id: SessionId,
        status: RowStatus | None = None,
        view: Detail = "summary",
        limit: Limit = None,
        offset: Offset = 0,
    ) -> str:
        """The requirements as they were judged: status, reason, failed tests, number of quotes, decision."""
        return await desk.show(views.requirements, session_id, status, view, limit, offset)

    @shelf.tool(LOOKS)
    async def list_exceptions(
        session_id: SessionId,
        severity: Severity | None = None,
        view: Detail = "summary",
        limit: Limit = None,
        offset: Offset = 0,
    ) -> str:
        """What a person must look at, worst first, each with what clears it."""
        return await desk.show(views.exceptions, session_id, severity, view, limit, offset)

    @shelf.tool(LOOKS)
    async def get_requirement(
        session_id: SessionId,
        requirement_id: Requirement,
        view: Detail = "summary",
        limit: Limit = None,
        offset: Offset = 0,
    ) -> str:
        """One requirement with its tests, its quotes, best first, and what would clear it."""
        return await desk.show(views.requirement, session_id, requirement_id, view, limit, offset)


def _words(shelf: Shelf, desk: Desk) -> None:
    @shelf.tool(REPEATABLE)
    async def submit_claim(
        session_id: SessionId,
        requirement_id: Requirement,
        quote: Annotated[str, Field(description="Copied word for word from the page.")],
        document: Document,
        page: Annotated[int, Field(description="The page of the PDF, from 1; the sheet of a workbook.")],
        note: str | None = None,
        by: str = "agent",
    ) -> str:
        """Bring a finding of your own. It is kept only if the quote stands on that page, and shown apart from the
        program's evidence; it changes no status. An error names the nearest text.
        """
        told = (session_id, requirement_id, quote, document, page, note, by)
        return await desk.do(keep_claim, desk.ws, *told)

    @shelf.tool(DECIDES)
    async def record_decision(
        session_id: SessionId,
        requirement_id: Requirement,
        status: DecisionStatus,
        reason: str,
        by: Annotated[str, Field(description="The person whose decision this is. Never decide for them.")],
        expected_revision: int | None = None,
    ) -> str:
        """Record what a person decided on a requirement; only when they said so, in their words and name."""
        told = (session_id, requirement_id, status, reason, by, expected_revision)
        return await desk.do(decide, desk.ws, *told)
