"""The text of a PDF page as lines and spans: copied from pdfium, split where the typeface or the table cell changes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.models import Line, Span
from pipeline.reading.frame import Rect, around
from pipeline.reading.words import TextLayer, Word, same_face

#: pdfium writes U+FFFE (whole pages) or U+0002 (regions) where a line ends in a hyphen, and swallows the line break.
SWALLOWED_BREAK = "\ufffe\x02"
#: A gap wider than this many type sizes separates two cells; spaces in justified text stay below it.
CELL_GAP = 1.5
#: Two words whose sizes differ by more than this factor are set in different type.
SIZE_STEP = 1.15

_LINE = re.compile(r"[^\r\n\ufffe\x02]*[\ufffe\x02]?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufdd0-\ufdef\uffff\ud800-\udfff]")


def clean(raw: str) -> str:
    """The text of a page as people read it: one newline per line, swallowed hyphens put back, no control characters.

    Lines are stripped and empty ones left out, so the result's lines are exactly the `Line.text` of the page.
    """
    return "\n".join(text for text in (_line_text(raw[a:b]) for a, b in line_ranges(raw)) if text)


def line_ranges(raw: str) -> Iterator[tuple[int, int]]:
    """Start and end of each line of pdfium's text, swallowed hyphen included, line end excluded."""
    for match in _LINE.finditer(raw):
        if match.end() > match.start():
            yield match.span()


def _line_text(raw: str) -> str:
    for mark in SWALLOWED_BREAK:
        raw = raw.replace(mark, "-")
    return _CONTROL.sub("", raw.replace("\t", " ").replace("\x0b", " ").replace("\x0c", " ")).strip()


def page_lines(layer: TextLayer) -> tuple[Line, ...]:
    """The lines of a page in pdfium's order, each with its spans."""
    lines = []
    for start, end in line_ranges(layer.raw):
        text = _line_text(layer.raw[start:end])
        if not text:
            continue
        words = _lend_slant(list(layer.words(start, end)), layer.raw)
        box = around([word.box for word in words]) if words else Rect(0.0, 0.0, 0.0, 0.0)
        spans = tuple(span for run in _runs(words) if (span := _span(layer.raw, run)).text)
        lines.append(Line(text=text, x0=box.x0, top=box.top, x1=box.x1, bottom=box.bottom, spans=spans))
    return tuple(lines)


def cells_of(words: list[Word]) -> Iterator[list[Word]]:
    """The words of one line in groups that no wide gap separates."""
    group: list[Word] = []
    for word in words:
        if group and _apart(group[-1], word):
            yield group
            group = []
        group.append(word)
    if group:
        yield group


def _runs(words: list[Word]) -> Iterator[list[Word]]:
    for cell in cells_of(words):
        run: list[Word] = []
        for word in cell:
            if run and not _one_style(run[-1], word):
                yield run
                run = []
            run.append(word)
        yield run


def _apart(left: Word, right: Word) -> bool:
    limit = CELL_GAP * (min(left.style.size, right.style.size) or 10.0)
    # A word that starts wholly left of its neighbour belongs to another column that pdfium put on the same line.
    return right.box.x0 - left.box.x1 > limit or right.box.x1 < left.box.x0 - limit


def _one_style(left: Word, right: Word) -> bool:
    if not same_face(left.style, right.style):
        return False
    small, large = sorted((left, right), key=lambda w: w.style.size)
    if large.style.size <= small.style.size * SIZE_STEP:
        return True
    return small.end - small.start <= 2  # a subscript or superscript: CO2, m2, 1st


def _lend_slant(words: list[Word], raw: str) -> list[Word]:
    # Bullets and dashes often come upright, in a font of their own (Symbol, Wingdings, Courier's "o"); what they
    # introduce decides whether they count as italic, or one bullet would make a line of instructions look mixed.
    out = list(words)
    for i, word in enumerate(words):
        text = raw[word.start : word.end]
        if any(c.isalnum() for c in text) and not (text == "o" and i == 0):
            continue
        if i + 1 < len(words) and same_face(word.style, words[i + 1].style) and not _apart(word, words[i + 1]):
            continue
        if i > 0 and not _apart(words[i - 1], word):
            lender = out[i - 1]
        elif i + 1 < len(words) and not _apart(word, words[i + 1]):
            lender = words[i + 1]
        else:
            continue
        out[i] = word._replace(style=word.style._replace(italic=lender.style.italic, bold=lender.style.bold))
    return out


def _span(raw: str, words: list[Word]) -> Span:
    box = around([word.box for word in words])
    lead = words[0].style
    return Span(
        text=_line_text(raw[words[0].start : words[-1].end]),
        x0=box.x0,
        x1=box.x1,
        font=lead.font,
        size=max(word.style.size for word in words),
        italic=lead.italic,
        bold=lead.bold,
    )
