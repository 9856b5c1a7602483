"""The machine's stages in order, the words for them, and how far a session is to go."""

from __future__ import annotations

from typing import Any

from pipeline.models import SessionRecord, StageKey

#: The machine's stages in order; each stands on the one before.
ORDER: tuple[StageKey, ...] = (
    "document_discovery",
    "requirement_mapping",
    "evidence_extraction",
    "cross_validation",
    "report_generation",
)
#: The words of the command line for them.
VERBS: dict[str, StageKey] = dict(zip(("discover", "map", "extract", "validate", "report"), ORDER, strict=True))
VERB_OF: dict[StageKey, str] = {key: verb for verb, key in VERBS.items()}
#: The commands that stand for stages, for showing them.
COMMAND_OF: dict[Any, str] = {"initialize": "create", **VERB_OF}


def goal_index(record: SessionRecord, to: StageKey | None = None) -> int:
    """How far the machine is to go, as an index into ORDER; -1 is nowhere (its last failure was discarded)."""
    goal = to or record.advance_to
    if goal in ORDER:
        return ORDER.index(goal)
    return -1 if goal == "initialize" else len(ORDER) - 1
