"""What the OpenAPI description says of answers: the problems that any call may end with, and a route's own."""

from __future__ import annotations

from typing import Any

from servers.problems import MEDIA_TYPE, Problem

_WORDS = {
    400: "The call cannot be carried out as it was made.",
    401: "An API key is needed.",
    403: "The key's scopes, or where the call comes from, do not allow it.",
    404: "It is not there.",
    405: "The address knows no such method.",
    409: "Something stands against it: a question, another change, or a stage that must come first.",
    410: "It was there, and has expired.",
    412: "The session is no longer at the revision that If-Match names.",
    413: "The body, or a file, is too large.",
    421: "The server is not called by that name.",
    422: "The call has not the shape it must have, or what it names cannot be used.",
    500: "Not foreseen, or stored data is damaged.",
    503: "Locked, or the broker is away: try again after Retry-After seconds.",
}
#: What may end any call.
_ALWAYS = (400, 401, 403, 405, 413, 421, 422, 500, 503)
Responses = dict[int | str, dict[str, Any]]


def problems(*statuses: int) -> Responses:
    """The problems of a route: what may end any call, and `statuses` of its own."""
    content = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}}
    return {status: {"description": _WORDS[status], "content": content} for status in sorted({*_ALWAYS, *statuses})}


def answers(model: type[Any], description: str, status: int = 200, revision: bool = False) -> Responses:
    """A route's answer in JSON; with `revision` it carries the session's ETag."""
    found: dict[str, Any] = {"model": model, "description": description}
    if revision:
        told = {"description": "The session's revision, for If-Match.", "schema": {"type": "string"}}
        found["headers"] = {"ETag": told}
    return {status: found}


def writes(consequential: bool = True) -> dict[str, Any]:
    """Marks a call that changes something, so that a GPT asks its user first."""
    return {"x-openai-isConsequential": consequential}
