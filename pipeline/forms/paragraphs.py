"""The proponent's own words as paragraphs that know the page of every character."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from pipeline.forms.normal import BULLETS, join_lines

#: Words whose full stop does not end a sentence.
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|no|mr|mrs|ms|dr|st|ltd|co|approx|cf|vs|fig|sec|ref|inc|dept)|\b[A-Z])\.$", re.I
)
_BOUNDARY = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[A-Z0-9\"'(\[" + BULLETS + "])")
#: Longer paragraphs are quoted by their sentences, so that a row can be read at a glance.
WHOLE_PARAGRAPH = 480


@dataclass(frozen=True)
class LeftOut:
    """Words that stand in a section and are no answer, with the reason."""

    page: int
    page_label: str | None
    words: str
    why: str


@dataclass(frozen=True)
class Piece:
    """What one page holds of a paragraph: consecutive lines, as printed."""

    page: int
    label: str | None
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The lines as running text."""
        return join_lines(self.lines)


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, list item or table row in one section; more than one piece when it crosses a page."""

    section: str
    section_title: str
    subhead: str | None
    pieces: tuple[Piece, ...]
    #: True when it opens with a bullet or a number of a list.
    item: bool = False

    @property
    def text(self) -> str:
        """The whole paragraph, pages joined by one space."""
        return " ".join(p.text for p in self.pieces)

    def sentences(self) -> list[tuple[int, int]]:
        """Start and end of each sentence in `text`."""
        text, starts = self.text, [0]
        for match in _BOUNDARY.finditer(text):
            before = text[: match.start()]
            if not (_ABBREVIATION.search(before[-8:]) and not re.search(r"\d\.$", before)):
                starts.append(match.end())
        return [(a, b) for a, b in zip(starts, [*starts[1:], len(text)], strict=True) if text[a:b].strip()]

    def cut(self, start: int, end: int) -> list[tuple[int, str | None, str]]:
        """The stretch [start, end) of `text` as (page, printed page, words), one entry per page."""
        found, offset = [], 0
        for piece in self.pieces:
            a, b = max(start - offset, 0), min(end - offset, len(piece.text))
            words = piece.text[a:b].strip() if a < b else ""
            if words:
                found.append((piece.page, piece.label, words))
            offset += len(piece.text) + 1
        return found

    def around(self, start: int, end: int) -> tuple[int, int]:
        """The whole sentences that hold [start, end); the whole paragraph when that is short enough to read."""
        if len(self.text) <= WHOLE_PARAGRAPH:
            return 0, len(self.text)
        inside = [(a, b) for a, b in self.sentences() if a < end and b > start]
        return (inside[0][0], inside[-1][1]) if inside else (start, end)

    def without(self, sentences: list[tuple[int, int]]) -> list[Paragraph]:
        """What is left when those sentences are taken out: the stretches between them, each a paragraph."""
        keep: list[tuple[int, int]] = []
        for a, b in self.sentences():
            if (a, b) in sentences:
                continue
            if keep and keep[-1][1] == a:
                keep[-1] = (keep[-1][0], b)
            else:
                keep.append((a, b))
        out = []
        for a, b in keep:
            pieces = tuple(Piece(page, label, (words,)) for page, label, words in self.cut(a, b))
            if pieces:
                out.append(replace(self, pieces=pieces))
        return out
