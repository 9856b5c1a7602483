"""Word documents of the program's looks: one typeface, paper, a running head, page numbers, tables; steady bytes."""

from __future__ import annotations

import io
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipeline.models.characters import visible
from pipeline.packaging.archive import unzipped, zipped
from pipeline.reporting.registry_form import Cell, Paragraph

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table, _Cell

#: Millimetres, on A4.
MARGIN = 14
#: Points.
BODY, SMALL = 10, 8
#: Every office program has it, or one of the same measures.
FONT = "Arial"
BLUE, GREEN, GREY, HEAD, WHITE = "1D4ED8", "2F7D51", "F2F2F2", "D9EAD3", "FFFFFF"
INK = {"form": "111111", "machine": BLUE, "human": "000000"}
#: What XML cannot hold at all.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def blank(
    title: str, moment: datetime, *, landscape: bool = False, running: str = "", margin: int = MARGIN
) -> Document:
    """An empty A4 document whose properties tell nothing of the machine or the time; `running` heads its pages."""
    from docx import Document  # start-up
    from docx.enum.section import WD_ORIENT  # start-up
    from docx.shared import Mm, Pt  # start-up

    document = Document()
    section = document.sections[0]
    width, height = (Mm(297), Mm(210)) if landscape else (Mm(210), Mm(297))
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = width, height
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(margin)
    section.header_distance = section.footer_distance = Mm(7)
    for name, size in (("Normal", BODY), ("Title", 20), ("Subtitle", 10), ("Heading 1", 13), ("Heading 2", 10)):
        style = document.styles[name]
        _font(style.element.get_or_add_rPr())
        style.font.color.rgb, style.font.size, style.font.italic = _rgb(INK["form"]), Pt(size), False
    normal = document.styles["Normal"].paragraph_format
    normal.space_after, normal.line_spacing = Pt(3), 1.0
    for name in ("Heading 1", "Heading 2"):
        document.styles[name].paragraph_format.space_after = Pt(3)
    for name in ("Title", "Subtitle"):
        _plain(document.styles[name].element)
    for name in ("Header", "Footer"):
        document.styles[name].font.size, document.styles[name].font.color.rgb = Pt(SMALL), _rgb("595959")
    about = document.core_properties
    about.title, about.author, about.last_modified_by, about.comments = safe(title)[:255], "registry-review", "", ""
    about.created = about.modified = moment.replace(tzinfo=None)
    about.revision = 1
    _furnish(section, running)
    return document


def saved(document: Document) -> bytes:
    """The document's bytes, the same for the same content with the same python-docx."""
    target = io.BytesIO()
    document.save(target)
    return zipped("", unzipped(target.getvalue()), compressed=True)


def write(paragraph: Any, runs: Paragraph, size: float) -> None:
    """Add runs in their voices' colours."""
    from docx.shared import Pt  # start-up

    for one in runs:
        made = paragraph.add_run(safe(one.text))
        made.bold = one.bold or None
        made.font.size = Pt(size)
        made.font.color.rgb = _rgb(INK[one.voice])


def safe(text: str) -> str:
    """What hides is shown, and what XML cannot hold is named."""
    return _NOT_XML.sub(lambda found: f"⟦U+{ord(found[0]):04X}⟧", visible(text))


# --- tables -----------------------------------------------------------------------------------------------------------


def table(document: Document, rows: int, widths: tuple[int, ...]) -> Table:
    """A ruled table with columns of fixed widths in millimetres, which no long word can push aside."""
    from docx.enum.table import WD_TABLE_ALIGNMENT  # start-up
    from docx.shared import Mm  # start-up

    made: Table = document.add_table(rows, len(widths), style="Table Grid")
    made.alignment = WD_TABLE_ALIGNMENT.CENTER
    made.autofit = False
    for column, width in zip(made.columns, widths, strict=True):
        column.width = Mm(width)
    for row in made.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Mm(width)
    return made


def fill(cell: _Cell, content: Cell, size: float) -> None:
    """Write the paragraphs of a cell."""
    paragraphs = [cell.paragraphs[0], *(cell.add_paragraph() for _ in content[1:])]
    for paragraph, runs in zip(paragraphs, content, strict=False):
        write(paragraph, runs, size)


def shade(cell: _Cell, colour: str) -> None:
    """Give a cell a background."""
    cell._tc.get_or_add_tcPr().append(_element("shd", val="clear", color="auto", fill=colour))


def white(paragraph: Any) -> None:
    """Print what a paragraph says in white."""
    for run in paragraph.runs:
        run.font.color.rgb = _rgb(WHITE)


def repeat(row: Any) -> None:
    """Print a row at the head of every page that its table reaches."""
    row._tr.get_or_add_trPr().append(_element("tblHeader", val="true"))


def keep_whole(row: Any) -> None:
    """Send a row to the next page whole, unless it is longer than one."""
    row._tr.get_or_add_trPr().append(_element("cantSplit", val="true"))


# --- what python-docx has no word for ---------------------------------------------------------------------------------


def _element(name: str, **attributes: str) -> Any:
    from docx.oxml import OxmlElement  # start-up
    from docx.oxml.ns import qn  # start-up

    made = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


def _rgb(colour: str) -> Any:
    from docx.shared import RGBColor  # start-up

    return RGBColor.from_string(colour)


def _font(properties: Any) -> None:
    """One typeface for all scripts; the styles of the template name others by theme."""
    from docx.oxml.ns import qn  # start-up

    fonts = properties.get_or_add_rFonts()
    for key in list(fonts.attrib):
        del fonts.attrib[key]
    for kind in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(qn(f"w:{kind}"), FONT)


def _plain(style: Any) -> None:
    """The template draws a blue rule under a title and spaces its letters; blue is the machine's."""
    from docx.oxml.ns import qn  # start-up

    for path in (f"{qn('w:pPr')}/{qn('w:pBdr')}", f"{qn('w:rPr')}/{qn('w:spacing')}", f"{qn('w:rPr')}/{qn('w:kern')}"):
        for found in style.findall(path):
            found.getparent().remove(found)


def _furnish(section: Any, running: str) -> None:
    """The running head, and "page / pages" at the foot, counted by whoever opens the document."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # start-up

    section.header.paragraphs[0].add_run(safe(running)[:150])
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for code in ("PAGE", "", "NUMPAGES"):
        run = foot.add_run("" if code else " / ")
        if code:
            words = _element("instrText")
            words.text = code
            for part in (_element("fldChar", fldCharType="begin"), words, _element("fldChar", fldCharType="end")):
                run._r.append(part)
