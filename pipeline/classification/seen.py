"""What a classification rule may look at: one file's words, lines and table rows, folded so that rules stay short."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cached_property
from pathlib import PurePosixPath

from pipeline.models import Page, Reading
from pipeline.reading.delimited import split_lines

#: Dashes and quotes that differ between typists and mean the same.
_SAME = str.maketrans({**dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"), "\u2018": "'", "\u2019": "'"})
#: A line of a contents list: dots, then perhaps the printed page.
LEADER = re.compile(r"(?:\.\s?){4,}|\u2026{2,}")
#: The front page is the first of these that holds more than this many visible characters (covers may be pictures).
_FRONT_PAGES, _FRONT_CHARACTERS = 3, 20
#: Rows of a table that are searched for headers; the rest is data.
_HEADER_ROWS = 40
#: A file whose text is shorter than this on every page is a picture with a caption.
CAPTION_CHARACTERS = 400
#: How much text the rules look at: more than the longest plan has, little enough that a log file costs no seconds.
_MOST_TEXT = 1_000_000
#: The same for a sheet, whose rows are looked at apart from its text.
_MOST_SHEET_TEXT = 20_000
_TABLE_EXTENSIONS = frozenset({"csv", "tsv"})
_EXTENSION = re.compile(r"\.([a-z][a-z0-9]{0,7})$")
#: Extensions that stand twice in real names; other words after a dot belong to the name.
_OFTEN_DOUBLED = frozenset({"pdf", "xlsx", "xls", "csv", "docx", "doc", "txt", "jpg", "png", "zip", "shp"})
_COPY = re.compile(r"\((?:\d{1,2}|copy)\)|\bcopy\b")


def fold(text: str) -> str:
    """The text in lower case with plain dashes, quotes and single spaces, so that two typists' spellings compare."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_SAME).casefold().split())


def squeeze(text: str) -> str:
    """The text as printed, but on one line with single spaces."""
    return " ".join(text.split())


def plain_name(filename: str) -> str:
    """The words of a file name: no extension (nor a doubled one), no separators, no `(1)` of a second download."""
    name = fold(PurePosixPath(filename).name)
    match = _EXTENSION.search(name)
    while match:
        name = name[: match.start()].rstrip()
        match = _EXTENSION.search(name)
        if match and match.group(1) not in _OFTEN_DOUBLED:
            break
    return " ".join(re.sub(r"[_\-.,()\[\]]+", " ", _COPY.sub(" ", name)).split())


def extension(filename: str) -> str:
    """The last extension in lower case without its dot; empty when there is none."""
    match = _EXTENSION.search(fold(PurePosixPath(filename).name))
    return match.group(1) if match else ""


class Seen:
    """One file as the rules see it; everything is computed once and only when a rule asks."""

    def __init__(self, reading: Reading, filename: str) -> None:
        self.reading = reading
        self.filename = filename

    @cached_property
    def extension(self) -> str:
        """The file name's extension, which a rule may use only when nothing better is there."""
        return extension(self.filename)

    @cached_property
    def name(self) -> str:
        """The words of the file name."""
        return plain_name(self.filename)

    @cached_property
    def characters(self) -> int:
        """Visible characters in the whole file."""
        return sum(len("".join(page.text.split())) for page in self.reading.pages)

    @cached_property
    def pages(self) -> tuple[Page, ...]:
        """The pages whose text is looked at, from the front; what lies beyond a generous limit is left out."""
        most = _MOST_SHEET_TEXT if self.tabular else _MOST_TEXT
        kept: list[Page] = []
        for page in self.reading.pages:
            if most <= 0:
                break
            kept.append(page if len(page.text) <= most else page.model_copy(update={"text": page.text[:most]}))
            most -= len(page.text)
        return tuple(kept)

    @cached_property
    def front(self) -> Page | None:
        """The first page that says something, looked for among the first three; None when there is none."""
        for page in self.pages[:_FRONT_PAGES]:
            if len("".join(page.text.split())) >= _FRONT_CHARACTERS:
                return page
        return None

    @cached_property
    def front_lines(self) -> tuple[str, ...]:
        """Lines of the front page as printed, blank ones left out."""
        return lines_of(self.front) if self.front else ()

    @cached_property
    def front_text(self) -> str:
        """The front page, folded into one line."""
        return fold(self.front.text) if self.front else ""

    @property
    def front_number(self) -> int:
        """The PDF page of the front page."""
        return self.front.number if self.front else 1

    @cached_property
    def lines(self) -> tuple[tuple[int, str], ...]:
        """Every line with its PDF page, as printed, blank ones left out."""
        return tuple((page.number, line) for page in self.pages for line in lines_of(page))

    @cached_property
    def folded_lines(self) -> tuple[str, ...]:
        """Every line, folded."""
        return tuple(fold(line) for _, line in self.lines)

    @cached_property
    def text(self) -> str:
        """The whole text, folded into one line."""
        return fold("\n".join(page.text for page in self.pages))

    @property
    def caption_only(self) -> bool:
        """True for a picture with at most a caption: something was read, and hardly any of it is text."""
        pages = self.reading.pages
        return bool(pages) and len(pages) <= 3 and 0 < self.characters <= CAPTION_CHARACTERS and not self.tabular

    @cached_property
    def tabular(self) -> bool:
        """True for workbooks and delimited text."""
        named = self.extension in _TABLE_EXTENSIONS and self.reading.kind in ("csv", "text")
        return named or any(page.rows for page in self.reading.pages)

    @cached_property
    def sheets(self) -> tuple[tuple[tuple[str, ...], ...], ...]:
        """The rows of each sheet; delimited text is split here when the reader left it whole."""
        found = tuple(page.rows for page in self.reading.pages if page.rows)
        if found or not self.tabular or not self.reading.pages:
            return found
        text = self.reading.pages[0].text.lstrip("\ufeff")
        first = text.partition("\n")[0]
        delimiter = max(",;\t", key=first.count)
        return (tuple(tuple(row) for row in split_lines(text.splitlines(), delimiter)),)

    def headers(self) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        """Rows that may be headers: sheet index, row index, folded cells."""
        for sheet, rows in enumerate(self.sheets):
            for index, row in enumerate(rows[:_HEADER_ROWS]):
                yield sheet, index, tuple(fold(cell.lstrip("\ufeff")) for cell in row)


def lines_of(page: Page) -> tuple[str, ...]:
    """The lines of a page as printed with single spaces, blank ones left out."""
    return tuple(squeeze(line) for line in page.text.splitlines() if line.strip())
