"""Whether a file has the end that its kind must have; what lacks it is half copied, or broken."""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Callable
from typing import NamedTuple

#: Bytes looked at from the front and from the back.
HEAD, TAIL = 8192, 65_557 + 22
#: A JSON file of more bytes is judged by its last byte only; its brackets are not counted.
MOST_COUNTED = 8 * 1024 * 1024
#: Directories and segments looked at in one picture; one with more is taken as it is.
MOST_PARTS = 10_000
#: So many zero bytes at the end of a file of a kind without an end mean that it was set aside in full length.
ZEROS = 512

#: Said of a file without content.
EMPTY = "it is empty"

_PDF_TAIL = 2048
_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]{0,200})")


class _File(NamedTuple):
    """What the tests look at: the open file, its size in bytes, and its two ends."""

    descriptor: int
    size: int
    head: bytes
    tail: bytes

    def at(self, offset: int, length: int) -> bytes:
        return os.pread(self.descriptor, length, offset) if 0 <= offset < self.size else b""


#: What a kind says of a file: True when the end is there, False when it is not, None when nothing can be said.
_Test = Callable[[_File], bool | None]


def look(descriptor: int, name: str) -> tuple[str | None, bool]:
    """What an open file lacks to be whole, in words, or None; and whether its kind has an end and it is there.

    (None, False) is said of a kind without an end. The bytes decide the kind; the ending of `name` counts where they
    cannot (text, and what is only zeros so far). Time and memory are bounded, whatever the file holds.
    """
    size = os.fstat(descriptor).st_size
    if size == 0:
        return EMPTY, False
    if _has_hole(descriptor, size):
        return "parts of it were set aside and are not filled", False
    head = os.pread(descriptor, HEAD, 0)
    tail = os.pread(descriptor, TAIL, max(0, size - TAIL))
    file, suffix = _File(descriptor, size, head, tail), os.path.splitext(name)[1].lower()  # noqa: PTH122 - any bytes
    for begins, at, what, test in _BY_BYTES:
        if head.startswith(begins, at):
            return _answer(file, test, what)
    begins, what = _BY_SUFFIX_BINARY.get(suffix, (b"", ""))
    if begins and (begins.startswith(head) or not head.strip(b"\0")):
        return f"{what} is not there", False
    if suffix in _TEXTS:
        what, test = _TEXTS[suffix]
        return _answer(file, test, what)
    if suffix == ".dbf":
        return _answer(file, _dbf, _LENGTH)
    if not tail[-ZEROS:].strip(b"\0"):
        return "it ends with zeros, as a file does that was set aside in full length and is not filled", False
    return None, False


def _answer(file: _File, test: _Test, what: str) -> tuple[str | None, bool]:
    try:
        ended = test(file)
    except (struct.error, ValueError, OverflowError):
        ended = None  # it was cut short while it was looked at, or says what cannot be
    return (f"{what} is not there", False) if ended is False else (None, bool(ended))


def _has_hole(descriptor: int, size: int) -> bool:
    """Whether the file system knows of a part without content."""
    try:
        return os.lseek(descriptor, 0, os.SEEK_HOLE) < size
    except OSError:
        return False


# --- kinds that end with a mark ---------------------------------------------------------------------------------------


def _pdf(file: _File) -> bool:
    before, mark, after = file.tail[-_PDF_TAIL:].rpartition(b"%%EOF")
    # The first part of a PDF made for the web ends with a mark of its own, and so did every earlier revision.
    return bool(mark) and b" obj" not in after and before.split()[-2:] != [b"startxref", b"0"]


def _zip(file: _File) -> bool:
    """The end record that fits its place: that of an archive within, which was stored as it is, does not."""
    begins = file.size - len(file.tail)
    at = file.tail.rfind(b"PK\x05\x06")
    while at >= 0:
        record = file.tail[at : at + 22]
        if len(record) == 22:
            length, offset, comment = struct.unpack("<IIH", record[12:22])
            far = 0xFFFFFFFF in (length, offset) or file.tail[max(0, at - 20) : at].startswith(b"PK\x06\x07")
            # What stands in front of the archive shifts it; then its list of entries is looked for where it must end.
            listed = file.at(begins + at - length, 4) in (b"PK\x01\x02", b"PK\x06\x06") or length == 0
            fits = begins + at >= offset + length and (begins + at == offset + length or (listed and offset == 0))
            if begins + at + 22 + comment <= file.size and (far or fits):
                return True
        at = file.tail.rfind(b"PK\x05\x06", 0, at)
    return False


def _png(file: _File) -> bool:
    return b"IEND\xaeB`\x82" in file.tail


def _gif(file: _File) -> bool:
    return file.tail.rstrip(b"\0").endswith(b";")


def _jpeg(file: _File) -> bool | None:
    """The end mark behind the picture's own data: a preview in front of it has one as well."""
    at = 2
    for _ in range(MOST_PARTS):
        mark = file.at(at, 4)
        if len(mark) < 4:
            return mark[:2] == b"\xff\xd9"
        if mark[0] != 0xFF:
            return False if mark == b"\0\0\0\0" else None
        if mark[1] == 0xD9:
            return True
        if mark[1] in (0x01, 0xFF) or 0xD0 <= mark[1] <= 0xD7:
            at += 1 if mark[1] == 0xFF else 2
            continue
        if mark[1] == 0xDA:
            return _holds(file, b"\xff\xd9", at)
        at += 2 + int.from_bytes(mark[2:4], "big")
    return None


def _holds(file: _File, mark: bytes, at: int) -> bool:
    """Whether the mark stands anywhere from `at` on; not through a mapping: a file cut short would end this process."""
    while len(chunk := file.at(at, 1 << 20)) >= len(mark):
        if mark in chunk:
            return True
        at += len(chunk) - len(mark) + 1
    return False


# --- kinds that say how long they are ---------------------------------------------------------------------------------


def _riff(file: _File) -> bool:
    return int.from_bytes(file.head[4:8], "little") + 8 <= file.size


def _boxes(file: _File) -> bool | None:
    """Boxes of the ISO base media format (ISO/IEC 14496-12), one after the other to the end."""
    at = 0
    for _ in range(MOST_PARTS):
        if at == file.size:
            return True
        head = file.at(at, 16)
        if len(head) < 8:
            return False
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if not head[4:8].isalnum() and head[4:8].strip(b"\0"):
            return None  # no box of these
        if length == 0 and head[4:8].strip(b"\0"):
            return None  # "to the end of the file"
        if length < 8 or at + length > file.size:
            return False
        at += length
    return None


#: Bytes of one value, by its type (TIFF 6.0, section 2, and BigTIFF).
_TIFF_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_OFFSETS, _COUNTS = {273: 279, 324: 325}, (279, 325)
#: Strips or tiles looked at in one file.
_MOST_STRIPS = 500_000


def _tiff(file: _File) -> bool | None:
    """Every directory, and every strip or tile it names, lies within the file."""
    order = "<" if file.head[:2] == b"II" else ">"
    big = struct.unpack_from(f"{order}H", file.head.ljust(4, b"\0"), 2)[0] == 43
    word, entry, count = ("Q", 20, "Q") if big else ("I", 12, "H")
    room = struct.calcsize(f"={word}")
    first = file.at(8 if big else 4, room)
    if len(first) < room:
        return False
    at, seen, strips = struct.unpack(order + word, first)[0], set[int](), 0
    while at and at not in seen and len(seen) < MOST_PARTS:
        seen.add(at)
        head = file.at(at, struct.calcsize(f"={count}"))
        if len(head) < struct.calcsize(f"={count}"):
            return False
        number = struct.unpack(order + count, head)[0]
        if not 0 < number <= 65_536:
            return None if number else False
        table = file.at(at + len(head), number * entry + room)
        if len(table) < number * entry + room:
            return False
        looked_at = _strips_within(file, table[: number * entry], entry, order, word)
        if looked_at is None:
            return None
        if not looked_at:
            return False
        strips += looked_at
        if strips > _MOST_STRIPS:
            return None
        at = struct.unpack_from(order + word, table, number * entry)[0]
    return bool(seen)


def _strips_within(file: _File, table: bytes, entry: int, order: str, word: str) -> int | None:
    """How many values were looked at (at least 1) when all lie within; 0 when one does not, None: not to be told."""
    found: dict[int, list[int]] = {}
    room = struct.calcsize(f"={word}")
    for at in range(0, len(table), entry):
        tag, kind = struct.unpack_from(f"{order}HH", table, at)
        number = struct.unpack_from(order + word, table, at + 4)[0]
        size = _TIFF_SIZES.get(kind, 1)
        value = table[at + 4 + room : at + 4 + 2 * room]
        if number * size > room:
            offset = struct.unpack(order + word, value)[0]
            if offset + number * size > file.size:
                return 0
            wanted = tag in _OFFSETS or tag in _COUNTS
            value = file.at(offset, min(number, _MOST_STRIPS) * size) if wanted else b""
        if (tag in _OFFSETS or tag in _COUNTS) and kind in (3, 4, 16):
            if number > _MOST_STRIPS:
                return None
            letter = {3: "H", 4: "I", 16: "Q"}[kind]
            found[tag] = list(struct.unpack_from(f"{order}{number}{letter}", value))
    for tag, counted in _OFFSETS.items():
        for offset, length in zip(found.get(tag, ()), found.get(counted, ()), strict=False):
            if offset + length > file.size:
                return 0
    return 1 + sum(map(len, found.values()))


def _ole(file: _File) -> bool | None:
    """The last sector that its table of sectors says is used begins within the file ([MS-CFB] 2.2 and 2.3)."""
    if len(file.head) < 512:
        return False
    shift: int = struct.unpack_from("<H", file.head, 30)[0]
    tables: int = struct.unpack_from("<I", file.head, 44)[0]
    if shift not in (9, 12):
        return None
    sector = 1 << shift
    listed = [n for n in struct.unpack_from("<109I", file.head, 76) if n < 0xFFFFFFFA][:tables]
    for index, number in reversed(list(enumerate(listed))):
        table = file.at((number + 1) * sector, sector)
        if len(table) < sector:
            return False
        used = [n for n, next_one in enumerate(struct.unpack(f"<{sector // 4}I", table)) if next_one != 0xFFFFFFFF]
        if used:
            # A file of more sectors than the header's own list can name is only held to the part that it names.
            return bool((index * (sector // 4) + used[-1] + 1) * sector < file.size)
    return None


def _shapes(file: _File) -> bool | None:
    if len(file.head) < 28:
        return False
    announced = 2 * int.from_bytes(file.head[24:28], "big")
    # An index beside a shapefile begins alike and counts otherwise.
    return announced <= file.size if announced >= file.size else None


def _dbf(file: _File) -> bool | None:
    if len(file.head) < 32:
        return False
    rows, header, row = struct.unpack_from("<IHH", file.head, 4)
    return header + rows * row <= file.size if header else None


def _sqlite(file: _File) -> bool | None:
    if len(file.head) < 100:
        return False
    page, pages = int.from_bytes(file.head[16:18], "big"), int.from_bytes(file.head[28:32], "big")
    return (65_536 if page == 1 else page) * pages <= file.size if pages else None


# --- text that has an end ---------------------------------------------------------------------------------------------


def _json(file: _File) -> bool | None:
    """As many brackets closed as opened, strings left out; the last byte alone where that would take long."""
    if b"\0" in file.head[:64]:
        return False if not file.head[:64].strip(b"\0") else None
    begin, last = file.head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1], file.tail.rstrip(b" \t\r\n\x1e")[-1:]
    if begin not in (b"{", b"["):
        return None
    if last not in (b"}", b"]"):
        return False
    if file.size > MOST_COUNTED:
        return True
    data = os.pread(file.descriptor, file.size, 0).replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')
    if len(data) % 2 == 0:
        return False  # within a string
    outside = b"".join(data[::2])
    return outside.count(b"{") == outside.count(b"}") and outside.count(b"[") == outside.count(b"]")


def _xml(file: _File) -> bool | None:
    if b"\0" in file.head[:64]:
        return False if not file.head[:64].strip(b"\0") else None
    head = file.head
    for opening, closing in ((b"<?", b"?>"), (b"<!--", b"-->"), (b"<!", b">"), (b"<!--", b"-->")):
        while (rest := head.lstrip(b"\xef\xbb\xbf \t\r\n")).startswith(opening):
            _, found, head = rest.partition(closing)
            if not found:
                return False if file.size < HEAD else None
    root = _ROOT.match(head.lstrip(b"\xef\xbb\xbf \t\r\n"))
    if root is None:
        return None
    end = file.tail.rstrip(b" \t\r\n")
    return end.endswith(b">") and (b"</" + root[1] in end or (end.endswith(b"/>") and file.size < HEAD))


def _rtf(file: _File) -> bool:
    return file.tail.rstrip(b"\0 \t\r\n").endswith(b"}")


_LENGTH = "all that its beginning announces"
_RIFF = "the length that its beginning announces"
#: What a file begins with, where, what its end is called, and whether it has it.
_BY_BYTES: tuple[tuple[bytes, int, str, _Test], ...] = (
    (b"%PDF-", 0, "the end mark of a PDF (%%EOF)", _pdf),
    (b"PK\x03\x04", 0, "the end of its zip archive", _zip),
    (b"PK\x05\x06", 0, "the end of its zip archive", _zip),
    (b"\x89PNG\r\n\x1a\n", 0, "the end mark of a PNG picture", _png),
    (b"\xff\xd8\xff", 0, "the end mark of a JPEG picture", _jpeg),
    (b"GIF87a", 0, "the end mark of a GIF picture", _gif),
    (b"GIF89a", 0, "the end mark of a GIF picture", _gif),
    (b"WEBP", 8, _RIFF, _riff),
    (b"ftyp", 4, _LENGTH, _boxes),
    (b"II*\0", 0, "all that a TIFF's directory names", _tiff),
    (b"MM\0*", 0, "all that a TIFF's directory names", _tiff),
    (b"II+\0", 0, "all that a TIFF's directory names", _tiff),
    (b"MM\0+", 0, "all that a TIFF's directory names", _tiff),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, _LENGTH, _ole),
    (b"\0\0\x27\x0a", 0, _LENGTH, _shapes),
    (b"SQLite format 3\0", 0, _LENGTH, _sqlite),
    (b"{\\rtf", 0, "the last bracket of a rich text file", _rtf),
)
_ZIP, _TIFF, _OLE_FILE = b"PK\x03\x04", b"II*\0", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: By the ending of the name: how such a file begins, for one of which too little is there to tell by its bytes.
_BY_SUFFIX_BINARY: dict[str, tuple[bytes, str]] = {
    ".pdf": (b"%PDF-", "the end mark of a PDF (%%EOF)"),
    **dict.fromkeys(
        (".zip", ".xlsx", ".xlsm", ".docx", ".pptx", ".kmz", ".odt", ".ods"), (_ZIP, "the end of its zip archive")
    ),
    ".png": (b"\x89PNG\r\n\x1a\n", "the end mark of a PNG picture"),
    ".jpg": (b"\xff\xd8\xff", "the end mark of a JPEG picture"),
    ".jpeg": (b"\xff\xd8\xff", "the end mark of a JPEG picture"),
    ".gif": (b"GIF8", "the end mark of a GIF picture"),
    **dict.fromkeys((".tif", ".tiff"), (_TIFF, "all that a TIFF's directory names")),
    **dict.fromkeys((".xls", ".doc", ".msg"), (_OLE_FILE, _LENGTH)),
    **dict.fromkeys((".shp", ".shx"), (b"\0\0\x27\x0a", _LENGTH)),
    ".gpkg": (b"SQLite format 3\0", _LENGTH),
    ".rtf": (b"{\\rtf", "the last bracket of a rich text file"),
}
_BRACKETS, _CLOSED = "the closing bracket of its JSON", "the closing tag of its XML"
_TEXTS: dict[str, tuple[str, _Test]] = {
    **dict.fromkeys((".json", ".geojson", ".topojson", ".geojsonl", ".ndjson"), (_BRACKETS, _json)),
    **dict.fromkeys((".xml", ".kml", ".gml", ".gpx", ".svg", ".qgs", ".qml"), (_CLOSED, _xml)),
}
