"""One file to one reading, by what its bytes are; runs inside a reading process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.models import Box, Reading
from pipeline.reading.extent import EVERYDAY, Extent
from pipeline.reading.sniff import sniff
from pipeline.reading.version import READER_VERSION


def read_file(path: Path, sha256: str, max_pages: int, max_cells: int, extent: Extent = EVERYDAY) -> Reading:
    """Everything that can be read of a file; what is wrong with it is said in the reading, not raised."""
    kind = sniff(path)
    if kind == "pdf":
        from pipeline.reading.pdf import read_pdf  # start-up

        return read_pdf(path, sha256, READER_VERSION, max_pages, extent)
    if kind == "xlsx":
        from pipeline.reading.xlsx import read_xlsx  # start-up

        return read_xlsx(path, sha256, READER_VERSION, max_cells, extent)
    if kind == "xls":
        from pipeline.reading.xls import read_xls  # start-up

        return read_xls(path, sha256, READER_VERSION, max_cells)
    if kind == "docx":
        from pipeline.reading.docx import read_docx  # start-up

        return read_docx(path, sha256, READER_VERSION, extent)
    if kind == "shapefile-part":
        from pipeline.reading.shapes import read_shapefile_part  # start-up

        return read_shapefile_part(path, sha256, READER_VERSION)
    if kind in ("geojson", "kml", "kmz"):
        from pipeline.reading.mapfiles import read_map_file  # start-up

        return read_map_file(path, kind, sha256, READER_VERSION, extent)
    from pipeline.reading.plain import read_plain  # start-up

    return read_plain(path, kind, sha256, READER_VERSION, max_cells)


def find_boxes(path: Path, wanted: Sequence[tuple[int, str]]) -> list[tuple[Box, ...]]:
    """Where each (page, quote) stands in a PDF, one box per line; empty for one that does not stand there."""
    if sniff(path) != "pdf":
        return [()] * len(wanted)
    from pipeline.reading.boxes import all_boxes  # start-up

    return all_boxes(path, wanted)


def draw_pages(path: Path, wanted: Sequence[Mapping[str, Any]], most_pixels: int) -> list[bytes | None]:
    """Pictures of the pages of a PDF with words marked (see `pictures.draw`); None where there is no page to draw."""
    if sniff(path) != "pdf":
        return [None] * len(wanted)
    from pipeline.reading.pictures import draw  # start-up

    return draw(path, wanted, most_pixels)
