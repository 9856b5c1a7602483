"""The characters of a PDF page as words: where they stand as displayed, and in which typeface."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
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


#: What decides whether two letters are set in one font: its name, whether it is italic, whether it is bold.
_Font = tuple[str, bool, bool]


class TextLayer:
    """The characters of one page; offsets are those of `raw`, boxes are in display coordinates.

    Asks pdfium for the place and typeface of the first and last character of a word only: asking for every character
    costs a third of the speed of reading. The characters of one text object share a typeface, so it is asked for once.
    """

    def __init__(self, page: Any, textpage: Any) -> None:
        self._tp = textpage.raw
        self.raw: str = textpage.get_text_range() if textpage.count_chars() > 0 else ""
        self._frame = Frame(page)
        self._indices = _char_indices(self._tp, self.raw)
        self._seen: dict[int, tuple[_Font, Style]] = {}
        self._words: dict[tuple[int, int], tuple[Word, ...]] = {}
        self._name = ctypes.create_string_buffer(256)
        self._flags = ctypes.c_int()
        self._matrix = pdfium_c.FS_MATRIX()
        self._rect = pdfium_c.FS_RECTF()

    def words(self, start: int, end: int) -> tuple[Word, ...]:
        """The words between two offsets; a word set in two typefaces comes as several."""
        # Where there are tables, lines are asked for a second time.
        found = self._words.get((start, end))
        if found is None:
            found = self._words[start, end] = tuple(self._find_words(start, end))
        return found

    def _find_words(self, start: int, end: int) -> Iterator[Word]:
        for match in _WORD.finditer(self.raw, start, end):
            first, last = match.start(), match.end() - 1
            font, style = self._face(first)
            # Where both ends are of one font, the word is; a slant that a matrix gives is the first letter's.
            if last == first or self._face(last)[0] == font:
                yield Word(first, last + 1, self.box(first, last + 1), style)
                continue
            begin = first
            for i in range(first + 1, last + 1):
                here = self.style(i)
                if not same_face(style, here):
                    yield Word(begin, i, self.box(begin, i), style)
                    begin, style = i, here
            yield Word(begin, last + 1, self.box(begin, last + 1), style)

    def box(self, start: int, end: int) -> Rect:
        """The box around the characters from `start` up to `end`, which stand on one line."""
        a = self._char_box(start)
        if end - start == 1:
            return a
        b = self._char_box(end - 1)
        return Rect(min(a.x0, b.x0), min(a.top, b.top), max(a.x1, b.x1), max(a.bottom, b.bottom))

    def _char_box(self, offset: int) -> Rect:
        rect = self._rect
        if pdfium_c.FPDFText_GetLooseCharBox(self._tp, self._indices[offset], rect):
            return self._frame.place(rect.left, rect.bottom, rect.right, rect.top)
        return Rect(0.0, 0.0, 0.0, 0.0)

    def style(self, offset: int) -> Style:
        """Typeface of one character; the size is the one on the page, whatever matrix the text is drawn through."""
        return self._face(offset)[1]

    def _face(self, offset: int) -> tuple[_Font, Style]:
        index = self._indices[offset]
        text_object = pdfium_c.FPDFText_GetTextObject(self._tp, index)
        if not text_object:  # pdfium put the character in, a space for example
            return self._ask(index)
        address = ctypes.addressof(text_object.contents)
        found = self._seen.get(address)
        if found is None:
            found = self._seen[address] = self._ask(index)
        return found

    def _ask(self, index: int) -> tuple[_Font, Style]:
        length = pdfium_c.FPDFText_GetFontInfo(self._tp, index, self._name, len(self._name), self._flags)
        name = self._name.value if 0 < length <= len(self._name) else b""
        font, italic, bold = typeface = _typeface(name, self._flags.value if length else 0)
        size: float = pdfium_c.FPDFText_GetFontSize(self._tp, index)
        matrix = self._matrix
        if pdfium_c.FPDFText_GetMatrix(self._tp, index, matrix):
            a, b, c, d = matrix.a, matrix.b, matrix.c, matrix.d
            size *= math.hypot(c, d) or 1.0
            width = a * a + b * b
            italic = italic or (width > 0 and (a * c + b * d) / width > SKEW)
        return typeface, Style(font, round(size, 1), italic, bold)


def _char_indices(textpage: Any, raw: str) -> list[int]:
    """pdfium's number of each character of the text: it counts some that the text leaves out, and some it adds.

    The numbers rise along the text, so where the ends of a stretch are as far apart as it is long, all in between is
    known; asking for each would cost a third of the time of a page.
    """
    # pdfium counts UTF-16 units; Python counts characters. They differ only where there are surrogate pairs.
    wide = any(c > "\uffff" for c in raw)
    units = list(accumulate((2 if c > "\uffff" else 1 for c in raw), initial=0)) if wide else range(len(raw) + 1)
    count = units[-1]
    if not count:
        return []
    numbers = [0] * count
    ask = pdfium_c.FPDFText_GetCharIndexFromTextIndex

    def fill(first: int, a: int, last: int, b: int) -> None:
        if b - a == last - first:
            numbers[first : last + 1] = range(a, b + 1)
        elif last - first <= 1:
            numbers[first], numbers[last] = a, b
        else:
            middle = (first + last) // 2
            c = ask(textpage, middle)
            fill(first, a, middle, c)
            fill(middle, c, last, b)

    fill(0, ask(textpage, 0), count - 1, ask(textpage, count - 1))
    return [max(0, numbers[unit]) for unit in units[:-1]]


def same_face(a: Style, b: Style) -> bool:
    """Whether two characters differ in nothing but size."""
    return a.font == b.font and a.italic == b.italic and a.bold == b.bold
