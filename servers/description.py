"""The OpenAPI description: one document for programs, and the part of it that fits a GPT."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from fastapi.openapi.utils import get_openapi

from servers.problems import Problem

if TYPE_CHECKING:
    from fastapi import FastAPI

SUMMARY = "First pass of a carbon registry review: documents in, a report whose every statement stands on a quote."
ABOUT = (
    "One lifecycle: create a session, add documents (sent, by path, link or upload link), discover, map, extract, "
    "validate, report. Always pass the session_id that creating it gave. Errors are problem+json with a hint."
)
#: What a GPT needs; the rest is for programs. GPT Actions take a limited number of operations.
FOR_GPT = frozenset(
    {
        *("create_session", "list_sessions", "load_session", "add_documents", "get_status", "list_documents"),
        *("request_upload", "process_upload", "upload_status", "detect_duplicates", "answer_duplicate"),
        "get_addition",
        *("discover_documents", "map_requirements", "extract_evidence", "cross_validate", "generate_report"),
        *("list_requirements", "get_requirement", "get_report", "record_decision", "annotate", "request_revision"),
    }
)
#: What a GPT must send so that no answer is longer than it can take, and no list is more than it can use.
_FOR_GPT_ONLY: dict[str, Any] = {"max_characters": 80_000, "view": "status", "format": "json", "limit": 20}
#: What the parts of an address are.
_PARTS = {
    "session_id": "The session's id, as creating it or the list of sessions gave it: session-YYYYMMDD-HHMMSS.",
    "requirement_id": "The row: REQ-007, or just 7.",
    "upload_id": "The upload's id, as asking for the link gave it.",
    "addition_id": "What adding documents gave as addition_id.",
    "document_id": "The document's id, as the list of documents gives it.",
    "revision_id": "The request's id, as the list of requests gives it.",
    "evidence_id": "The quote's id, as its row gives it, or its number in the row.",
}
#: FastAPI's own shape of an error, which no route of ours answers with.
_UNUSED = ("HTTPValidationError", "ValidationError")
_METHODS = frozenset({"get", "post", "put", "patch", "delete"})


def install(app: FastAPI, public_url: str) -> None:
    """Have `app.openapi()` give our description, made once."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _describe(app, public_url)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # as FastAPI documents it


def _describe(app: FastAPI, public_url: str) -> dict[str, Any]:
    made = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        servers=[{"url": public_url or "http://127.0.0.1:8000"}],
    )
    parts = made.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    for name in _UNUSED:
        schemas.pop(name, None)
    schemas[Problem.__name__] = Problem.model_json_schema() | {"additionalProperties": True}
    parts["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "An API key: `registry-review keys create NAME`."}
    }
    made["security"] = [{"key": []}]
    for _, _, one in operations(made):
        for parameter in one.get("parameters", ()):
            if parameter["in"] == "path":
                parameter.setdefault("description", _PARTS[parameter["name"]])
    if "/healthz" in made["paths"]:
        made["paths"]["/healthz"]["get"]["security"] = []
    return made


def for_gpt(whole: dict[str, Any]) -> dict[str, Any]:
    """The operations that a GPT needs, with what keeps answers short enough, and the schemas that these name."""
    whole = copy.deepcopy(whole)
    paths = {
        path: {method: one for method, one in methods.items() if one.get("operationId") in FOR_GPT}
        for path, methods in whole["paths"].items()
    }
    kept = {path: methods for path, methods in paths.items() if methods}
    for one in (one for methods in kept.values() for one in methods.values()):
        # GPT Actions send no headers of their own.
        told = [parameter for parameter in one.get("parameters", ()) if parameter["in"] != "header"]
        for parameter in told:
            if (value := _FOR_GPT_ONLY.get(parameter["name"])) is not None:
                kind = "integer" if isinstance(value, int) else "string"
                parameter |= {"required": True, "schema": {"type": kind, "enum": [value], "default": value}}
            elif parameter["name"] == "part":
                parameter["required"] = True
        one["parameters"] = told
    schemas = whole["components"]["schemas"]
    # GPT Actions know files of a chat by this name and as a list of strings, whatever they send then.
    schemas["NewDocuments"]["properties"]["openaiFileIdRefs"] |= {"type": "array", "items": {"type": "string"}}
    schemas["NewDocuments"]["properties"]["openaiFileIdRefs"].pop("anyOf", None)
    needed: set[str] = set()
    _gather(kept, schemas, needed)
    parts = {**whole["components"], "schemas": {name: one for name, one in schemas.items() if name in needed}}
    return {**whole, "paths": kept, "components": parts}


def _gather(value: Any, schemas: dict[str, Any], needed: set[str]) -> None:
    if isinstance(value, dict):
        name = str(value.get("$ref", "")).rpartition("/")[2]
        if name in schemas and name not in needed:
            needed.add(name)
            _gather(schemas[name], schemas, needed)
        for inner in value.values():
            _gather(inner, schemas, needed)
    elif isinstance(value, list):
        for inner in value:
            _gather(inner, schemas, needed)


def operations(whole: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation with its path and method, as (path, method, operation)."""
    return [
        (path, method, one)
        for path, methods in whole["paths"].items()
        for method, one in methods.items()
        if method in _METHODS
    ]
