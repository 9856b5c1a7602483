"""One file to one reading, by what its bytes are; runs inside a reading process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.models import Box, Reading
from pipeline.reading.sniff import sniff
from pipeline.reading.version import READER_VERSION


def read_file(path: Path, sha256: str, max_pages: int, max_cells: int) -> Reading:
    """Everything that can be read of a file; what is wrong with it is said in the reading, not raised."""
    kind = sniff(path)
    if kind == "pdf":
        from pipeline.reading.pdf import read_pdf

        return read_pdf(path, sha256, READER_VERSION, max_pages)
    if kind == "xlsx":
        from pipeline.reading.xlsx import read_xlsx

        return read_xlsx(path, sha256, READER_VERSION, max_cells)
    if kind == "xls":
        from pipeline.reading.xls import read_xls

        return read_xls(path, sha256, READER_VERSION, max_cells)
    if kind == "docx":
        from pipeline.reading.docx import read_docx

        return read_docx(path, sha256, READER_VERSION)
    if kind == "shapefile-part":
        from pipeline.reading.shapes import read_shapefile_part

        return read_shapefile_part(path, sha256, READER_VERSION)
    if kind in ("geojson", "kml", "kmz"):
        from pipeline.reading.mapfiles import read_map_file

        return read_map_file(path, kind, sha256, READER_VERSION)
    from pipeline.reading.plain import read_plain

    return read_plain(path, kind, sha256, READER_VERSION, max_cells)


def find_boxes(path: Path, quotes: Sequence[tuple[int, str]]) -> list[tuple[Box, ...]]:
    """Where each quote stands on its page of a PDF, one box per line; empty for one that does not stand there."""
    if sniff(path) != "pdf":
        return [()] * len(quotes)
    from pipeline.reading.boxes import quotes_boxes

    return quotes_boxes(path, quotes)
