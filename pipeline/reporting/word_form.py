"""The registry's form as a Word document: the header table, the outcome, the table of six columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.models import wording
from pipeline.reporting import word
from pipeline.reporting.registry_form import Cell, RegistryForm, Run, arrange
from pipeline.reporting.word import BODY, GREEN, GREY, HEAD, SMALL

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import _Cell, _Row

    from pipeline.checklists import Checklist
    from pipeline.models import Report

#: Millimetres, for A4 across.
WIDTHS = (24, 54, 42, 56, 21, 72)
HEADER_WIDTHS = (52, 138)
CLAIM_WIDTHS = (20, 92, 60, 44, 28, 25)
#: A row of more lines may break between pages: kept whole, one that is longer than a page would be cut off.
MOST_LINES = 20


def render_docx(report: Report, checklist: Checklist) -> bytes:
    """The report as the registry's form; the same report gives the same bytes with the same python-docx."""
    form = arrange(report, checklist)
    title = f"{form.title}: {form.running}"
    document = word.blank(title, report.generated_at, landscape=True, running=title)
    _front(document, form)
    _outcome(document, form)
    document.add_heading(f"Requirements ({len(form.rows)})", 1)
    _requirements(document, form)
    if form.claims:
        _claims(document, form)
    document.add_paragraph()
    for runs in form.closing:
        word.write(document.add_paragraph(), runs, SMALL)
    return word.saved(document)


def _front(document: Document, form: RegistryForm) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # start-up

    for text, style in ((form.title, "Title"), (form.subtitle, "Subtitle")):
        paragraph = document.add_paragraph(word.safe(text), style=style)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    table = word.table(document, len(form.header), HEADER_WIDTHS)
    for row, (label, content) in zip(table.rows, form.header, strict=True):
        name, value = row.cells
        word.write(name.paragraphs[0], (Run(label, bold=True),), BODY)
        word.white(name.paragraphs[0])
        name.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
        word.shade(name, GREEN)
        word.shade(value, GREY)
        word.fill(value, content, BODY)


def _outcome(document: Document, form: RegistryForm) -> None:
    """At the head of a page, as it is read as one."""
    document.add_heading("Review Outcome", 1).paragraph_format.page_break_before = True
    approved, not_approved = form.boxes
    boxes = (Run(f"{approved} Approved\N{EM SPACE}{not_approved} Not Approved", "human"),)
    word.write(document.add_paragraph(), boxes, 12)
    for title, content in (("", form.outcome), ("Required Actions", form.actions), ("Overview", form.overview)):
        if title:
            document.add_heading(title, 2)
        for runs in content:
            word.write(document.add_paragraph(), runs, BODY)


def _requirements(document: Document, form: RegistryForm) -> None:
    """A row with the table's title, one with the columns' names, then the requirements (domain: The report)."""
    table = word.table(document, len(form.rows) + 2, WIDTHS)
    title = table.rows[0].cells[0].merge(table.rows[0].cells[-1])
    word.write(title.paragraphs[0], (Run(f"{form.title}: {form.running}", bold=True),), BODY)
    word.white(title.paragraphs[0])
    word.shade(title, GREEN)
    word.repeat(table.rows[0])
    _rows(list(table.rows)[1:], form.columns, form.rows)


def _claims(document: Document, form: RegistryForm) -> None:
    document.add_heading(f"Claims ({len(form.claims)})", 1)
    said = document.add_paragraph()
    said.paragraph_format.keep_with_next = True
    word.write(said, (Run(wording.CLAIMS),), SMALL)
    _rows(list(word.table(document, len(form.claims) + 1, CLAIM_WIDTHS).rows), wording.CLAIM_COLUMNS, form.claims)


def _rows(rows: Sequence[_Row], columns: tuple[str, ...], contents: tuple[tuple[Cell, ...], ...]) -> None:
    """Fill rows below their columns' names."""
    head, *others = rows
    for cell, name in zip(head.cells, columns, strict=True):
        word.write(cell.paragraphs[0], (Run(name, bold=True),), SMALL)
        word.shade(cell, HEAD)
    word.repeat(head)
    for row, content in zip(others, contents, strict=True):
        if max(_lines(cell, one) for cell, one in zip(row.cells, content, strict=True)) <= MOST_LINES:
            word.keep_whole(row)
        # Cells are taken row by row: asking a table for one cell walks through all of it.
        for cell, one in zip(row.cells, content, strict=True):
            word.fill(cell, one, SMALL)


def _lines(cell: _Cell, content: Cell) -> int:
    """At least as many lines as a cell takes, by the widest usual letters."""
    from docx.shared import Mm  # start-up

    across = max(1, int((cell.width or Mm(20)) / Mm(1.7)))
    return sum(-(-len(line) // across) for one in content for line in "".join(run.text for run in one).splitlines())
