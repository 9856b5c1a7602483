"""The registry's form as PDF: A4 across, the table's head on every page, long cells going on over the page's end."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from pipeline.models import wording
from pipeline.reporting.registry_form import Cell, Paragraph, RegistryForm, Run, arrange
from pipeline.reporting.typeface import REGULAR, printable, registered

if TYPE_CHECKING:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Flowable, Table
    from reportlab.platypus import Paragraph as Flowing

    from pipeline.checklists import Checklist
    from pipeline.models import Report

#: Millimetres: the page's margins, and the table's columns, which fill what is left of 297.
MARGIN = 12
WIDTHS = (22, 55, 44, 56, 20, 76)
HEADER_WIDTHS = (52, 140)
CLAIM_WIDTHS = (20, 94, 62, 46, 28, 23)
#: The table begins on a new page when less than this is left.
START = 60
#: A row of the table that is taller goes on over the page's end, where it has as much room as ROOM before it.
TALLEST, ROOM = 55, 35
#: Points; the first is what reportlab leaves free within its margins.
PADDING = 6
BODY, SMALL, LEADING = 9, 7.5, 1.26
BLUE, GREEN, GREY, LINE = "#1d4ed8", "#2f7d51", "#f2f2f2", "#8a8a8a"
INK = {"form": "#111111", "machine": BLUE, "human": "#000000"}


def render_pdf(report: Report, checklist: Checklist) -> bytes:
    """The report as the registry's form; the same report gives the same bytes with the same reportlab."""
    from reportlab.lib.pagesizes import A4, landscape  # start-up
    from reportlab.lib.units import mm  # start-up
    from reportlab.platypus import CondPageBreak, PageBreak, SimpleDocTemplate, Spacer  # start-up

    registered()
    form = arrange(report, checklist)
    target = io.BytesIO()
    document = SimpleDocTemplate(
        target,
        pagesize=landscape(A4),
        leftMargin=MARGIN * mm - PADDING,
        rightMargin=MARGIN * mm - PADDING,
        topMargin=17 * mm,
        bottomMargin=14 * mm,
        title=printable(f"{form.title}: {form.running}"),
        author="",
        subject=printable(form.subtitle),
        creator="registry-review",
        lang="en",
        # Without this the clock and a random number stand in the file.
        invariant=1,
    )
    story = [
        *_front(form),
        # At the head of a page, as it is read as one.
        PageBreak(),
        *_outcome(form),
        Spacer(0, 5 * mm),
        # Not kept with the table, which would take both to a new page.
        CondPageBreak(START * mm),
        _heading(f"Requirements ({len(form.rows)})", keepWithNext=0),
        _table(form.columns, form.rows, WIDTHS),
        *_claims(form),
        Spacer(0, 4 * mm),
        *(_paragraph(one, SMALL) for one in form.closing),
    ]
    document.build(story, canvasmaker=_numbered(printable(f"{form.title}: {form.running}")))
    return target.getvalue()


# --- words ------------------------------------------------------------------------------------------------------------


def _style(size: float, **more: Any) -> ParagraphStyle:
    from reportlab.lib.styles import ParagraphStyle  # start-up

    return ParagraphStyle("cell", fontName=REGULAR, fontSize=size, leading=size * LEADING, splitLongWords=True, **more)


def _markup(run: Run) -> str:
    words = escape(printable(run.text), quote=False).replace("\n", "<br/>")
    words = f"<b>{words}</b>" if run.bold else words
    return f'<font color="{INK[run.voice]}">{words}</font>'


def _paragraph(runs: Paragraph, size: float, **more: Any) -> Flowing:
    from reportlab.platypus import Paragraph as Flowing  # start-up

    return Flowing("".join(map(_markup, runs)), _style(size, **more))


def _cell(cell: Cell, size: float, **more: Any) -> list[Flowing]:
    return [_paragraph(runs, size, spaceAfter=size * 0.35, **more) for runs in cell]


def _heading(text: str, keepWithNext: int = 1) -> Flowing:  # noqa: N803 - reportlab's name
    from reportlab.platypus import Paragraph as Flowing  # start-up

    return Flowing(escape(printable(text)), _style(12, spaceBefore=6, spaceAfter=4, keepWithNext=keepWithNext))


# --- pages ------------------------------------------------------------------------------------------------------------


def _front(form: RegistryForm) -> list[Flowable]:
    from reportlab.platypus import Paragraph as Flowing  # start-up

    title = Flowing(escape(form.title), _style(20, alignment=1, spaceAfter=4))
    subtitle = Flowing(escape(printable(form.subtitle)), _style(10, alignment=1, spaceAfter=10, textColor="#555555"))
    return [title, subtitle, _header(form)]


def _header(form: RegistryForm) -> Table:
    from reportlab.lib import colors  # start-up
    from reportlab.lib.units import mm  # start-up

    rows = [[_label(label), _cell(cell, BODY)] for label, cell in form.header]
    table = _breaking()(rows, colWidths=[w * mm for w in HEADER_WIDTHS])
    table.setStyle(
        [
            ("BACKGROUND", (0, 0), (0, -1), colors.HexColor(GREEN)),
            ("BACKGROUND", (1, 0), (1, -1), colors.HexColor(GREY)),
            *_frame(),
        ]
    )
    return table


def _label(text: str) -> Flowing:
    from reportlab.platypus import Paragraph as Flowing  # start-up

    return Flowing(f'<font color="white"><b>{escape(text)}</b></font>', _style(BODY, alignment=1))


def _outcome(form: RegistryForm) -> list[Flowable]:
    approved, not_approved = form.boxes
    boxes = (Run(f"{approved} Approved\N{NO-BREAK SPACE}\N{EM SPACE}{not_approved} Not Approved", "human"),)
    parts: list[Flowable] = [_heading("Review Outcome"), _paragraph(boxes, 11, spaceAfter=5)]
    parts += _cell(form.outcome, BODY)
    parts += [_paragraph((Run("Required Actions", bold=True),), BODY, spaceBefore=4), *_cell(form.actions, BODY)]
    return [*parts, _paragraph((Run("Overview", bold=True),), BODY, spaceBefore=4), *_cell(form.overview, BODY)]


def _table(columns: Sequence[str], contents: Sequence[Sequence[Cell]], widths: Sequence[int]) -> Table:
    from reportlab.lib import colors  # start-up
    from reportlab.lib.units import mm  # start-up

    head = [_paragraph((Run(name, bold=True),), SMALL) for name in columns]
    rows: list[list[Any]] = [head, *([_cell(cell, SMALL) for cell in row] for row in contents)]
    table = _breaking()(rows, colWidths=[w * mm for w in widths], repeatRows=1)
    table.setStyle([("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#d9ead3")), *_frame()])
    return table


def _claims(form: RegistryForm) -> list[Flowable]:
    if not form.claims:
        return []
    said = _paragraph((Run(wording.CLAIMS),), SMALL, spaceAfter=4, keepWithNext=1)
    return [_heading(f"Claims ({len(form.claims)})"), said, _table(wording.CLAIM_COLUMNS, form.claims, CLAIM_WIDTHS)]


@cache
def _breaking() -> type[Table]:
    """Made when it is needed, as reportlab is slow to import."""
    from reportlab.lib.units import mm  # start-up
    from reportlab.platypus import Table  # start-up

    class Rows(Table):  # type: ignore[misc]  # reportlab ships no types
        """A table whose short rows go to the next page whole, and whose tall ones go on there."""

        def split(self, availWidth: float, availHeight: float) -> list[Flowable]:  # noqa: N803 - reportlab's names
            self._calc(availWidth, availHeight)
            left = availHeight
            for height in self._rowHeights:
                if height > left:
                    # One or the other: what was split between rows would be tried within a row on the same page.
                    self.splitInRow = height > TALLEST * mm and left > ROOM * mm
                    self.splitByRow = not self.splitInRow
                    break
                left -= height
            return super().split(availWidth, availHeight)  # type: ignore[no-any-return]  # as above

    return Rows


def _frame() -> list[tuple[Any, ...]]:
    from reportlab.lib import colors  # start-up

    return [
        ("GRID", (0, 0), (-1, -1), 0.4, colors.HexColor(LINE)),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]


def _numbered(running: str) -> Any:
    """A canvas that knows at the end how many pages there are, and draws name and number on each."""
    from reportlab.lib.units import mm  # start-up
    from reportlab.pdfgen.canvas import Canvas  # start-up

    class Numbered(Canvas):  # type: ignore[misc]  # reportlab ships no types
        def __init__(self, *args: Any, **how: Any) -> None:
            super().__init__(*args, **how)
            self._kept: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - reportlab's name
            self._kept.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for state in self._kept:
                self.__dict__.update(state)
                self._furnish(len(self._kept))
                super().showPage()
            super().save()

        def _furnish(self, total: int) -> None:
            width, height = self._pagesize
            self.setFont(REGULAR, 8)
            self.setFillGray(0.35)
            self.drawString(MARGIN * mm, height - 10 * mm, running[:150])
            self.drawRightString(width - MARGIN * mm, 8 * mm, f"{self._pageNumber} / {total}")

    return Numbered
