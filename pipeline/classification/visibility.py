"""Public or private plan: the public one leaves out the other actors, the yields and the list of tenure papers."""

from __future__ import annotations

import re
from typing import Literal

from pipeline.classification.plans import heading_number, section_lines
from pipeline.classification.seen import LEADER, Seen, fold
from pipeline.classification.tenure import TITLE_NUMBER

_PAPER = re.compile(
    r"\b(official copy|title plan|transfer plan|title register|land registry|lease|tenancy|conveyance|deed|charge)\b"
)
_YIELD = re.compile(r"\d+(?:\.\d+)?\s*t\s*/\s*ha\b")
_HOME = re.compile(r"^(?:appendix\s*+(?:[a-z0-9]\s*+)?(?:[:.-]\s*+)?)?land (?:ownership|tenure)\b.{0,20}$")


def _has_other_actors(seen: Seen) -> bool:
    return any(heading_number(line) == "1.6.2" for _, line in seen.lines)


def _tenure_papers(seen: Seen) -> bool:
    """True when the appendix on land ownership names papers or title numbers."""
    inside = False
    for _, line in seen.lines:
        folded = fold(line)
        if _HOME.match(folded) and not LEADER.search(line):
            inside = True
        elif inside and heading_number(line):
            inside = False
        elif inside and (TITLE_NUMBER.search(line) or _PAPER.search(folded)):
            return True
    return False


def _yields(seen: Seen) -> bool:
    """True when 4.3 holds yield figures, not just the rule about them."""
    text = fold(" ".join(section_lines(seen, "4.3")))
    return len(_YIELD.findall(text)) >= 2


def of_plan(seen: Seen) -> tuple[Literal["public", "private"] | None, tuple[str, ...]]:
    """The visibility of a project plan and notes on how it was told; None when its pages do not show it."""
    kept = [
        words
        for words, there in (
            ("names other actors in 1.6.2", _has_other_actors(seen)),
            ("lists tenure papers", _tenure_papers(seen)),
            ("gives yield figures in 4.3", _yields(seen)),
        )
        if there
    ]
    named_public = bool(re.search(r"(?<![a-z])(?:public|redacted)(?![a-z])", seen.name))
    if kept:
        notes = [f"Private plan: it {', '.join(kept)}."]
        if named_public:
            notes.append("The file name says public, the contents are those of a private plan; the contents count.")
        return "private", tuple(notes)
    whole = any(heading_number(line) == "1.6.1" for _, line in seen.lines) and bool(section_lines(seen, "4.3"))
    if not whole and not named_public:
        return None, ()
    note = "Public plan: no other actors in 1.6.2, no list of tenure papers, no yield figures in 4.3."
    if not whole:
        note = "Public plan by its name."
    return "public", (f"{note} The private plan holds more evidence where it is at hand.",)


def of_name(seen: Seen) -> Literal["public", "private"] | None:
    """What the file name alone says of any other document."""
    match = re.search(r"(?<![a-z])(public|redacted|private|confidential)(?![a-z])", seen.name)
    if match is None:
        return None
    return "public" if match.group(1) in {"public", "redacted"} else "private"
