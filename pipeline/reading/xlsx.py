"""A workbook as sheets of rows: cells as stored, written the way a person would quote them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from pipeline.models import Page, Reading
from pipeline.reading.damage import Refusal
from pipeline.reading.extent import EVERYDAY, Extent
from pipeline.reading.packed import bomb

#: Excel's own limit is 16,384 columns; no table in a submission comes near this.
MOST_COLUMNS = 2_000
#: Excel's own limit; rows that are only skipped cost nothing, but a row number can claim billions of them.
MOST_ROWS = 1_048_576


class _TooMuch(Exception):
    """The workbook holds more cells than may be read."""


def read_xlsx(
    path: Path, sha256: str, reader_version: str, max_cells: int, extent: Extent = EVERYDAY
) -> Reading:
    """The sheets of an .xlsx workbook as pages, hidden ones included and named in the note.

    `Page.number` is the 1-based sheet, `Page.title` its name, `Page.rows` its cells as text with empty ends cut off
    ("2018", not "2018.0"; dates as ISO; "" for nothing); `Page.text` has one line per row, cells joined by a space.
    """
    base: dict[str, Any] = {"sha256": sha256, "reader": "openpyxl", "reader_version": reader_version, "kind": "xlsx"}
    refusal = bomb(path, "workbook", "a spreadsheet program", extent.unpacked_mb)
    if refusal is None:
        try:
            pages, notes = _sheets(path, max_cells)
        except _TooMuch:
            refusal = Refusal(
                "quarantined",
                "too_many_cells",
                f"The workbook holds more than {max_cells} cells. Send only the sheets that matter, "
                "or raise reading.max_cells.",
            )
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - openpyxl raises whatever its XML parser meets in a damaged workbook
            refusal = Refusal(
                "quarantined",
                "malformed",
                "The workbook is damaged and cannot be opened. Open it in a spreadsheet program, save it again, "
                "and add that copy.",
            )
    if refusal is not None:
        return Reading(**base, status=refusal.status, code=refusal.code, note=refusal.note)
    return Reading(
        **base,
        page_count=len(pages),
        pages=tuple(pages),
        unreadable_pages=tuple(p.number for p in pages if not p.text),
        note=" ".join(notes) or None,
    )


def _sheets(path: Path, max_cells: int) -> tuple[list[Page], list[str]]:
    import openpyxl  # start-up

    pages: list[Page] = []
    notes: list[str] = []
    # Kept content has no ending, and openpyxl judges a path by its ending: it gets the open file.
    with path.open("rb") as file:
        # read_only streams the rows; data_only gives the values Excel computed last, which is what people saw.
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        try:
            _read_sheets(book, pages, notes, max_cells)
        finally:
            book.close()
    return pages, notes


def _read_sheets(book: Any, pages: list[Page], notes: list[str], left: int) -> None:
    for number, sheet in enumerate(book.worksheets, start=1):
        if sheet.sheet_state != "visible":
            notes.append(f"Sheet {number} ({sheet.title}) is hidden.")
        rows: list[tuple[str, ...]] = []
        # The stored dimensions lie now and then (one cell, or a million rows); reading on without them is safe.
        sheet.reset_dimensions()
        # Without max_col, which would fill every row up to it with nothing.
        for row in sheet.iter_rows(values_only=True):
            cells = _trimmed(tuple(cell_text(value) for value in row[:MOST_COLUMNS]))
            left -= len(cells)
            if left < 0 or len(rows) >= MOST_ROWS:
                raise _TooMuch
            rows.append(cells)
        while rows and not rows[-1]:
            rows.pop()
        text = "\n".join(" ".join(cell for cell in row if cell) for row in rows if any(row))
        pages.append(Page(number=number, title=sheet.title, text=text, rows=tuple(rows)))


def _trimmed(row: tuple[str, ...]) -> tuple[str, ...]:
    end = len(row)
    while end and not row[end - 1]:
        end -= 1
    return row[:end]


def cell_text(value: object) -> str:
    """A stored value as a person quotes it: 2018 for 2018.0, ISO dates, TRUE and FALSE as the program shows them."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case float():
            return repr(value)
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case _:
            return " ".join(str(value).split())
