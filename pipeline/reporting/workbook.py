"""The report as a workbook: requirements by documents, then rows, exceptions and documents as lists to sort."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipeline.models import Report, RequirementResult, wording
from pipeline.models.characters import visible
from pipeline.packaging.archive import unzipped, zipped
from pipeline.reporting.layout import Layout, Row, lay_out

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

    from pipeline.checklists import Checklist

#: The most characters that a cell of a workbook holds (its format's limit).
LONGEST = 32_767
CUT = " [cut here: a cell holds no more]"
#: Points; HIGHEST is the format's limit of a row.
FONT, SIZE, HIGHEST = "Arial", 10, 409
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_WHEN = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_NOBODY = ("", "", "")
#: Background of a status, for eyes; the word stands in the cell as well.
_FILL = {
    "covered": "D9EAD3",
    "partial": "FFF2CC",
    "missing": "F4CCCC",
    "needs_review": "D0E0F0",
    "not_applicable": "EEEEEE",
}


def render_xlsx(report: Report, checklist: Checklist) -> bytes:
    """The report as a workbook without formulas or links; the same report gives the same bytes (one openpyxl given)."""
    from openpyxl import Workbook  # start-up

    page = lay_out(report, checklist)
    book = Workbook()
    book.remove(book.active)
    _matrix(book, report, page)
    _sheet(book, "Requirements", REQUIREMENTS, (_requirement(row) for row in page.rows))
    exceptions = ((e.severity, e.message, e.clears_when, ", ".join(e.requirement_ids)) for e in report.exceptions)
    _sheet(book, "Exceptions", (("Severity", 10), ("What", 80), ("Clears when", 60), ("Rows", 30)), exceptions)
    _sheet(book, "Documents", DOCUMENTS, _documents(report))
    if report.claims:
        _sheet(book, "Claims", CLAIMS, _claims(report))
    return _steady(book, report.generated_at)


REQUIREMENTS = (("Requirement", 14), ("Category", 22), ("Title", 44), ("Status", 16), ("Why", 60), ("Clears when", 60),
                ("Submitted material", 60), ("Decision", 16), ("Decided by", 20), ("Reason", 50),
                ("Remarks", 60))  # fmt: skip
DOCUMENTS = (("Document", 50), ("Type", 24), ("Status", 14), ("Pages", 8), ("Notes", 60), ("SHA-256", 68))
CLAIMS = tuple(zip(wording.CLAIM_COLUMNS, (14, 80, 50, 40, 20, 30), strict=True))


def _requirement(row: Row) -> Sequence[Any]:
    result, said = row.result, row.decision
    clears = " ".join(t.clears_when for t in (*row.failed, *row.not_run) if t.clears_when)
    places = "; ".join(", ".join(filter(None, [c.document, c.place])) for c in (*row.primary, *row.supplementary))
    decided = (
        (said.status if said.holds else f"{said.status} (re-opened)", said.actor, said.reason) if said else _NOBODY
    )
    remarks = "\n".join(f"{one.label} ({one.actor}): {one.text}" for one in row.remarks)
    status = wording.ROW_STATUS[result.status]
    head = (result.requirement_id, result.category, result.title, status, result.reason, clears, places)
    return (*head, *decided, remarks)


def _documents(report: Report) -> Iterable[Sequence[Any]]:
    for d in report.documents:
        status, kind = wording.DOCUMENT_STATUS[d.status], wording.DOCUMENT_TYPE[d.document_type]
        yield d.filename, kind, status, d.pages or "", "; ".join(d.notes), d.sha256


def _claims(report: Report) -> Iterable[Sequence[Any]]:
    for claim in report.claims:
        where = ", ".join(filter(None, [claim.evidence.document, wording.place(claim.evidence)]))
        stands = "yes" if claim.stands else f"no longer: {wording.CLAIM_GONE}"
        yield claim.requirement_id, claim.evidence.quote, where, claim.note or "", claim.by, stands


def _matrix(book: Workbook, report: Report, page: Layout) -> None:
    """Which document answers which requirement, and on which pages; a column for each document in use."""
    from openpyxl.styles import PatternFill  # start-up

    columns = (("Requirement", 14), ("Title", 40), ("Status", 16), *((d.filename, 28) for d in page.submitted))
    rows = [
        (
            row.requirement_id,
            row.title,
            wording.ROW_STATUS[row.status],
            *(_pages(row, d.sha256) for d in page.submitted),
        )
        for row in report.requirements
    ]
    sheet = _sheet(book, "Matrix", columns, rows)
    sheet.freeze_panes = "D2"
    for number, row in enumerate(report.requirements, 2):
        sheet.cell(number, 3).fill = PatternFill("solid", fgColor=_FILL[row.status])


def _pages(row: RequirementResult, sha256: str) -> str:
    found = [e for e in row.evidence if e.sha256 == sha256]
    role = "supplementary: " if found and all(e.role == "supplementary" for e in found) else ""
    return role + "; ".join(dict.fromkeys(wording.place(e) for e in found)) if found else ""


def _sheet(book: Workbook, name: str, columns: Sequence[tuple[str, int]], rows: Iterable[Sequence[Any]]) -> Worksheet:
    """A list under the names of its columns, to be sorted; printed, it is as wide as a page, with the heads on each."""
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side  # start-up
    from openpyxl.utils import get_column_letter  # start-up
    from openpyxl.worksheet.properties import PageSetupProperties  # start-up

    wrapped = Alignment(wrap_text=True, vertical="top")
    plain, bold = Font(name=FONT, size=SIZE), Font(name=FONT, size=SIZE, bold=True)
    rule = Side(style="thin", color="BFBFBF")
    ruled, head = Border(left=rule, right=rule, top=rule, bottom=rule), PatternFill("solid", fgColor="D9EAD3")
    sheet = book.create_sheet(name)
    for line, cells in enumerate([[title for title, _ in columns], *rows], 1):
        for number, value in enumerate(cells, 1):
            cell = _put(sheet, line, number, value)
            cell.alignment, cell.border, cell.font = wrapped, ruled, plain if line > 1 else bold
            if line == 1:
                cell.fill = head
        lines = max(_lines(value, width) for value, (_, width) in zip(cells, columns, strict=True))
        # Not every program makes room for wrapped text by itself.
        sheet.row_dimensions[line].height = min(HIGHEST, 3 + lines * SIZE * 1.3)
    for number, (_, width) in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{sheet.max_row}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A3
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.print_title_rows = "1:1"
    return sheet


def _lines(value: Any, width: int) -> int:
    """How many lines a cell takes, rather too many than too few."""
    return sum(max(1, -(-len(line) // max(1, int(width * 0.9)))) for line in str(value).splitlines()) or 1


def _put(sheet: Worksheet, row: int, column: int, value: Any) -> Cell:
    """The cell, set to a number or to text; text from a document is never taken for a formula."""
    if isinstance(value, str):
        value = _NOT_XML.sub(lambda found: f"⟦U+{ord(found[0]):04X}⟧", visible(value))
        value = value if len(value) <= LONGEST else f"{value[: LONGEST - len(CUT)]}{CUT}"
    cell = sheet.cell(row, column, value if value != "" else None)
    if isinstance(value, str) and value:
        # openpyxl makes formulas of what begins with "=", and errors of "#N/A".
        cell.data_type = "s"
        # A person who edits the cell must not turn it into one either.
        cell.quotePrefix = value[:1] in ("=", "+", "-", "@")
    return cell


def _steady(book: Workbook, moment: datetime) -> bytes:
    """The workbook's bytes; openpyxl notes the time of saving, whatever it is told."""
    target = io.BytesIO()
    book.properties.creator = "registry-review"
    book.save(target)
    when = f"{moment:%Y-%m-%dT%H:%M:%SZ}".encode()
    files = unzipped(target.getvalue())
    files["docProps/core.xml"] = _WHEN.sub(rb"\g<1>" + when, files["docProps/core.xml"])
    return zipped("", files, compressed=True)
