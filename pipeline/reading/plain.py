"""Files without pages: plain text is given as one page, everything else is named and left to people."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from pipeline.models import Page, Reading
from pipeline.reading import ends
from pipeline.reading.damage import NO_END_MARK
from pipeline.reading.delimited import TooMuch, rows_of
from pipeline.reading.sniff import encoding_of

#: Longer text files are data, not documents; they are listed like other data.
MOST_TEXT = 8 * 1024 * 1024

#: Kinds whose end can be looked for although they are not read.
_ENDING = frozenset({"image", "tif", "doc", "ppt", "msg", "ole", "pptx", "opendocument", "rtf", "sqlite"})
_LISTED = "This version lists such files but does not read them; a person must look at it."
#: What each kind is called, for the reviewer.
_NAMES = {
    "image": "A picture.",
    "tif": "A TIFF picture or satellite raster.",
    "doc": "A Word document in the old .doc format.",
    "rtf": "A rich text document.",
    "pptx": "A presentation.",
    "ppt": "A presentation in the old .ppt format.",
    "opendocument": "An OpenDocument file.",
    "msg": "A saved e-mail.",
    "gml": "Map geometry as GML.",
    "sqlite": "A database file, such as a GeoPackage.",
    "json": "Data as JSON.",
    "xml": "Data as XML.",
    "mat": "A MATLAB data file.",
    "hdf5": "An HDF5 data file.",
    "text": "A very long text file.",
    "csv": "A very long table as text.",
    "program": "A program, which has no place in a submission.",
    "ole": "A file in an old Office container.",
    "unknown": "A file of an unknown kind.",
}
#: Of files that hold other files, the sentence says what to do.
_PACKED = {
    "zip": "An archive that is not opened under this name. Rename it to end in .zip, or unpack it and add the files.",
    "rar": "An archive of a kind that is not opened (rar). Unpack it and add the files.",
    "7z": "An archive of a kind that is not opened (7z). Unpack it and add the files.",
    "gzip": "A compressed file of a kind that is not opened (gzip). Unpack it and add the files.",
}
#: Kinds whose content is wanted and cannot be had: code and sentence with the cure.
_REFUSED = {
    "empty": ("empty", "The file is empty. Copy it again from the original."),
    "html": (
        "unsupported",
        "The content is a web page, often a login or error page saved in place of the document. "
        "Download the document again, or print the page to PDF.",
    ),
    "xlsb": ("unsupported", "A workbook in the binary .xlsb format. Open it, save it as .xlsx, and add that."),
    "encrypted-office": (
        "encrypted",
        "An Office file that opens only with a password. Save a copy without one and add that.",
    ),
}


def read_plain(path: Path, kind: str, sha256: str, reader_version: str, max_cells: int) -> Reading:
    """A reading of a file that is neither PDF nor xlsx: text and CSV as one page, the rest with a note.

    The page of a text file has no geometry; of a CSV file it has the rows as well.
    """
    base = {"sha256": sha256, "reader": "plain", "reader_version": reader_version, "kind": kind}
    if kind in _REFUSED:
        code, note = _REFUSED[kind]
        return Reading.model_validate({**base, "status": "unreadable", "code": code, "note": note})
    if kind in ("text", "csv") and path.stat().st_size <= MOST_TEXT:
        try:
            page = _page(path, kind, max_cells)
        except TooMuch:
            note = f"The table holds more than {max_cells} cells. Send only what matters, or raise reading.max_cells."
            return Reading.model_validate({**base, "status": "quarantined", "code": "too_many_cells", "note": note})
        return Reading.model_validate({**base, "page_count": 1, "pages": (page,)})
    if kind == "zip" and not _is_whole(path):
        note = "The archive is broken off or damaged. Ask for it again, or unpack what can be had and add the files."
        return Reading.model_validate({**base, "status": "unreadable", "code": "damaged", "note": note})
    pages = 1 if kind in ("image", "tif") else 0
    note = _PACKED.get(kind) or f"{_NAMES.get(kind, _NAMES['unknown'])} {_LISTED}"
    if kind in _ENDING and _lacks_end(path):
        note = f"{note} {NO_END_MARK}"
    return Reading.model_validate(
        {**base, "page_count": pages, "unreadable_pages": (1,) if pages else (), "note": note}
    )


def _lacks_end(path: Path) -> bool:
    with path.open("rb") as file:
        return ends.look(file.fileno(), "")[0] is not None


def _is_whole(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path):
            return True
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return False


def _page(path: Path, kind: str, max_cells: int) -> Page:
    data = path.read_bytes()
    text = data.decode(encoding_of(data), "replace").replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", text).strip("\ufeff\n")
    return Page(number=1, text=text, rows=rows_of(text, max_cells) if kind == "csv" else ())
