"""Every kind that has an end: whole it has it, cut anywhere in the middle it lacks it."""

from __future__ import annotations

import io
import json
import os
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipeline.reading import ends

CHANCE = random.Random(7)  # noqa: S311 - bytes of test files


def look(path: Path) -> tuple[str | None, bool]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return ends.look(descriptor, path.name)
    finally:
        os.close(descriptor)


def _picture(kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image = Image.frombytes("RGB", (120, 90), CHANCE.randbytes(120 * 90 * 3))
    if kind == "JPEG":  # with a preview in it, which has an end mark of its own
        image.save(out, kind, exif=b"Exif\0\0" + b"\xff\xd8\xff\xd9" * 20)
    else:
        image.save(out, kind, **options)
    return out.getvalue()


def _zip(inner: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("inner.zip", inner or CHANCE.randbytes(400))
        archive.writestr("more.bin", CHANCE.randbytes(2000))
    return out.getvalue()


def _workbook() -> bytes:
    out, book = io.BytesIO(), openpyxl.Workbook()
    for row in range(50):
        book.active.append([row, "a field"])
    book.save(out)
    return out.getvalue()


def _letter() -> bytes:
    out, letter = io.BytesIO(), Document()
    letter.add_paragraph("A letter.")
    letter.save(out)
    return out.getvalue()


def _ole() -> bytes:
    table = [0xFFFFFFFD, *range(2, 12), 0xFFFFFFFE] + [0xFFFFFFFF] * 116
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    head = head.ljust(44, b"\0") + struct.pack("<I", 1)
    head = head.ljust(76, b"\0") + struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    return head + struct.pack("<128I", *table) + CHANCE.randbytes(11 * 512)


def _shapefile() -> bytes:
    return struct.pack(">I", 9994) + bytes(20) + struct.pack(">I", 500) + CHANCE.randbytes(972)


_FIELDS = {"type": "FeatureCollection", "features": [{"type": "Feature", "n": [n, '"]}'], "p": {}} for n in range(60)]}
MADE: dict[str, Callable[[], bytes]] = {
    "plan.pdf": lambda: b"%PDF-1.7\n" + CHANCE.randbytes(5000) + b"\n%%EOF\n",
    "revised.pdf": lambda: b"%PDF-1.7\nstartxref\n0\n%%EOF\n" + b"1 0 obj <<>> endobj\n" * 400 + b"%%EOF\n",
    "papers.zip": _zip,
    "nested.zip": lambda: _zip(_zip()),
    "yields.xlsx": _workbook,
    "letter.docx": _letter,
    "farm.kmz": _zip,
    "photo.jpg": lambda: _picture("JPEG"),
    "map.png": lambda: _picture("PNG"),
    "icon.gif": lambda: _picture("GIF"),
    "photo.webp": lambda: _picture("WEBP"),
    "cover.tif": lambda: _picture("TIFF"),
    "packed.tif": lambda: _picture("TIFF", compression="tiff_lzw"),
    "big.tif": lambda: _picture("TIFF", big_tiff=True),
    "fields.geojson": lambda: json.dumps(_FIELDS).encode(),
    "farm.kml": lambda: b'<?xml version="1.0"?>\n<!-- <x> -->\n<kml>' + b"<Placemark/>" * 200 + b"</kml>\n",
    "old.xls": _ole,
    "farm.shp": _shapefile,
    "farm.dbf": lambda: struct.pack("<4BIHH", 3, 126, 1, 1, 40, 65, 20).ljust(65, b"\0") + b"x" * 800,
    "letter.rtf": lambda: b"{\\rtf1 " + b"words " * 300 + b"}",
}


@pytest.mark.parametrize("name", MADE)
def test_a_whole_file_has_its_end_and_one_cut_in_the_middle_lacks_it(tmp_path: Path, name: str) -> None:
    path, data = tmp_path / name, MADE[name]()
    path.write_bytes(data)
    assert look(path) == (None, True)

    for share in (0.02, 0.25, 0.5, 0.75, 0.9):
        path.write_bytes(data[: max(1, int(len(data) * share))])
        lacks, ended = look(path)
        assert lacks, f"{share} of {name}"
        assert not ended


@pytest.mark.parametrize("name", MADE)
def test_a_file_set_aside_in_full_length_lacks_its_end_until_it_is_filled(tmp_path: Path, name: str) -> None:
    path, data = tmp_path / name, MADE[name]()
    with path.open("wb") as file:
        file.truncate(len(data) + 200_000)  # more than a block, so that the disk knows of the hole
        assert look(path)[0]
        file.write(data[: len(data) // 2])
        file.flush()
        assert look(path)[0]


@pytest.mark.parametrize(("name", "content"), [("notes.txt", b"words\n"), ("t.csv", b"a;b\n"), ("page.html", b"<p>")])
def test_text_without_an_end_lacks_nothing_unless_it_is_zeros_so_far(
    tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert look(path) == (None, False)
    path.write_bytes(content + bytes(4096))
    assert "zeros" in str(look(path)[0])
    path.write_bytes(b"")
    assert look(path)[0] == "it is empty"


@settings(max_examples=60, deadline=None)
@given(
    begin=st.sampled_from([data()[:600] for data in MADE.values()]),
    rest=st.binary(max_size=3000),
    name=st.sampled_from(sorted(MADE)),
)
def test_whatever_a_file_holds_it_is_judged_without_an_error(
    tmp_path_factory: pytest.TempPathFactory, begin: bytes, rest: bytes, name: str
) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(begin + rest)

    lacks, ended = look(path)

    assert not (lacks and ended)
