"""A Word document as one page: paragraphs and tables in their order, with the italics that tell a form from answers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.models import Line, Page, Reading, Span, Table
from pipeline.reading.damage import Refusal
from pipeline.reading.extent import EVERYDAY, Extent, TooMuch, hold_text
from pipeline.reading.packed import bomb

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table as WordTable
    from docx.text.paragraph import Paragraph

#: Word flows its pages anew on every machine, so places on a page do not exist: lines stand one below the other, each
#: paragraph one line, with room between them that makes it a paragraph of its own.
_STEP, _HEIGHT, _LEFT, _WIDTH = 30.0, 11.0, 72.0, 450.0
#: A word processor's own names for headings, whatever its language shows, and the sizes that the forms set them in.
_HEADING_STYLE = re.compile(r"heading (\d)$", re.I)
_HEADING_SIZES = {1: 20.0, 2: 16.0, 3: 14.0}
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DAMAGED = Refusal(
    "quarantined",
    "malformed",
    "The Word document is damaged and cannot be opened. Open it in a word processor, save it again, and add that copy.",
)


def read_docx(path: Path, sha256: str, reader_version: str, extent: Extent = EVERYDAY) -> Reading:
    """The text of a .docx as page 1; what the page does not show (changes under way, pictures) is said in the note."""
    base: dict[str, Any] = {"sha256": sha256, "reader": "docx", "reader_version": reader_version, "kind": "docx"}
    refusal = bomb(path, "Word document", "a word processor", extent.unpacked_mb)
    if refusal is None:
        try:
            page, notes = _page(path, extent)
        except TooMuch as error:
            refusal = error.reason
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - python-docx raises whatever its XML parser meets in a damaged document
            refusal = _DAMAGED
    if refusal is not None:
        return Reading(**base, status=refusal.status, code=refusal.code, note=refusal.note)
    return Reading(
        **base,
        page_count=1,
        pages=(page,),
        unreadable_pages=() if page.text.strip() else (1,),
        note=" ".join(notes) or None,
    )


def _page(path: Path, extent: Extent) -> tuple[Page, list[str]]:
    import docx  # start-up
    from docx.table import Table as WordTable  # start-up

    with path.open("rb") as file:
        document = docx.Document(file)
    lines: list[Line] = []
    tables: list[Table] = []
    text = 0
    for block in document.iter_inner_content():
        if isinstance(block, WordTable):
            table, added = _table(block, len(lines))
            tables += [table] if table else []
        else:
            added = _paragraph(block, len(lines))
        lines += added
        text += sum(len(line.text) for line in added)
        hold_text(1, text, extent)
    images = sum(1 for _ in document.element.body.iter(f"{_WORD}drawing", f"{_WORD}pict"))
    page = Page(
        number=1,
        text="\n".join(line.text for line in lines),
        lines=tuple(lines),
        tables=tuple(tables),
        images=images,
    )
    return page, _notes(document, images)


def _notes(document: Document, images: int) -> list[str]:
    body = document.element.body
    notes = ["A Word document has no fixed pages: quotes from it say page 1."]
    if next(body.iter(f"{_WORD}ins", f"{_WORD}del", f"{_WORD}moveTo", f"{_WORD}moveFrom"), None) is not None:
        notes.append("It holds changes that nobody has accepted or rejected; they are not read, a person must look.")
    if next(body.iter(f"{_WORD}txbxContent"), None) is not None:
        notes.append("It holds text boxes, which are not read; a person must look.")
    if images:
        notes.append(f"It holds {images} picture{'s' if images > 1 else ''}, which only a person can judge.")
    return notes


def _paragraph(paragraph: Paragraph, place: int) -> list[Line]:
    """A paragraph as one line for each of its own line breaks."""
    kept = [piece.strip() for piece in paragraph.text.splitlines() if piece.strip()]
    italic, bold, size = _look(paragraph)
    return [_line(piece, place + offset, italic, bold, size) for offset, piece in enumerate(kept)]


def _look(paragraph: Paragraph) -> tuple[bool, bool, float]:
    """Italic, bold and size of a paragraph: said by every visible run of it, else by its style."""
    style = paragraph.style.font if paragraph.style is not None else None
    runs = [run for run in paragraph.runs if run.text.strip()]
    italic = bool(runs) and all(run.italic if run.italic is not None else style and style.italic for run in runs)
    bold = bool(runs) and all(run.bold if run.bold is not None else style and style.bold for run in runs)
    sizes = [run.font.size or (style.size if style else None) for run in runs]
    stated = max((size.pt for size in sizes if size), default=_HEIGHT)
    return italic, bold, max(stated, _heading_size(paragraph))


def _heading_size(paragraph: Paragraph) -> float:
    """The least size of a heading by its style: styles often inherit their size, and their number is not text."""
    style = paragraph.style
    level = _HEADING_STYLE.match((style.name or "") if style is not None else "")
    return _HEADING_SIZES.get(int(level.group(1)), _HEIGHT) if level else 0.0


def _table(table: WordTable, place: int) -> tuple[Table | None, list[Line]]:
    rows = []
    for row in table.rows:
        cells: list[str] = []
        seen: list[object] = []
        for cell in row.cells:
            # A merged cell is given once for each column that it spans.
            if not any(cell._tc is other for other in seen):
                seen.append(cell._tc)
                cells.append(" ".join(cell.text.split()))
        rows.append(tuple(cells))
    rows = [row for row in rows if any(row)]
    lines = [_line(" ".join(cell for cell in row if cell), place + n) for n, row in enumerate(rows)]
    if not rows:
        return None, lines
    return Table(top=lines[0].top, bottom=lines[-1].bottom, rows=tuple(rows)), lines


def _line(text: str, place: int, italic: bool = False, bold: bool = False, size: float = _HEIGHT) -> Line:
    top = place * _STEP
    span = Span(text=text, x0=_LEFT, x1=_LEFT + _WIDTH, size=size, italic=italic, bold=bold)
    return Line(text=text, x0=_LEFT, x1=_LEFT + _WIDTH, top=top, bottom=top + _HEIGHT, spans=(span,))
