"""The two versions of a refused write, and the write itself, in words that stand side by side."""

from __future__ import annotations

from typing import Any

from pipeline.models import wording
from pipeline.reporting.people import DETERMINATION, PRIORITY

#: What a person's word holds, in the order in which it is told.
_FIELDS = (
    ("status", "Decision"),
    ("determination", "Determination"),
    ("kind", "Kind"),
    ("what", "Asked for"),
    ("clears_when", "Clears when"),
    ("priority", "Priority"),
    ("reason", "Reason"),
    ("notes", "Notes"),
    ("note", "Note"),
    ("text", "Text"),
    ("statement", "Statement"),
    ("conditions", "Conditions"),
    ("by", "By"),
    ("at", "At"),
)


def version_in_words(version: dict[str, Any] | None) -> tuple[tuple[str, str], ...]:
    """One version of a conflict, or what was refused, as pairs of a label and its words; nothing for what is empty."""
    if not version:
        return ()
    found: list[tuple[str, str]] = []
    if machine := version.get("machine"):
        found.append(("Found", wording.label(str(machine), wording.ROW_STATUS)))
    word = version.get("word", version) or {}
    if "word" in version and not word:
        found.append(("Decision", "none"))
    for name, label in _FIELDS:
        if value := word.get(name):
            found.append((label, _told(name, value)))
    return tuple(found)


def _told(name: str, value: Any) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(map(str, value))
    if name == "at":
        return str(value)[:16].replace("T", " ") + " UTC"
    words = {"status": wording.DECISION, "determination": DETERMINATION, "priority": PRIORITY}.get(name)
    return wording.label(str(value), words) if words else str(value)
