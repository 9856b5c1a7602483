"""Small PDFs drawn for one test at a time: text at a place, ruled tables, pictures, page numbers."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

from fpdf import FPDF
from PIL import Image

Draw = Callable[["Sheet"], None]


class Sheet:
    """One A4 page being drawn; lengths in points from the top left, `y` is the baseline of the text."""

    WIDTH, HEIGHT = 595.28, 841.89

    def __init__(self, pdf: FPDF) -> None:
        self.pdf = pdf

    def text(
        self, x: float, y: float, text: str, style: str = "", size: float = 11, family: str = "helvetica"
    ) -> Sheet:
        """Text in one typeface; `style` is any of B and I together."""
        self.pdf.set_font(family, style, size)
        self.pdf.text(x, y, text)
        return self

    def lines(self, x: float, y: float, lines: Sequence[str], style: str = "", size: float = 11) -> Sheet:
        """Lines of text under each other."""
        for number, line in enumerate(lines):
            self.text(x, y + number * size * 1.3, line, style, size)
        return self

    def printed_number(self, label: str, y: float = 800) -> Sheet:
        """A page number in the middle of the foot, or wherever `y` says."""
        return self.text(self.WIDTH / 2, y, label, size=10)

    def table(
        self, x: float, y: float, widths: Sequence[float], rows: Sequence[Sequence[str]], *, shaded: bool = False
    ) -> Sheet:
        """A ruled table whose top left corner is at `x`, `y`; a newline in a cell starts a line of that cell.

        With `shaded` the first column is drawn the way word processors do: a coloured rectangle behind every line of
        text, and borders of thin filled rectangles.
        """
        for row in rows:
            height = 8 + 13 * max(cell.count("\n") + 1 for cell in row)
            left = x
            for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
                if shaded and column == 0:
                    self.pdf.set_fill_color(225, 230, 235)
                    self.pdf.rect(left, y, width, height, style="F")
                    for number in range(cell.count("\n") + 1):
                        self.pdf.rect(left + 5, y + 4 + 13 * number, width - 10, 13, style="F")
                for number, line in enumerate(cell.split("\n")):
                    self.text(left + 5, y + 14 + 13 * number, line, size=10)
                self._frame(left, y, width, height, filled=shaded)
                left += width
            y += height
        return self

    def picture(self, x: float = 80, y: float = 120, width: float = 400) -> Sheet:
        """A picture, as a scanned page or a map would be."""
        buffer = io.BytesIO()
        Image.effect_noise((64, 64), 40).save(buffer, "PNG")
        buffer.seek(0)
        self.pdf.image(buffer, x, y, width)
        return self

    def _frame(self, x: float, y: float, width: float, height: float, *, filled: bool) -> None:
        if not filled:
            self.pdf.rect(x, y, width, height)
            return
        self.pdf.set_fill_color(0, 0, 0)
        for left, top, w, h in (
            (x, y, width, 0.5),
            (x, y + height, width, 0.5),
            (x, y, 0.5, height),
            (x + width, y, 0.5, height),
        ):
            self.pdf.rect(left, top, w, h, style="F")


def make_pdf(path: Path, *pages: Draw) -> Path:
    """A PDF at `path` with one page per drawing function."""
    pdf = FPDF(unit="pt", format="A4")
    pdf.set_auto_page_break(False)
    for draw in pages:
        pdf.add_page()
        draw(Sheet(pdf))
    pdf.output(str(path))
    return path


def prose(sheet: Sheet) -> None:
    """A page with enough text to count as readable."""
    sheet.lines(72, 100, ["The field is sown with clover after the harvest.", "It is grazed from May until September."])
