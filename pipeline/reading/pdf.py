"""A PDF as pages of lines and tables: pdfium reads what is on the page, pdfplumber makes cells where rules cross."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.models import Line, Page, Reading, Table
from pipeline.reading.damage import NO_END_MARK, Ends, Refusal, look_at_ends, refusal
from pipeline.reading.extent import EVERYDAY, Extent, TooMuch, hold_objects, hold_text
from pipeline.reading.labels import printed_labels

#: A page with fewer readable characters than this, its printed number left out, shows a picture or nothing.
READABLE_CHARACTERS = 15


class Source(NamedTuple):
    """A PDF that can be opened: its bytes' place, and how many bytes of junk stand in front of the header."""

    path: Path
    ends: Ends

    def stream(self) -> Path | io.BytesIO:
        """What both readers open: the file itself, or its bytes from the header on."""
        if self.ends.header_at <= 0:
            return self.path
        return io.BytesIO(self.path.read_bytes()[self.ends.header_at :])


class CannotOpen(Exception):
    """pdfium would not open the file; carries the refusal."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.code)
        self.reason = reason


@contextmanager
def opened(source: Source) -> Iterator[Any]:
    """The PDF as a pdfium document, closed at the end. Raises CannotOpen."""
    import pypdfium2  # start-up

    try:
        document = pypdfium2.PdfDocument(source.stream())
    except pypdfium2.PdfiumError as error:
        raise CannotOpen(refusal(getattr(error, "err_code", None), source.ends)) from None
    try:
        yield document
    finally:
        document.close()


class _Read(NamedTuple):
    text: str
    lines: tuple[Line, ...]
    size: tuple[float, float]
    rotation: int
    images: int
    tables: tuple[Table, ...]
    #: Whether a picture is what the page shows: an image, or so many strokes that they draw one.
    pictured: bool


def read_pdf(
    path: Path, sha256: str, reader_version: str, max_pages: int, extent: Extent = EVERYDAY
) -> Reading:
    """Text, lines with typeface, printed numbers, tables and the pages without text of a PDF.

    Lengths are points with the origin at the top left of the page as displayed. A file that cannot be opened, has more
    than `max_pages` pages, or a page beyond `extent`, comes back as a reading that says so; nothing is raised for what
    a file holds.
    """
    source = Source(path, look_at_ends(path))

    def no(reason: Refusal, count: int = 0) -> Reading:
        return Reading(
            sha256=sha256, reader="pdfium", reader_version=reader_version, kind="pdf", page_count=count,
            status=reason.status, code=reason.code, note=reason.note,
        )  # fmt: skip

    try:
        with opened(source) as document:
            count = len(document)
            if count > max_pages:
                return no(_too_many(count, max_pages), count)
            if count == 0:
                return no(refusal(None, source.ends))
            read = [_read_page(document, i, extent) for i in range(count)]
            labels = _labels(document, read)
            notes = list(_notes(document, source.ends))
    except CannotOpen as cannot:
        return no(cannot.reason)
    except TooMuch as much:
        return no(much.reason, count)

    pages = tuple(
        Page(
            number=i + 1, label=labels[i], width=round(page.size[0], 2), height=round(page.size[1], 2),
            rotation=page.rotation, text=page.text, lines=page.lines, tables=page.tables, images=page.images,
        )
        for i, page in enumerate(read)
    )  # fmt: skip
    return Reading(
        sha256=sha256,
        reader="pdfium",
        reader_version=reader_version,
        kind="pdf",
        page_count=count,
        unreadable_pages=tuple(p.number for p, r in zip(pages, read, strict=True) if _unreadable(p, r)),
        pages=pages,
        note=" ".join(notes) or None,
    )


def _too_many(count: int, max_pages: int) -> Refusal:
    return Refusal(
        "quarantined",
        "too_many_pages",
        f"The PDF has {count} pages; at most {max_pages} are read. Split it, or raise reading.max_pages.",
    )


def _read_page(document: Any, index: int, extent: Extent) -> _Read:
    import pypdfium2  # start-up

    from pipeline.reading.lines import clean, page_lines  # start-up
    from pipeline.reading.survey import Survey  # start-up
    from pipeline.reading.tables import page_tables, ruled  # start-up
    from pipeline.reading.words import TextLayer  # start-up

    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        return _Read("", (), (0.0, 0.0), 0, 0, tables=(), pictured=False)
    try:
        survey = Survey(page)
        hold_objects(index + 1, survey.objects, extent)
        textpage = page.get_textpage()
        try:
            hold_text(index + 1, textpage.count_chars(), extent)
            layer = TextLayer(page, textpage)
            return _Read(
                text=clean(layer.raw),
                lines=page_lines(layer),
                size=page.get_size(),
                rotation=page.get_rotation(),
                images=survey.images,
                tables=page_tables(layer, survey.rules) if layer.raw and ruled(survey.rules) else (),
                pictured=survey.pictured,
            )
        finally:
            textpage.close()
    finally:
        page.close()


def _labels(document: Any, read: Sequence[_Read]) -> list[str | None]:
    labels = printed_labels([(page.lines, page.size[1]) for page in read])
    stored = [document.get_page_label(i) or None for i in range(len(read))]
    # The file's own labels fill the gaps only when they agree with every number that is really printed: many
    # programs store 1, 2, 3 ... whatever the pages say.
    if all(printed in (None, kept) for printed, kept in zip(labels, stored, strict=True)):
        return stored if any(stored) else labels
    return labels


def _notes(document: Any, ends: Ends) -> Iterator[str]:
    if ends.header_at > 0:
        yield f"{ends.header_at} bytes in front of the PDF header were left out to read it."
    if not ends.end_mark:
        yield NO_END_MARK
    if document.get_formtype():
        yield "It has form fields; what was typed into them may be missing from its text. Print it to PDF to be sure."


def _unreadable(page: Page, read: _Read) -> bool:
    lines = (line for line in page.text.split("\n") if line != page.label)
    # Counted no further than decides.
    readable = sum(1 for _ in islice(filter(str.isalnum, chain.from_iterable(lines)), READABLE_CHARACTERS))
    # A page with a word or two and no picture is a title page; one with nothing may hold letters drawn as strokes.
    return readable == 0 or (readable < READABLE_CHARACTERS and read.pictured)
