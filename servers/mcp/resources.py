"""What an agent's program may read by address: the report in each of its forms, and the checklists."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from fastapi.concurrency import run_in_threadpool
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError

from pipeline import checklists
from pipeline.errors import NotFound, SessionNotFound, UsageError
from pipeline.home import lookup
from servers.mcp import briefs
from servers.mcp.fitting import MOST, ROOM, compact, paged, plain, short
from servers.mcp.troubles import told
from servers.media_types import MEDIA_TYPES

if TYPE_CHECKING:
    from mcp.server import MCPServer

    from servers.mcp.desk import Desk

Read = TypeVar("Read", str, bytes)
#: The report's forms that are no text.
DOCUMENTS = {
    "docx": "The registry's form as a Word document",
    "pdf": "The registry's form as PDF",
    "xlsx": "Requirements by documents as a workbook",
}


def add_resources(server: MCPServer, desk: Desk) -> None:
    """Enter every resource; errors are told as tools tell them."""

    async def read(act: Callable[[], Read]) -> Read:
        try:
            return await run_in_threadpool(act)
        except (SessionNotFound, NotFound) as error:
            raise ResourceNotFoundError(told(error, desk.ws.data)) from error
        except Exception as error:
            raise ResourceError(told(error, desk.ws.data)) from error

    @server.resource(
        "report://{session_id}/json{?part,offset,limit}", mime_type="application/json", title="The report as JSON"
    )
    async def report_json(session_id: str, part: str = "", offset: str = "", limit: str = "") -> str:
        """The report last made, for programs: whole, which can be longer than an agent can take; with `part`, one of
        its lists, such as exceptions, of which an answer holds as much as it has room for.
        """
        if not part:
            return await read(lambda: _form(desk, session_id, "json").decode())
        return await read(lambda: _list_of(desk, session_id, part, offset, limit))

    @server.resource("report://{session_id}/md{?offset,limit}", mime_type="text/markdown", title="The report to read")
    async def report_markdown(session_id: str, offset: str = "", limit: str = "") -> str:
        """The report last made, for reading; `offset` and `limit` in characters, without limit at most 20,000."""

        def stretch() -> str:
            text = _form(desk, session_id, "md").decode()
            return _stretch(text, f"report://{session_id}/md", _number("offset", offset) or 0, _number("limit", limit))

        return await read(stretch)

    def document(form: str, what: str) -> None:
        @server.resource(f"report://{{session_id}}/{form}", mime_type=MEDIA_TYPES[form], title=what)
        async def report_document(session_id: str) -> bytes:
            """The report last made, as a file to hand on; it is made when it is asked for."""
            return await read(lambda: _form(desk, session_id, form))

    for form, what in DOCUMENTS.items():
        document(form, what)

    @server.resource("checklist://{methodology}{?offset,limit}", mime_type="application/json", title="A checklist")
    async def checklist(methodology: str, offset: str = "", limit: str = "") -> str:
        """What each requirement asks and what is accepted, in short; with `limit`, so many of them whole."""
        return await read(lambda: _checklist(desk, methodology, offset, limit))

    @server.resource("checklist://{methodology}/{requirement_id}", mime_type="application/json", title="A requirement")
    async def checklist_entry(methodology: str, requirement_id: str) -> str:
        """One requirement of a checklist, whole: what it asks, what is accepted, where the answer stands, its tests."""

        def entry() -> str:
            found = checklists.load(methodology, desk.ws.settings.checklist.folder)
            return compact(plain(lookup.requirement(requirement_id, found.requirements)))

        return await read(entry)


def _form(desk: Desk, session_id: str, form: str) -> bytes:
    from pipeline.stages.generate_report import form_path

    return form_path(desk.ws, lookup.record(desk.ws.sessions, session_id), form).read_bytes()


def _list_of(desk: Desk, session_id: str, part: str, offset: str, limit: str) -> str:
    report = json.loads(_form(desk, session_id, "json"))
    lists = [name for name, value in report.items() if isinstance(value, list)]
    if part not in lists:
        raise UsageError(f"The report has no list {short(part, 40)!r}.", f"It has {', '.join(lists)}.")
    head, more = {"session_id": session_id}, f"report://{session_id}/json?part={part}&offset="
    begin, most = _number("offset", offset) or 0, _number("limit", limit)
    return compact(paged(head, part, report[part], lambda one: one, more, most, begin))


def _checklist(desk: Desk, methodology: str, offset: str, limit: str) -> str:
    begin, most = _number("offset", offset) or 0, _number("limit", limit)
    found = plain(checklists.load(methodology, desk.ws.settings.checklist.folder))
    rows = found.pop("requirements")

    def entry(row: dict[str, Any]) -> dict[str, Any]:
        return row if most else briefs.asked(row)

    more = f"checklist://{methodology}/REQUIREMENT, or checklist://{methodology}?limit=5&offset="
    return compact(paged(found, "requirements", rows, entry, more, most, begin))


def _stretch(text: str, address: str, offset: int, limit: int | None) -> str:
    """So many characters of a text from `offset` on, or the lines an answer has room for; then where it goes on."""
    part = text[offset : offset + (limit or MOST)]
    while limit is None and len(json.dumps(part, ensure_ascii=False)) > ROOM:
        part = part[: -(max(len(part) // 50, 1))]
    end = offset + len(part)
    if limit is None and end < len(text) and "\n" in part:
        part = part[: part.rindex("\n") + 1]
        end = offset + len(part)
    if end >= len(text):
        return part
    return f"{part}\n[{len(text) - end} of {len(text)} characters are left out. They go on at {address}?offset={end}]\n"


def _number(name: str, said: str) -> int | None:
    if not said:
        return None
    if not (said.isascii() and said.isdigit() and len(said) < 10) or (name == "limit" and int(said) == 0):
        raise UsageError(f"`{name}` is {short(said, 40)!r}, which is no number of that kind.", f"Such as ?{name}=100.")
    return int(said)
