"""What to do about an error, for a program that calls REST: the pipeline names commands, and a program sends calls."""

from __future__ import annotations

import re

#: Arguments of a command as they stand in a sentence: ids, placeholders, options and their values.
_WORD = r"(?:--?[a-z-]+|session-[0-9-]+|[A-Z]+(?:-[0-9]+)*|[a-z_]+(?:\|[a-z-]+)+|\"[^\"]*\"|[0-9a-f-]{6,}|[0-9]+)"
_SESSION = re.compile(r"session-[0-9]{8}-[0-9]{6}(?:-[0-9]+)?")
_ROW = re.compile(r"\b(?:REQ|ISS)-[0-9]+\b|(?<= )[0-9]+$")
#: What each command is as a call; {s} is the session, {r} the row.
_CALLS = {
    "create": 'POST /sessions {"project_name": ...}',
    "add": "POST /sessions/{s}/documents",
    "discover": "POST /sessions/{s}/discover",
    "map": "POST /sessions/{s}/map",
    "extract": "POST /sessions/{s}/extract",
    "validate": "POST /sessions/{s}/validate",
    "report": "POST /sessions/{s}/report",
    "run": "POST /sessions/{s}/report",
    "status": "GET /sessions/{s}/status",
    "list": "GET /sessions",
    "show": "GET /sessions/{s}/documents",
    "duplicates": 'POST /sessions/{s}/duplicates {"answer": ...}',
    "reopen": "DELETE /sessions/{s}/complete",
    "complete": "POST /sessions/{s}/complete",
    "revision-letter": "GET /sessions/{s}/revision-letter",
    "review override": "POST /sessions/{s}/decisions",
    "review annotate": "POST /sessions/{s}/annotations",
    "review request-revision": "POST /sessions/{s}/revisions",
    "review resolve": "POST /sessions/{s}/revisions/{revision_id}/resolve",
    "review decide": "POST /sessions/{s}/determination",
    "review": "GET /sessions/{s}/decisions",
    "own": "GET /sessions/{s}/own",
    "delete": "DELETE /sessions/{s}",
    "failed list": "GET /sessions/{s}/status",
}
#: What nobody can do by a call: the one who runs the server does it there.
_THERE = (
    *("doctor", "watch", "worker", "keys", "restore", "backup", "gc", "remove", "keep", "config", "serve", "export"),
    *("failed retry", "failed discard", "methodology", "precedents", "selftest"),
)
_KNOWN = "|".join(sorted((re.escape(one) for one in (*_CALLS, *_THERE)), key=len, reverse=True))
_COMMAND = re.compile(
    rf"`(?:registry-review )?(?P<quoted>{_KNOWN})(?P<more>(?: [^`]*)?)`"
    rf"|registry-review (?P<bare>{_KNOWN})(?P<rest>(?: {_WORD})*)"
    rf"|(?P<only>create) (?=\"PROJECT NAME\")(?P<name>\"PROJECT NAME\")"
)


def as_calls(hint: str, session_id: str = "") -> str:
    """The hint with every command in it as the call that does the same; `session_id` is the session that was called.

    What has no call stays a command, and is said to be one for whoever runs the server.
    """
    there = False

    def call(found: re.Match[str]) -> str:
        nonlocal there
        verb = found["quoted"] or found["bare"] or found["only"]
        words = found["more"] or found["rest"] or found["name"] or ""
        if verb in _THERE:
            there = True
            return f"`registry-review {verb}{words}`"
        named = _SESSION.search(words)
        session = named[0] if named else session_id or "{session_id}"
        row = _ROW.search(words)
        if verb == "show" and row:
            return f"GET /sessions/{session}/requirements/{row[0]}"
        return _CALLS[verb].replace("{s}", session)

    said = _COMMAND.sub(call, hint.replace("See the list of sessions.", "GET /sessions lists them."))
    return f"{said} (On the server's machine, by whoever runs it.)" if there else said
