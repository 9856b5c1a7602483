"""Entries of lists as an agent needs them first: the names of the whole shape, fewer of them, and counts for lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from servers.mcp.fitting import short

Json = Mapping[str, Any]
View = Literal["summary", "full"]
#: Characters of a sentence, a name and a quote in a brief entry.
SENTENCE, NAME, QUOTE = 400, 120, 160
#: Ids and names of one entry that are listed.
FEW = 6


def document(one: Json) -> dict[str, Any]:
    """A document: its id, name, type, status and what is wrong with it. Before discovery only what the store knows."""
    brief = _picked(one, "document_id", "filename", "document_type", "status", "pages", "superseded_by", "look")
    brief["filename"] = short(str(one["filename"]), NAME)
    notes = one.get("notes") or []
    if notes and one.get("status") not in ("in_scope", "pinned"):
        brief["note"] = short(str(notes[0]), SENTENCE // 2)
    return _without_none(brief)


def row(one: Json, reason: int = SENTENCE) -> dict[str, Any]:
    """A requirement: how it stands and why, which tests failed, how many quotes it has, and a person's decision."""
    brief = _picked(one, "requirement_id", "title", "status", "basis", "decision")
    brief["title"] = short(str(one["title"]), NAME)
    brief["reason"] = short(str(one["reason"]), reason)
    brief |= _few("failed_tests", [test["test"] for test in one["tests"] if test["outcome"] != "pass"])
    brief["quotes"] = len(one["evidence"])
    if isinstance(brief.get("decision"), Mapping):
        brief["decision"] = _picked(brief["decision"], "status", "by", "state")
    return _without_none(brief)


def exception(one: Json, sentence: int = SENTENCE) -> dict[str, Any]:
    """An exception: what is wrong, how bad, which rows it concerns and what clears it."""
    brief = _picked(one, "kind", "cause", "severity")
    brief["message"] = short(str(one["message"]), sentence)
    brief["clears_when"] = short(str(one["clears_when"]), sentence)
    brief |= _few("requirement_ids", one["requirement_ids"])
    brief["quotes"] = len(one["evidence"])
    return _without_none(brief)


def check(one: Json) -> dict[str, Any]:
    """A cross-check: its outcome and what it compared."""
    brief = _picked(one, "check_id", "outcome", "severity")
    brief["message"] = short(str(one["message"]), SENTENCE // 2)
    brief |= _few("requirement_ids", one.get("requirement_ids") or [])
    return brief


def mapping(one: Json) -> dict[str, Any]:
    """The documents that are looked at for a requirement: how many, and the first of their ids."""
    brief = _picked(one, "requirement_id", "status", "missing_types")
    brief["documents"] = len(one["document_ids"])
    brief |= _few("document_ids", one["document_ids"])
    return brief


def finding(one: Json) -> dict[str, Any]:
    """What was found for a requirement: how many quotes, and the beginning of the best."""
    brief = _picked(one, "requirement_id", "answered")
    brief["not_applicable"] = one["not_applicable"] is not None
    brief["quotes"] = len(one["evidence"])
    if one["evidence"]:
        best = one["evidence"][0]
        brief["best"] = {
            "document": short(best["document"], NAME), "page": best["page"], "quote": short(best["quote"], QUOTE),
        }  # fmt: skip
    return brief


def quote(one: Json) -> dict[str, Any]:
    """A quote without where exactly it stands on its page."""
    return {key: value for key, value in one.items() if key not in ("boxes", "grounding")}


def session(one: Json) -> dict[str, Any]:
    """A session: its project, how it stands, its numbers, and how many things wait for a person."""
    metadata = one["project_metadata"]
    return _without_none({
        "session_id": one["session_id"],
        "project_metadata": {
            "project_name": short(metadata["project_name"], NAME), "methodology": short(metadata["methodology"], NAME),
        },
        "status": one["status"],
        "statistics": one["statistics"],
        "waiting": len(one["waits"]),
        "points_to": one["points_to"],
        "next_action": short(one["next_action"], SENTENCE // 2),
        "updated_at": one["updated_at"],
    })  # fmt: skip


def asked(one: Json) -> dict[str, Any]:
    """A requirement of a checklist: what it asks, what is accepted, and where the answer stands."""
    brief = _picked(one, "requirement_id", "category", "title", "source", "documents")
    brief["text"] = short(str(one["text"]), SENTENCE)
    brief["accepted_evidence"] = short(str(one["accepted_evidence"]), SENTENCE // 2)
    brief["sections"] = one["answer"].get("sections") or []
    return brief


def _picked(one: Json, *keys: str) -> dict[str, Any]:
    return {key: one[key] for key in keys if key in one}


def _few(key: str, names: Sequence[str]) -> dict[str, Any]:
    """The first names, and how many there are beside them."""
    listed: dict[str, Any] = {key: [short(str(name), NAME) for name in names[:FEW]]}
    return listed if len(names) <= FEW else {**listed, f"{key}_left_out": len(names) - FEW}


def _without_none(brief: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in brief.items() if value is not None}
