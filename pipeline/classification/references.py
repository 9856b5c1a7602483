"""Documents that are never evidence of a project: the registry's own reviews and the rules a project is held to."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.classification.cues import Cue
from pipeline.classification.seen import LEADER, Seen, fold

_COLUMNS = ("category", "requirement", "accepted evidence", "submitted material", "approved", "comments")
_REVIEW_TITLE = re.compile(
    r"^(?:.{0,40}\b)?(?:registry agent|agent|registration|issuance|completeness) review(?: checklist)?$"
)
_RULE_TITLE = re.compile(
    r"^(?:the )?(?:(?:.{2,140}\s)?"
    r"(?:methodology|credit class|program guide|protocol|handbook|standard|user guide|guidance)"
    r"|methodology (?:of|for) .+|(?:guidance|guidelines|handbook|protocol|standard) (?:on|for|of|to) .+)"
    r"(?:\s*+(?:[-,:(]\s*+)?v(?:ersion)?\.?\s*\d[\d.]*\)?)?$"
)


#: A farm's own document, or a title that goes on in the next line.
_NOT_A_RULE = re.compile(r"\bproject (?:plan|report)\b|\breview\b|\b(?:of|for|on|in|the|and|to)$")
#: Chapters a published rule document has, in words and as the line that opens them.
_APPARATUS = {
    "a glossary or definitions": r"^(?:\d{1,2}\.?\s+)?(?:glossary|definitions|terms and definitions|acronyms)\b",
    "a history of versions": r"^(?:(?:document|version|revision) (?:version|history)|version date description)\b",
    "a list of references": r"^(?:\d{1,2}\.?\s+)?(?:references|normative references|bibliography)\b",
}
_DUTY = re.compile(
    r"\b(?:projects?|project proponents?|proponents?|monitors?|verifiers?|users?|developers?) (?:shall|must|should)\b"
)


def _review_title(seen: Seen) -> str | None:
    for line in seen.front_lines[:8]:
        if _REVIEW_TITLE.match(fold(line)) and not LEADER.search(line):
            return f"page {seen.front_number} is titled “{line}”"
    return None


def _review_table(seen: Seen) -> str | None:
    for page in seen.pages:
        in_table = any(_is_header(row) for table in page.tables for row in table.rows[:3])
        if in_table or " ".join(_COLUMNS[2:]) in fold(page.text):
            return (
                f"the table on page {page.number} has the review's columns, Submitted Material and Approved among them"
            )
    if any(_is_header(header) for _, _, header in seen.headers()):
        return "its table has the review's columns, Submitted Material and Approved among them"
    return None


def _is_header(row: Sequence[str]) -> bool:
    cells = {fold(cell) for cell in row}
    return sum(column in cells for column in _COLUMNS) >= 4


def _review_header(seen: Seen) -> str | None:
    labels = (
        "registry agents",
        "documents submitted",
        "credit protocol",
        "program guide version",
        "date of submission",
    )
    found = [label for label in labels if any(line.startswith(label) for line in seen.folded_lines[:120])]
    return f"its header asks for {', '.join(found)}" if len(found) >= 3 else None


def _outcome_boxes(seen: Seen) -> str | None:
    boxes = any(re.search(r"\[[ x✓✔]*\]\s*not approved\b|[☐☑☒]\s*not approved\b", line) for line in seen.folded_lines)
    return "it has boxes for Approved and Not Approved" if boxes else None


def _rule_title(seen: Seen) -> str | None:
    """A title of up to three lines that names a kind of rule document, and no document of a farm above it."""
    lines = [line for line in seen.front_lines[:10] if not LEADER.search(line)]
    for start in range(min(6, len(lines))):
        for length in (1, 2, 3):
            title = fold(" ".join(lines[start : start + length]))
            if len(title) <= 160 and _RULE_TITLE.match(title) and not _NOT_A_RULE.search(title):
                return f"page {seen.front_number} is titled “{' '.join(lines[start : start + length])}”"
    return None


def _rule_language(seen: Seen) -> str | None:
    duties = len(_DUTY.findall(seen.text))
    return f"it tells projects what they must do ({duties} times)" if duties >= 8 else None


def _glossary_or_history(seen: Seen) -> str | None:
    found = [
        words for words, pattern in _APPARATUS.items() if any(re.match(pattern, line) for line in seen.folded_lines)
    ]
    return "it has " + " and ".join(found) if len(found) >= 2 else None


CUES = (
    Cue(
        "registry_review", 10, _review_title, "The registry's review is titled so; it repeats every other title inside."
    ),
    Cue(
        "registry_review",
        10,
        _review_table,
        "Only the review has a column for what was approved; blank forms have it too.",
    ),
    Cue("registry_review", 4, _review_header, "Header labels of the review form."),
    Cue("registry_review", 4, _outcome_boxes, "The review's outcome is ticked in boxes."),
    Cue(
        "methodology_reference",
        5,
        _rule_title,
        "A rule document names itself in its title; the word alone is not enough.",
    ),
    Cue("methodology_reference", 4, _rule_language, "Rules speak of projects in general, in the imperative."),
    Cue("methodology_reference", 3, _glossary_or_history, "Apparatus of a published rule document."),
)
