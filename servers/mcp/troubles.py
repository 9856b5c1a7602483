"""Whatever was raised, in words for an agent: what happened and which call helps, never longer than it can take."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.errors import DuplicateSessionWarning, ReviewError
from pipeline.home import logs
from pipeline.home.caller import foreseen
from servers.mcp.fitting import bounded, compact, short
from servers.problems import Refused

#: Characters that an error may have, and the JSON at its end.
MOST_CHARACTERS = 3000
MOST_JSON = 6000
#: Commands that stand in a cure, and the tools that do the same.
_TOOLS = {
    "create": "create_session",
    "add": "add_documents",
    "discover": "discover_documents",
    "map": "map_requirements",
    "extract": "extract_evidence",
    "validate": "cross_validate",
    "report": "generate_report",
    "run": "generate_report",
    "status": "get_status",
    "list": "list_sessions",
    "show": "load_session",
    "duplicates": "answer_duplicates",
}
#: A command with nothing but a session after it; what has options is for a person at a terminal.
_COMMAND = re.compile(
    r"(`?)\bregistry-review (?:--(?:home|config) \S{1,500} ){0,2}(\w{1,20})(?: (session-[\w-]{1,40}))?(?: FOLDER)?\1"
    r"(?![\w-]| [-\"\w])"
    r"|`(\w{1,20})(?: (session-[\w-]{1,40}))?`"
)


def told(error: Exception, data: Path) -> str:
    """What an agent is told; a defect is named by its kind alone and its traceback goes to the log."""
    if isinstance(error, OSError):
        error = foreseen(error) or error
    if isinstance(error, DuplicateSessionWarning):
        warning = {"duplicate_warning": bounded(error.warning.model_dump(mode="json"), MOST_JSON)}
        how = (
            "Nothing was added. Ask the person which they want, then add again with on_duplicate: continue (here all "
            "the same), use_existing (to the session that is named) or cancel (nothing)."
        )
        return f"{short(error.message, MOST_CHARACTERS)} {how}\n{compact(warning)}"
    if isinstance(error, ReviewError):
        return short(f"{error.message} {as_calls(error.cure)}".strip(), MOST_CHARACTERS)
    if isinstance(error, Refused):
        return short(f"{error.detail} {error.hint}".strip(), MOST_CHARACTERS)
    logs.record_defect(error, data)
    return f"This was not foreseen ({type(error).__name__}); the server's log holds more."


def as_calls(cure: str) -> str:
    """The cure with commands of a terminal named as the tools that do the same, where there is one."""

    def call(found: re.Match[str]) -> str:
        tool = _TOOLS.get(found[2] or found[4])
        session = found[3] or found[5]
        if tool is None:
            return found[0]
        return f"`{tool}`" if session is None else f"`{tool}` with session_id {session}"

    return _COMMAND.sub(call, cure)
