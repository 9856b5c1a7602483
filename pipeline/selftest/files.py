"""Mutations of real bytes: pages taken out of a PDF, years moved in a workbook, a finished review written."""

from __future__ import annotations

import re
from collections.abc import Collection
from io import BytesIO

from pipeline.models import RequirementResult

_YEARS = range(1950, 2100)
#: "2018", "Harvest 2018".
_YEAR_HEAD = re.compile(r"^(\D{0,11})((?:19|20)\d\d)\s*$")


def without_pages(data: bytes, numbers: Collection[int]) -> bytes:
    """The PDF without these 1-based pages. Raises pypdfium2.PdfiumError when it cannot be opened."""
    import pypdfium2  # start-up

    document = pypdfium2.PdfDocument(data)
    try:
        for number in sorted(numbers, reverse=True):
            del document[number - 1]
        out = BytesIO()
        document.save(out)
    finally:
        document.close()
    return out.getvalue()


def with_later_years(data: bytes, by: int) -> bytes:
    """The workbook with every calendar year that stands alone in a cell, or ends a short head, so many years later."""
    import openpyxl  # start-up

    book = openpyxl.load_workbook(BytesIO(data))
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, int | float) and cell.value in _YEARS:
                    cell.value = int(cell.value) + by
                elif isinstance(cell.value, str) and (head := _YEAR_HEAD.match(cell.value)):
                    cell.value = f"{head.group(1)}{int(head.group(2)) + by}"
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def finished_review(project: str, rows: Collection[RequirementResult]) -> bytes:
    """A review as the registry writes it, every row approved with its own quotes: an answer key in .docx."""
    import docx  # start-up

    document = docx.Document()
    document.add_heading("REGISTRY AGENT REVIEW", 0)
    for label in ("Project Name", "Credit Protocol", "Program Guide Version", "Date of Submission", "Registry Agents"):
        document.add_paragraph(f"{label}: {project if label == 'Project Name' else ''}")
    head = ("Category", "Requirement", "Accepted Evidence", "Submitted Material", "Approved", "Comments")
    table = document.add_table(rows=1, cols=len(head))
    for cell, words in zip(table.rows[0].cells, head, strict=True):
        cell.text = words
    for row in rows:
        quotes = " ".join(_printable(e.quote) for e in row.evidence)
        cited = "; ".join(_printable(f"{e.document}, page {e.page}") for e in row.evidence)
        filled = (row.category, row.title, "", cited, "Approved", quotes)
        for cell, words in zip(table.add_row().cells, filled, strict=True):
            cell.text = words
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _printable(text: str) -> str:
    """Word's XML takes no control characters."""
    return "".join(c for c in text if c.isprintable() or c == " ")
