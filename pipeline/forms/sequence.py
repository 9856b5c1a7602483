"""Pages without printed numbers: the order of the sections shows which were shuffled, and where one is absent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from pipeline.forms.grammar import FormGrammar
from pipeline.forms.headings import heading_at
from pipeline.forms.pages import BodyPage
from pipeline.forms.style import Style


def in_sequence(pages: Sequence[BodyPage], grammar: FormGrammar, style: Style) -> list[BodyPage]:
    """The pages in the order of their headings; `follows` is False where a section was skipped between two of them.

    Pages that print their numbers are in order already and come back as they are. Of the others, those that hold no
    heading cannot be put back when pages were shuffled: they stand at the end, and nothing in them is taken for the
    rest of a section.
    """
    if any(page.page.label for page in pages):
        return list(pages)
    held = [_headings(page, grammar, style) for page in pages]
    start = next((i for i, found in enumerate(held) if found), len(pages))
    front, rest = list(pages[:start]), list(zip(pages[start:], held[start:], strict=True))
    headed = [(page, found) for page, found in rest if found]
    shuffled = any(after[0] < before[-1] for (_, before), (_, after) in pairwise(headed))
    if shuffled:
        loose = [(replace(page, follows=False), found) for page, found in rest if not found]
        rest = [*sorted(headed, key=lambda item: item[1][0]), *loose]
    out: list[BodyPage] = []
    last: int | None = None
    between: int | None = None  # the first page without a heading since the last one with
    for page, found in rest:
        if last is not None and found and _skips(last, found[0], grammar):
            page = replace(page, follows=False)
            if between is not None:  # the absent page may have stood before it
                out[between] = replace(out[between], follows=False)
        if found:
            last, between = found[-1], None
        elif between is None:
            between = len(out)
        out.append(page)
    return front + out


def _headings(page: BodyPage, grammar: FormGrammar, style: Style) -> list[int]:
    """The sections that begin on a page, as their places in the form."""
    order = [section.number for section in grammar.sections]
    found = []
    for index, line in enumerate(page.lines):
        heading = None if line.italic else heading_at(page.lines, index, grammar, style)
        if heading and heading[0] in order:
            found.append(order.index(heading[0]))
    return found


def _skips(last: int, following: int, grammar: FormGrammar) -> bool:
    """True when a section that every plan has lies between the two, or when they stand the wrong way round."""
    numbers = [section.number for section in grammar.sections]
    between = numbers[last + 1 : following]
    always = [n for n in between if n.count(".") == 1 and not any(m.startswith(f"{n}.") for m in numbers)]
    return following <= last or bool(always)
