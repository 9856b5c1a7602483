"""Pages of set text: words are broken into lines, lines into pages, and every line remembers where it came to stand.

fpdf2 draws, but does not lay out: only so are the page of every line, and the order of a page's stream, ours to choose.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from examples.style import Face

if TYPE_CHECKING:
    from fpdf import FPDF

#: Stamped into every file, so that the same seed gives the same bytes on any day.
MADE = datetime(2024, 1, 1, 12, 0, tzinfo=UTC)
#: Width and height of the papers in points.
PAPERS: dict[str, tuple[float, float]] = {
    "letter": (612.0, 792.0),
    "a4": (595.28, 841.89),
    "a4 across": (841.89, 595.28),
}
Draw = Callable[["FPDF"], None]
#: Which of a table row's upper and lower edges are ruled.
Sides = Literal["all", "no top", "no bottom", "neither"]
#: A piece of a word: text, face, and how far it is lowered in points.
Piece = tuple[str, Face, float]
Word = tuple[Piece, ...]

_LOWERED = {"₂": "2", "₄": "4"}
_SPLIT = re.compile("([₂₄])")


@dataclass(frozen=True)
class Placed:
    """A line of text and the page, from 0, on which it stands."""

    page: int
    text: str


@dataclass
class Sheet:
    """Pages under construction, filled from top to bottom; all measures in points from the upper left corner."""

    paper: str
    top: float = 72.0
    bottom: float = 72.0
    right: float = 72.0
    justified: bool = False
    pages: list[list[Draw]] = field(default_factory=list)
    y: float = 0.0
    _measure: Any = None
    _widths: dict[tuple[str, Face], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._measure = new_pdf(self.paper)
        self.new_page()

    @property
    def width(self) -> float:
        """Width of the paper."""
        return PAPERS[self.paper][0]

    @property
    def height(self) -> float:
        """Height of the paper."""
        return PAPERS[self.paper][1]

    @property
    def page(self) -> int:
        """The page being filled, from 0."""
        return len(self.pages) - 1

    def new_page(self) -> None:
        """Turn to a fresh page."""
        self.pages.append([])
        self.y = self.top

    def need(self, height: float) -> None:
        """Turn the page unless that much room is left on it."""
        if self.y + height > self.height - self.bottom and self.y > self.top:
            self.new_page()

    def draw(self, act: Draw) -> None:
        """Put something on the current page, in the order of its stream."""
        self.pages[-1].append(act)

    def measure(self, text: str, face: Face) -> float:
        """Width of a text in points."""
        if (text, face) not in self._widths:
            self._measure.set_font(*face)
            self._widths[text, face] = self._measure.get_string_width(text)
        return self._widths[text, face]

    def words(self, text: str, face: Face) -> list[Word]:
        """Split a text into words; `**` switches bold on and off, ₂ and ₄ become small lowered figures."""
        words, bold = [], False
        for chunk in text.split():
            pieces: list[Piece] = []
            for i, part in enumerate(chunk.split("**")):
                bold = bold != (i > 0)
                shown = face._replace(style="B") if bold else face
                for bit in filter(None, _SPLIT.split(part)):
                    lowered = _LOWERED.get(bit)
                    small = shown._replace(size=round(face.size * 0.64, 1))
                    pieces.append((lowered, small, face.size * 0.13) if lowered else (bit, shown, 0.0))
            if pieces:
                words.append(tuple(pieces))
        return words

    def broken(self, words: Sequence[Word], width: float, face: Face) -> list[list[Word]]:
        """Break words into lines that are no wider than `width`."""
        space, used = self.measure(" ", face), 0.0
        lines: list[list[Word]] = [[]]
        for word in (bit for w in words for bit in self._fitting(w, width)):
            wide = self._word(word)
            if lines[-1] and used + space + wide > width:
                lines.append([])
                used = 0.0
            used += wide + (space if lines[-1] else 0.0)
            lines[-1].append(word)
        return [line for line in lines if line]

    def _word(self, word: Word) -> float:
        return sum(self.measure(text, face) for text, face, _ in word)

    def _fitting(self, word: Word, width: float) -> Iterable[Word]:
        """Break a web address after its hyphens and slashes when it is wider than a line."""
        if self._word(word) <= width or len(word) > 1:
            return [word]
        text, face, _ = word[0]
        parts, line = [], ""
        for bit in re.findall(r"[^-/]*[-/]*", text):
            if line and self.measure(line + bit, face) > width:
                parts.append(line)
                line = ""
            line += bit
        return [((part, face, 0.0),) for part in [*parts, line] if part]

    def set_line(
        self, line: Sequence[Word], x: float, y: float, face: Face, stretch_to: float = 0.0, link: bool = False
    ) -> str:
        """Set one line below y and return its text; with `stretch_to` its words are spread to that width."""
        space, base = self.measure(" ", face), y + face.size * 0.93
        natural = sum(map(self._word, line)) + space * (len(line) - 1)
        extra = (stretch_to - natural) / (len(line) - 1) if stretch_to > natural and len(line) > 1 else 0.0
        runs: list[tuple[float, Piece]] = []
        at = x
        for i, word in enumerate(line):
            for text, own, down in word:
                joined = bool(runs) and extra == 0.0 and runs[-1][1][1:] == (own, down) and down == 0.0
                if joined:
                    start, (before, *_) = runs[-1]
                    runs[-1] = (start, (before + text, own, down))
                else:
                    runs.append((at, (text, own, down)))
                at += self.measure(text, own)
            if i < len(line) - 1:
                start, (before, own, down) = runs[-1]
                runs[-1] = (start, (before + " ", own, down))
                at += space + extra
        for start, (text, own, down) in runs:
            self.draw(text_at(start, base + down, text, own, blue=link))
        if link:
            self.draw(rule(x, base + 1.5, x + natural, base + 1.5, 0.5, blue=True))
        return " ".join("".join(text for text, _, _ in word) for word in line)

    def paragraph(
        self,
        text: str,
        x: float,
        face: Face,
        *,
        mark: str = "",
        mark_x: float = 0.0,
        gap: float = 0.0,
        symbol: bool = False,
    ) -> list[Placed]:
        """Set a paragraph from x to the right margin, over as many pages as it takes.

        `mark` is a bullet or number in front of its first line; with `symbol` it is the bullet of the Symbol face.
        """
        leading, width = face.size * 1.32, self.width - self.right - x
        lines = self.broken(self.words(text, face), width, face)
        placed = []
        for i, line in enumerate(lines):
            self.need(leading)
            if i == 0 and mark:
                own = Face("symbol", "", face.size) if symbol else face._replace(style="")
                self.draw(text_at(mark_x, self.y + face.size * 0.93, "\u00b7" if symbol else mark, own))
            last = i == len(lines) - 1
            shown = self.set_line(line, x, self.y, face, width if self.justified and not last else 0.0)
            placed.append(Placed(self.page, shown))
            self.y += leading
        self.y += gap
        return placed

    def height_of(self, text: str, x: float, face: Face) -> float:
        """How high a paragraph from x to the right margin would be."""
        return len(self.broken(self.words(text, face), self.width - self.right - x, face)) * face.size * 1.32

    def row(
        self,
        cells: Sequence[str],
        faces: Sequence[Face],
        x: float,
        widths: Sequence[float],
        *,
        shaded: Sequence[bool] = (),
        centred: bool = False,
        sides: Sides = "all",
        links: Sequence[bool] = (),
    ) -> list[list[Placed]]:
        """Set a ruled table row, turning the page before it when it does not fit; returns each cell's lines."""
        pad = 5.0
        lines = [self.broken(self.words(c, f), w - 2 * pad, f) for c, f, w in zip(cells, faces, widths, strict=True)]
        leading = max(f.size for f in faces) * 1.32
        high = max(1, *map(len, lines)) * leading + 2 * pad
        self.need(high)
        placed, left = [], x
        for i, (cell, face, wide) in enumerate(zip(lines, faces, widths, strict=True)):
            if shaded and shaded[i]:
                self.draw(_shade(left, self.y, wide, high))
            self.draw(_frame(left, self.y, wide, high, sides))
            y = self.y + pad + ((high - 2 * pad - len(cell) * leading) / 2 if centred else 0.0)
            link = bool(links) and links[i]
            here = []
            for line in cell:
                here.append(Placed(self.page, self.set_line(line, left + pad, y, face, link=link)))
                y += leading
            placed.append(here)
            left += wide
        self.y += high
        return placed


def new_pdf(paper: str) -> FPDF:
    """An empty document that will be the same bytes on any day and machine."""
    from fpdf import FPDF

    pdf = FPDF(unit="pt", format=PAPERS[paper])
    pdf.set_auto_page_break(False)
    pdf.core_fonts_encoding = "windows-1252"
    pdf.set_creation_date(MADE)
    pdf.set_producer("an example generator")
    return pdf


def print_pages(paper: str, pages: Iterable[Sequence[Draw]]) -> bytes:
    """Draw pages in the order given and return the PDF."""
    pdf = new_pdf(paper)
    for page in pages:
        pdf.add_page()
        for act in page:
            act(pdf)
    return bytes(pdf.output())


def text_at(x: float, y: float, text: str, face: Face, blue: bool = False) -> Draw:
    """A piece of text with its baseline at y."""

    def act(pdf: FPDF) -> None:
        pdf.set_font(*face)
        pdf.set_text_color(*((17, 85, 204) if blue else (0, 0, 0)))
        pdf.text(x, y, text)

    return act


def rule(x0: float, y0: float, x1: float, y1: float, width: float = 0.6, blue: bool = False) -> Draw:
    """A straight line."""

    def act(pdf: FPDF) -> None:
        pdf.set_line_width(width)
        pdf.set_draw_color(*((17, 85, 204) if blue else (60, 60, 60)))
        pdf.line(x0, y0, x1, y1)

    return act


def _shade(x: float, y: float, width: float, height: float) -> Draw:
    def act(pdf: FPDF) -> None:
        pdf.set_fill_color(238, 238, 238)
        pdf.rect(x, y, width, height, style="F")

    return act


def _frame(x: float, y: float, width: float, height: float, sides: str) -> Draw:
    def act(pdf: FPDF) -> None:
        pdf.set_line_width(0.6)
        pdf.set_draw_color(40, 40, 40)
        pdf.line(x, y, x, y + height)
        pdf.line(x + width, y, x + width, y + height)
        if sides in ("all", "no bottom"):
            pdf.line(x, y, x + width, y)
        if sides in ("all", "no top"):
            pdf.line(x, y + height, x + width, y + height)

    return act


def picture(image: Any, x: float, y: float, width: float, height: float) -> Draw:
    """A raster picture; the same picture on several pages is stored once."""

    def act(pdf: FPDF) -> None:
        pdf.image(image, x, y, width, height)

    return act
