"""What a file is by its bytes, whatever its name says."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

#: How much of the front of a file is looked at.
WINDOW = 8192

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF-", "pdf"),
    (0, b"\x89PNG\r\n\x1a\n", "image"),
    (0, b"\xff\xd8\xff", "image"),
    (0, b"GIF87a", "image"),
    (0, b"GIF89a", "image"),
    (8, b"WEBPVP8", "image"),
    (4, b"ftyphei", "image"),
    (0, b"II*\x00", "tif"),
    (0, b"MM\x00*", "tif"),
    (0, b"II+\x00", "tif"),
    (0, b"MM\x00+", "tif"),
    (0, b"\x00\x00\x27\x0a", "shapefile-part"),
    (0, b"SQLite format 3\x00", "sqlite"),
    (0, b"MATLAB 5.0 MAT-file", "mat"),
    (0, b"MATLAB 7.3 MAT-file", "mat"),
    (0, b"\x89HDF\r\n\x1a\n", "hdf5"),
    (0, b"Rar!\x1a\x07", "rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"\x1f\x8b\x08", "gzip"),
    (0, b"{\\rtf", "rtf"),
    (0, b"\x7fELF", "program"),
    (0, b"MZ", "program"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: What an entry of a zip container makes of it (ECMA-376 part names, KMZ, OpenDocument).
_IN_ZIP = (
    ("xl/workbook.xml", "xlsx"),
    ("xl/workbook.bin", "xlsb"),
    ("word/document.xml", "docx"),
    ("ppt/presentation.xml", "pptx"),
    ("doc.kml", "kmz"),
    ("META-INF/manifest.xml", "opendocument"),
)
#: What belongs to a zipped map.
_MAP_PICTURES = (".kml", ".png", ".jpg", ".jpeg", ".gif", ".svg")
#: The local header of an entry below xl/ (APPNOTE 4.3.7: 30 bytes, then the name), and how far it is looked for.
_SHEET_ENTRY = re.compile(rb"PK\x03\x04.{26}xl/", re.DOTALL)
_HALF_WINDOW = 1 << 20
_PROJECTION = re.compile(r"\s*(?:PROJCS|GEOGCS|PROJCRS|GEOGCRS|COMPD_?CS|GEODCRS|BOUNDCRS)\[")
_GEOMETRY = re.compile(r'"type"\s*:\s*"(?:feature|featurecollection|(?:multi)?polygon|geometrycollection)"')
_PDF_HEADER = re.compile(rb"%PDF-\d\.\d")
_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def sniff(path: Path) -> str:
    """The kind of a file: pdf, xlsx, xls, docx, image, tif, text, csv, geojson, kml, zip, empty, unknown, ...

    Only the bytes decide, never the name, so that the answer is the same wherever the same content turns up.
    """
    with path.open("rb") as file:
        head = file.read(WINDOW)
        file.seek(max(0, file.seek(0, 2) - WINDOW))
        tail = file.read()
    if not head.strip(b"\x00 \t\r\n"):
        return "empty" if not tail.strip(b"\x00 \t\r\n") else "unknown"
    for at, signature, kind in _SIGNATURES:
        if head.startswith(signature, at):
            return kind
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_kind(path)
    if head.startswith(_OLE):
        return _ole_kind(path)
    # A PDF behind junk; text that merely mentions a header has no objects after it.
    if (match := _PDF_HEADER.search(head)) and (b"startxref" in tail or b" obj" in head[match.end() :]):
        return "pdf"
    if _is_dbf(head):
        return "shapefile-part"
    return _text_kind(head)


def encoding_of(data: bytes) -> str:
    """The encoding of a piece of text: by its byte order mark, else UTF-8 when it is valid, else Windows-1252."""
    for mark, name in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return name
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        # The window may end inside a character; that alone says nothing against UTF-8.
        return "utf-8" if error.start >= len(data) - 3 else "cp1252"
    return "utf-8"


def _zip_kind(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
        return _half_zip_kind(path)
    return next((kind for entry, kind in _IN_ZIP if entry in names), "kmz" if _is_map(names) else "zip")


def _is_map(names: set[str]) -> bool:
    """One map at the top and nothing else but pictures for it: the map need not be called doc.kml."""
    files = [name.casefold() for name in names if not name.endswith("/")]
    maps = [name for name in files if name.endswith(".kml")]
    return len(maps) == 1 and "/" not in maps[0] and all(name.endswith(_MAP_PICTURES) for name in files)


def _half_zip_kind(path: Path) -> str:
    """The list of entries stands at the end, but each entry also says its name: half a workbook is a workbook."""
    with path.open("rb") as file:
        return "xlsx" if _SHEET_ENTRY.search(file.read(_HALF_WINDOW)) else "zip"


def _ole_kind(path: Path) -> str:
    # Names in an OLE directory are UTF-16; a whole parser would be needed only to read the streams themselves.
    with path.open("rb") as file:
        data = file.read(32 * 1024 * 1024)
    streams = (
        ("EncryptedPackage", "encrypted-office"),
        ("WordDocument", "doc"),
        ("Workbook", "xls"),
        ("Book", "xls"),
        ("PowerPoint Document", "ppt"),
        ("__substg1.0_", "msg"),
    )
    return next((kind for name, kind in streams if name.encode("utf-16-le") in data), "ole")


def _is_dbf(head: bytes) -> bool:
    # dBASE table file: version, date of last update (yy mm dd), header of 32-byte fields ended by 0x0D.
    if len(head) < 33 or head[0] not in (0x02, 0x03, 0x04, 0x05, 0x30, 0x31, 0x32, 0x83, 0x8B, 0x8E, 0xF5):
        return False
    header = int.from_bytes(head[8:10], "little")
    return 1 <= head[2] <= 12 and 1 <= head[3] <= 31 and 33 <= header <= len(head) and head[header - 1] == 0x0D


def _text_kind(head: bytes) -> str:
    if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "unknown"
    text = head.decode(encoding_of(head), "replace")
    if sum(c < " " and c not in "\t\r\n\f" for c in text) > len(text) / 100:
        return "unknown"
    start = text.lstrip("\ufeff \t\r\n").lower()
    if start.startswith(("<!doctype html", "<html")) or ("<html" in start[:1000] and start.startswith("<")):
        return "html"
    if start.startswith("<"):
        return "kml" if "<kml" in start else "gml" if "opengis.net/gml" in start else "xml"
    if start.startswith(("{", "[")) and re.match(r'[\[{]\s*(?:["\[{\]}\d-]|true|false|null)', start):
        return "geojson" if _GEOMETRY.search(start) else "json"
    if _PROJECTION.match(text):
        return "shapefile-part"
    return "csv" if _is_table(text) else "text"


def _is_table(text: str) -> bool:
    lines = [line for line in text.splitlines()[:12] if line.strip()]
    if len(lines) > 2:
        lines = lines[:-1]  # the window may cut the last one
    if len(lines) < 2:
        return False
    counts = {mark: [line.count(mark) for line in lines] for mark in ",;\t|"}
    # Prose has commas too, but not the same number of them on every line; a title or two may stand above a table.
    return any(
        (min(n) >= 1 and (max(n) == min(n) or (min(n) >= 4 and max(n) <= 2 * min(n))))
        or (max(n) >= 2 and 3 <= n.count(max(n)) >= 0.6 * len(n))
        for n in counts.values()
    )
