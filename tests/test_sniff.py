from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pdf_maker import make_pdf, prose

from pipeline.reading.plain import read_plain
from pipeline.reading.sniff import encoding_of, sniff

DBF = bytes([3, 124, 5, 20]) + struct.pack("<IHH", 0, 65, 11) + bytes(52) + b"\x00" * 1
POINT = {"type": "Point", "coordinates": [0.1, 51.2]}


def file_of(folder: Path, data: bytes, name: str = "upload.pdf") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "empty"),
        (b"\x00\x00 \n\n", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "image"),
        (b"\xff\xd8\xff\xe0" + bytes(20), "image"),
        (b"II*\x00" + bytes(20), "tif"),
        (b"\x00\x00\x27\x0a" + bytes(96), "shapefile-part"),
        (DBF[:64] + b"\r" + bytes(40), "shapefile-part"),
        (b'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984"]]', "shapefile-part"),
        (json.dumps({"type": "FeatureCollection", "features": [{"geometry": POINT}]}).encode(), "geojson"),
        (b'{"bands": [2, 3, 4]}', "json"),
        (b'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"></kml>', "kml"),
        (b"<?xml version='1.0'?><tile><sensed>2024</sensed></tile>", "xml"),
        (b"<!DOCTYPE html><html><body>Please sign in</body></html>", "html"),
        (b"MATLAB 5.0 MAT-file, written by nobody" + bytes(200), "mat"),
        (b"Label;Depth;SOC\nA1;30;2.1\nA2;30;1.9\n", "csv"),
        (b"\xef\xbb\xbfLabel,Depth\nA1,30\n", "csv"),
        ("Grüße aus dem Feld,\nmit freundlichem Gruß".encode(), "text"),
        ("Grüße".encode("cp1252"), "text"),
        ("Grüße".encode("utf-16"), "text"),
        (bytes(range(256)) * 4, "unknown"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + "Workbook".encode("utf-16-le"), "xls"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + "EncryptedPackage".encode("utf-16-le"), "encrypted-office"),
        (b"The header of such a file reads %PDF-1.7 and that is all.", "text"),
    ],
)
def test_the_bytes_decide_what_a_file_is_whatever_its_name_says(tmp_path: Path, data: bytes, kind: str) -> None:
    assert sniff(file_of(tmp_path, data)) == kind


def test_office_files_and_archives_are_told_apart_by_what_they_hold(tmp_path: Path) -> None:
    # Given three zip containers under the same name ending
    workbook, letter, archive = (tmp_path / f"{n}.zip" for n in "abc")
    openpyxl.Workbook().save(workbook)
    for path, entry in ((letter, "word/document.xml"), (archive, "photos/one.jpg")):
        with zipfile.ZipFile(path, "w") as made:
            made.writestr(entry, "x")

    # Then each is called what it is
    assert [sniff(p) for p in (workbook, letter, archive)] == ["xlsx", "docx", "zip"]


def test_a_pdf_behind_two_kilobytes_of_junk_is_still_a_pdf(tmp_path: Path) -> None:
    pdf = make_pdf(tmp_path / "plain.pdf", prose).read_bytes()
    assert sniff(file_of(tmp_path, b"X-Gateway: yes\r\n" * 128 + pdf, "letter.txt")) == "pdf"


def test_a_web_page_under_a_documents_name_says_what_happened_and_what_to_do(tmp_path: Path) -> None:
    path = file_of(tmp_path, b"<html><title>Sign in</title></html>")
    reading = read_plain(path, sniff(path), "0" * 64, "1", 100)
    assert (reading.status, reading.code) == ("unreadable", "unsupported")
    assert "web page" in (reading.note or "")
    assert "again" in (reading.note or "")


def test_a_picture_is_listed_with_a_page_that_a_person_must_look_at(tmp_path: Path) -> None:
    path = file_of(tmp_path, b"\x89PNG\r\n\x1a\n" + bytes(20))
    reading = read_plain(path, sniff(path), "0" * 64, "1", 100)
    assert (reading.status, reading.kind, reading.page_count, reading.unreadable_pages) == ("ok", "image", 1, (1,))
    assert "person" in (reading.note or "")


def test_a_csv_file_gives_its_rows_and_its_text_without_the_byte_order_mark(tmp_path: Path) -> None:
    path = file_of(tmp_path, "Label;Depth\r\nGräs;30\r\n".encode("utf-8-sig"))
    page = read_plain(path, sniff(path), "0" * 64, "1", 100).pages[0]
    assert page.rows[0] == ("Label", "Depth")
    assert page.text.startswith("Label;Depth\nGräs;30")


@given(st.text(min_size=1))
def test_every_piece_of_utf8_is_recognised_as_such(text: str) -> None:
    data = text.encode("utf-8", "ignore")
    if data and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        assert encoding_of(data) == "utf-8"
