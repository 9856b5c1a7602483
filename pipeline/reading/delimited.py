"""A table as plain text to rows: which mark parts its columns is told by the rows it makes, not by the first line."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator

#: Marks that part columns, the likelier ones first.
MARKS = (",", ";", "\t", "|")
#: Rows looked at to tell the mark.
_LOOKED_AT = 200
#: A cell of a data file is short; csv's own limit would refuse a long one with an error.
_LONGEST_CELL = 1_000_000


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


def _rows(text: str, mark: str) -> Iterator[list[str]]:
    csv.field_size_limit(_LONGEST_CELL)
    # A quote that is never closed would swallow the rest of the file as one cell; without one no quoting is meant.
    if text.count('"') % 2:
        return csv.reader(io.StringIO(text, newline=""), delimiter=mark, quoting=csv.QUOTE_NONE)
    return csv.reader(io.StringIO(text, newline=""), delimiter=mark, skipinitialspace=True)
