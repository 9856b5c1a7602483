"""The words of a plan section by section, as hashes: equal ones say the same, whatever the type-setting."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pipeline.forms.normal import numbers, squash
from pipeline.models import SectionWords

if TYPE_CHECKING:
    from pipeline.forms import Paragraph, Plan

#: Hexadecimal digits of a sentence's hash: it is only held against sentences of the same section.
_SHORT = 16


def section_words(plan: Plan) -> tuple[SectionWords, ...]:
    """Every answered section of a plan; the Appendix part by part, each other section as a whole.

    Spaces, hyphens, bullets and letter case count for nothing, as in quotes; names, numbers with their signs, and the
    order of sentences count. Sections without an answer are left out.
    """
    found = []
    for section in plan.sections.values():
        for subhead, paragraphs in parts_of(section.number, section.paragraphs):
            said = [p.text[a:b] for p in paragraphs for a, b in p.sentences()]
            said = [as_compared(one) for one in said if squash(one)]
            if said:
                found.append(
                    SectionWords(
                        section=section.number,
                        subhead=subhead,
                        title=subhead or section.title,
                        sha256=hashlib.sha256("\n".join(said).encode("utf-8")).hexdigest(),
                        sentences=tuple(sentence_hash(one) for one in said),
                    )
                )
    return tuple(found)


def parts_of(number: str, paragraphs: list[Paragraph]) -> list[tuple[str | None, list[Paragraph]]]:
    """A section's paragraphs: by sub-head in the Appendix, together everywhere else."""
    if number[:1].isdigit():
        return [(None, paragraphs)]
    parts: dict[str, tuple[str | None, list[Paragraph]]] = {}
    for one in paragraphs:
        parts.setdefault(squash(one.subhead or ""), (one.subhead, []))[1].append(one)
    return list(parts.values())


def as_compared(sentence: str) -> str:
    """A sentence in the form in which it is held against others: its words as in quotes, its numbers as they stand."""
    return " ".join((squash(sentence), *numbers(sentence)))


def sentence_hash(compared: str) -> str:
    """The short hash of a sentence in the form of `as_compared`."""
    return hashlib.sha256(compared.encode("utf-8")).hexdigest()[:_SHORT]
