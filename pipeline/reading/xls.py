"""A workbook in the old .xls format as sheets of rows, in the shape that newer workbooks have."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from pipeline.models import Page, Reading
from pipeline.reading.damage import Refusal
from pipeline.reading.xlsx import MOST_COLUMNS, cell_text

_TOO_MUCH = Refusal(
    "quarantined",
    "too_many_cells",
    "The workbook holds more than {} cells. Send only the sheets that matter, or raise reading.max_cells.",
)
_DAMAGED = Refusal(
    "quarantined",
    "malformed",
    "The workbook is damaged and cannot be opened. Open it in a spreadsheet program, save it as .xlsx, and add that.",
)
_LOCKED = Refusal(
    "unreadable", "encrypted", "The workbook opens only with a password. Save a copy without one and add that."
)


def read_xls(path: Path, sha256: str, reader_version: str, max_cells: int) -> Reading:
    """The sheets of an .xls workbook as pages; `Page` as for .xlsx (values as stored, hidden sheets named)."""
    base: dict[str, Any] = {"sha256": sha256, "reader": "calamine", "reader_version": reader_version, "kind": "xls"}
    read = _sheets(path.read_bytes(), max_cells)
    if isinstance(read, Refusal):
        return Reading(**base, status=read.status, code=read.code, note=read.note.format(max_cells))
    pages, notes = read
    return Reading(
        **base,
        page_count=len(pages),
        pages=tuple(pages),
        unreadable_pages=tuple(page.number for page in pages if not page.text),
        note=" ".join(notes) or None,
    )


def _sheets(data: bytes, left: int) -> tuple[list[Page], list[str]] | Refusal:
    import python_calamine  # start-up

    pages: list[Page] = []
    notes: list[str] = []
    try:
        # Kept content has no ending, so the bytes are given and not the path.
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        for number, sheet in enumerate(book.sheets_metadata, start=1):
            if sheet.visible != python_calamine.SheetVisibleEnum.Visible:
                notes.append(f"Sheet {number} ({sheet.name}) is hidden.")
            if sheet.typ != python_calamine.SheetTypeEnum.WorkSheet:
                pages.append(Page(number=number, title=sheet.name))
                continue
            rows: list[tuple[str, ...]] = []
            for row in book.get_sheet_by_index(number - 1).to_python(skip_empty_area=False):
                cells = _trimmed([cell_text(None if value == "" else value) for value in row[:MOST_COLUMNS]])
                left -= len(cells)
                if left < 0:
                    return _TOO_MUCH
                rows.append(cells)
            while rows and not rows[-1]:
                rows.pop()
            text = "\n".join(" ".join(cell for cell in row if cell) for row in rows if any(row))
            pages.append(Page(number=number, title=sheet.name, text=text, rows=tuple(rows)))
    except (MemoryError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 - a panic inside calamine arrives as a BaseException of its own
        return _LOCKED if "password" in str(error).casefold() else _DAMAGED
    return pages, notes


def _trimmed(cells: list[str]) -> tuple[str, ...]:
    while cells and not cells[-1]:
        cells.pop()
    return tuple(cells)
