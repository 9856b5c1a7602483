"""What stands around a quote in a document that has no page to picture: rows of a sheet, or the lines of a text."""

from __future__ import annotations

import re

from pipeline.forms.normal import squash
from pipeline.models import Page, Reading, Value

#: Rows of a sheet above and below the quoted one, and characters of a text before and after the words.
ROWS, CHARACTERS = 6, 900
#: A sheet may have thousands of columns, and a cell may hold a book.
MOST_CELLS, LONGEST_CELL = 30, 300


class SheetRow(Value):
    """A row of a sheet, numbered as the sheet numbers it."""

    number: int
    cells: tuple[str, ...]
    quoted: bool = False


class Surroundings(Value):
    """The quoted words with what is before and after them; of a sheet or table `rows`, of a text the three strings."""

    title: str | None = None
    rows: tuple[SheetRow, ...] = ()
    before: str = ""
    words: str = ""
    after: str = ""


def around(reading: Reading, number: int, quote: str) -> Surroundings | None:
    """What stands around `quote` on page or sheet `number`; None when it is not found there again."""
    page = next((one for one in reading.pages if one.number == number), None)
    if page is None:
        return None
    return _in_rows(page, quote) if page.rows else _in_text(page, quote)


def _in_rows(page: Page, quote: str) -> Surroundings | None:
    wanted = squash(quote)
    at = next((n for n, row in enumerate(page.rows) if wanted and wanted in squash(" ".join(filter(None, row)))), None)
    if at is None:
        return None
    first, end = max(at - ROWS, 0), at + ROWS + 1
    shown = tuple(_row(n, row, n == at) for n, row in enumerate(page.rows[first:end], first) if n == at or any(row))
    head = _header(page, first)
    return Surroundings(title=page.title, rows=(*head, *shown))


def _header(page: Page, first: int) -> tuple[SheetRow, ...]:
    """The first row that says anything, when it stands above what is shown: it names the columns."""
    at = next((n for n, row in enumerate(page.rows) if any(row)), first)
    return (_row(at, page.rows[at], False),) if at < first else ()


def _row(at: int, cells: tuple[str, ...], quoted: bool) -> SheetRow:
    shown = tuple(cell[:LONGEST_CELL] + ("…" if len(cell) > LONGEST_CELL else "") for cell in cells[:MOST_CELLS])
    return SheetRow(number=at + 1, cells=shown, quoted=quoted)


def _in_text(page: Page, quote: str) -> Surroundings | None:
    words = quote.split()
    found = re.search(r"\s+".join(map(re.escape, words)), page.text) if words else None
    if found is None:
        return None
    return Surroundings(
        title=page.title,
        before=page.text[max(found.start() - CHARACTERS, 0) : found.start()],
        words=found[0],
        after=page.text[found.end() : found.end() + CHARACTERS],
    )
