"""What was read of a file: pages, lines, spans, tables."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.models.base import Box, Value


class Span(Value):
    """A stretch of one line in one typeface, with no wide gap inside: a table cell's line, or a piece of a sentence."""

    text: str
    x0: float
    x1: float
    font: str = ""
    size: float = 0.0
    italic: bool = False
    bold: bool = False


class Line(Value):
    """A line of text as it stands on a page, in the reader's order; `text` is copied, never composed."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    spans: tuple[Span, ...] = ()

    @property
    def italic(self) -> bool:
        """True when every visible character but bullets is italic."""
        seen = [s for s in self.spans if s.text.strip(" \u2022\uf0b7\u25cf\u25cb\u25aa-")]
        return bool(seen) and all(s.italic for s in seen)

    @property
    def size(self) -> float:
        """The largest type size in the line, in points."""
        return max((s.size for s in self.spans), default=0.0)


class Table(Value):
    """A ruled table on a page as a clean grid: no empty rows or columns, wrapped cells joined with newlines."""

    top: float
    bottom: float
    rows: tuple[tuple[str, ...], ...]


class Page(Value):
    """A page as read: for a workbook a sheet, for other files the whole."""

    #: 1-based page of the PDF, sheet of the workbook, or 1.
    number: int
    #: The number printed on the page (a lone number in the top or bottom line), if any.
    label: str | None = None
    width: float = 0.0
    height: float = 0.0
    rotation: int = 0
    #: The whole text as the reader gives it, lines joined with newlines.
    text: str = ""
    lines: tuple[Line, ...] = ()
    tables: tuple[Table, ...] = ()
    images: int = 0
    #: Sheet title for workbooks.
    title: str | None = None
    #: Workbook rows: cells as stored, rendered to text ("2018", not "2018.0"); row numbers as in the sheet.
    rows: tuple[tuple[str, ...], ...] = ()


class Reading(Value):
    """Everything known of a file's content: made once per content and reader version, shared by all sessions."""

    sha256: str
    reader: str
    reader_version: str
    #: pdf, xlsx, image, text, zip, shapefile-part, empty, unknown ... what the bytes are, whatever the name says.
    kind: str
    status: Literal["ok", "unreadable", "quarantined"] = "ok"
    #: Short stable code when not ok: encrypted, truncated, malformed, empty, too_many_pages, crashed, timeout ...
    code: str | None = None
    #: A sentence for the reviewer when not ok, or when something of it could not be read.
    note: str | None = None
    page_count: int = 0
    #: 1-based pages without readable text.
    unreadable_pages: tuple[int, ...] = ()
    pages: tuple[Page, ...] = ()
    #: What a file without text says of itself: of a map layer its geometry, features, bounds and coordinate system.
    facts: dict[str, str] = Field(default_factory=dict)


class Drawing(Value):
    """A picture that is asked for: a page of a PDF with words marked, whole or the strip around them."""

    page: int
    boxes: tuple[Box, ...] = ()
    #: The whole page in its colours, or in grey and small what stands around the boxes.
    strip: bool = False
