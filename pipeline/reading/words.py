"""The characters of a PDF page as words: where they stand as displayed, and in which typeface."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium_c

from pipeline.reading.frame import Frame, Rect

#: PDF 32000-1, table 123: bit 7 of the font descriptor's flags is Italic, bit 19 is ForceBold.
ITALIC_FLAG, BOLD_FLAG = 1 << 6, 1 << 18
#: Slant (tangent) from which glyphs drawn through a skewed matrix count as italic; word processors use 0.2-0.33.
SKEW = 0.12

_WORD = re.compile(r"[^\s\x00-\x1f\ufeff\u200b]+(?:[\ufffe\x02])?|[\ufffe\x02]")
_ITALIC_NAME = re.compile(r"ital|obliq|(?:^|[-,+ ])obl|kursiv|slanted", re.IGNORECASE)
_BOLD_NAME = re.compile(r"bold|black|heavy|(?:^|[-,+ ])demi", re.IGNORECASE)
_SUBSET = re.compile(r"^[A-Z]{6}\+")


class Style(NamedTuple):
    """The typeface of a character."""

    font: str
    size: float
    italic: bool
    bold: bool


class Word(NamedTuple):
    """A run of characters between spaces: raw text offsets, place, typeface."""

    start: int
    end: int
    box: Rect
    style: Style


@lru_cache(maxsize=4096)
def _typeface(name: bytes, flags: int) -> tuple[str, bool, bool]:
    text = _SUBSET.sub("", name.decode("utf-8", "replace"))
    return (
        text,
        bool(flags & ITALIC_FLAG or _ITALIC_NAME.search(text)),
        bool(flags & BOLD_FLAG or _BOLD_NAME.search(text)),
    )


class TextLayer:
    """The characters of one page; offsets are those of `raw`, boxes are in display coordinates.

    Asks pdfium for the place and font of the first and last character of a word only: asking for every character
    costs a third of the speed of reading.
    """

    def __init__(self, page: Any, textpage: Any) -> None:
        self._tp = textpage.raw
        self.raw: str = textpage.get_text_range() if textpage.count_chars() > 0 else ""
        self._frame = Frame(page)
        # pdfium counts UTF-16 units; Python counts characters. They differ only where there are surrogate pairs.
        self._units: list[int] | None = None
        if any(ord(c) > 0xFFFF for c in self.raw):
            self._units = [0]
            for c in self.raw:
                self._units.append(self._units[-1] + (2 if ord(c) > 0xFFFF else 1))
        self._name = ctypes.create_string_buffer(256)
        self._flags = ctypes.c_int()
        self._matrix = pdfium_c.FS_MATRIX()
        self._rect = pdfium_c.FS_RECTF()

    def words(self, start: int, end: int) -> Iterator[Word]:
        """The words between two offsets; a word set in two typefaces comes as several."""
        for match in _WORD.finditer(self.raw, start, end):
            first, last = match.start(), match.end() - 1
            index = self._index(first)
            font = self._font(index)
            style = self._style(index, font)
            # For the last letter the font alone is asked: it tells as much as the whole style, at a third of the price.
            if last == first or self._font(self._index(last)) == font:
                yield Word(first, last + 1, self.box(first, last + 1), style)
                continue
            begin, style = first, style
            for i in range(first + 1, last + 1):
                here = self.style(i)
                if not same_face(style, here):
                    yield Word(begin, i, self.box(begin, i), style)
                    begin, style = i, here
            yield Word(begin, last + 1, self.box(begin, last + 1), style)

    def box(self, start: int, end: int) -> Rect:
        """The box around the characters from `start` up to `end`, which stand on one line."""
        a, b = self._char_box(start), self._char_box(end - 1)
        return Rect(min(a.x0, b.x0), min(a.top, b.top), max(a.x1, b.x1), max(a.bottom, b.bottom))

    def _index(self, offset: int) -> int:
        # The text leaves out characters that pdfium counts (and has some it does not), so offsets must be translated.
        unit = offset if self._units is None else self._units[offset]
        index: int = pdfium_c.FPDFText_GetCharIndexFromTextIndex(self._tp, unit)
        return max(0, index)

    def _char_box(self, offset: int) -> Rect:
        rect = self._rect
        if pdfium_c.FPDFText_GetLooseCharBox(self._tp, self._index(offset), rect):
            return self._frame.place(rect.left, rect.bottom, rect.right, rect.top)
        return Rect(0.0, 0.0, 0.0, 0.0)

    def style(self, offset: int) -> Style:
        """Typeface of one character; the size is the one on the page, whatever matrix the text is drawn through."""
        index = self._index(offset)
        return self._style(index, self._font(index))

    def _style(self, index: int, typeface: tuple[str, bool, bool]) -> Style:
        font, italic, bold = typeface
        size: float = pdfium_c.FPDFText_GetFontSize(self._tp, index)
        matrix = self._matrix
        if pdfium_c.FPDFText_GetMatrix(self._tp, index, matrix):
            a, b, c, d = matrix.a, matrix.b, matrix.c, matrix.d
            size *= math.hypot(c, d) or 1.0
            width = a * a + b * b
            italic = italic or (width > 0 and (a * c + b * d) / width > SKEW)
        return Style(font, round(size, 1), italic, bold)

    def _font(self, index: int) -> tuple[str, bool, bool]:
        length = pdfium_c.FPDFText_GetFontInfo(self._tp, index, self._name, len(self._name), self._flags)
        name = self._name.value if 0 < length <= len(self._name) else b""
        return _typeface(name, self._flags.value if length else 0)


def same_face(a: Style, b: Style) -> bool:
    """Whether two characters differ in nothing but size."""
    return a.font == b.font and a.italic == b.italic and a.bold == b.bold
