"""A table as plain text to rows: which mark parts its columns is told by the rows it makes, not by the first line."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator

#: Marks that part columns, the likelier ones first.
MARKS = (",", ";", "\t", "|")
#: Rows looked at to tell the mark.
_LOOKED_AT = 200
#: csv refuses a cell of more than 131,072 characters with an error. How long a text may be is settled where it is read
#: (`max_page_characters`), so that its cells need no limit of their own; this is the most that every platform takes.
_LONGEST_CELL = 2**31 - 1


class TooMuch(Exception):
    """The table holds more cells than may be read."""


def mark_of(text: str) -> str:
    """The mark that makes the most columns in the most rows; a decimal comma loses against the semicolon around it."""
    best = (0.0, 1, MARKS[0])
    for mark in MARKS:
        counts = Counter(len(row) for _, row in zip(range(_LOOKED_AT), _rows(text, mark), strict=False) if any(row))
        rows = sum(counts.values())
        columns, agreeing = counts.most_common(1)[0] if counts else (1, 0)
        # Rows that agree on one column agree that the mark is none.
        share = round(agreeing / rows, 1) if columns > 1 else 0.0
        if (share, columns) > best[:2]:
            best = (share, columns, mark)
    return best[2]


def rows_of(text: str, most_cells: int) -> tuple[tuple[str, ...], ...]:
    """The rows of a delimited text with empty ends cut off and cells on one line; TooMuch beyond `most_cells`."""
    found: list[tuple[str, ...]] = []
    for row in _rows(text, mark_of(text)):
        cells = [" ".join(cell.split()) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        most_cells -= max(1, len(cells))
        if most_cells < 0:
            raise TooMuch
        found.append(tuple(cells))
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def split_lines(lines: Iterable[str], mark: str) -> Iterator[list[str]]:
    """The cells of each row as csv parts them, however long one is."""
    csv.field_size_limit(_LONGEST_CELL)
    return csv.reader(lines, delimiter=mark)


def _rows(text: str, mark: str) -> Iterator[list[str]]:
    csv.field_size_limit(_LONGEST_CELL)
    # A quote that is never closed would swallow the rest of the file as one cell; without one no quoting is meant.
    if text.count('"') % 2:
        return csv.reader(io.StringIO(text, newline=""), delimiter=mark, quoting=csv.QUOTE_NONE)
    return csv.reader(io.StringIO(text, newline=""), delimiter=mark, skipinitialspace=True)
