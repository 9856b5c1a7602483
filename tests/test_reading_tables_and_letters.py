"""Delimited text, old workbooks and Word documents: rows and words as a person would quote them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import docx
import pytest
import xlwt
from hypothesis import given
from hypothesis import strategies as st

from pipeline.classification import classify
from pipeline.models import Reading
from pipeline.reading.delimited import MARKS, mark_of, rows_of
from pipeline.reading.reader import read_file


def reading_of(folder: Path, data: bytes, most_cells: int = 1000) -> Reading:
    path = folder / "content"
    path.write_bytes(data)
    return read_file(path, "0" * 64, 200, most_cells)


# --- delimited text ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("Label,Depth,SOC\nA1,30,2.4\nA2,30,2.2\n", ("A1", "30", "2.4")),
        ("Label;Depth;SOC\nA1;30,5;2,4\nA2;30,5;2,2\n", ("A1", "30,5", "2,4")),
        ("Label\tDepth\tSOC\nA1\t30, or so\t2.4\nA2\t30\t2.2\n", ("A1", "30, or so", "2.4")),
        ("Label|Depth|SOC\nA1|30|2.4\nA2|30|2.2\n", ("A1", "30", "2.4")),
        ('Label,Depth,SOC\n"A1, top\nfield",30,2.4\nA2,30,2.2\n', ("A1, top field", "30", "2.4")),
        ("Results of spring\n\nLabel,Depth,SOC\nA1,30,2.4\nA2,30,2.2\nA3,30,2.1\n", ("Label", "Depth", "SOC")),
        ('Label,Depth,SOC\n12" core,30,2.4\nA2,30,2.2\n', ('12" core', "30", "2.4")),
    ],
)
def test_the_mark_between_columns_is_the_one_that_makes_even_rows(text: str, row: tuple[str, ...]) -> None:
    assert row in rows_of(text, 1000)


@given(
    st.sampled_from(MARKS),
    st.lists(st.lists(st.from_regex(r"[a-z0-9]{1,6}", fullmatch=True), min_size=3, max_size=3), min_size=2, max_size=9),
)
def test_rows_that_were_joined_with_a_mark_come_apart_at_it(mark: str, rows: list[list[str]]) -> None:
    text = "\n".join(mark.join(row) for row in rows)
    assert mark_of(text) == mark
    assert rows_of(text, 1000) == tuple(map(tuple, rows))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_table_says_the_same_in_every_encoding_that_programs_write(tmp_path: Path, encoding: str) -> None:
    page = reading_of(tmp_path, "Märk;Größe\r\nGräs;30\r\nKlée;31\r\n".encode(encoding)).pages[0]
    assert page.rows == (("Märk", "Größe"), ("Gräs", "30"), ("Klée", "31"))
    assert page.text.startswith("Märk;Größe\nGräs;30")


def test_a_table_of_samples_is_known_by_its_header_below_a_title(tmp_path: Path) -> None:
    text = "Spring campaign\n;;;;;\nLabel;NRMRef;BD;Depth;SOC;SOCS\nA1;77;1,2;30;2,4;61\nA2;78;1,3;30;2,2;58\n"
    reading = reading_of(tmp_path, text.encode("cp1252"))
    assert classify(reading, "x.CSV").document_type == "lab_results"


def test_a_table_with_more_cells_than_allowed_is_not_read_in_part(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, b"a,b,c\n" * 50, most_cells=100)
    assert (reading.status, reading.code, reading.pages) == ("quarantined", "too_many_cells", ())


# --- old workbooks ----------------------------------------------------------------------------------------------------


def old_workbook(rows: list[list[object]], title: str = "Sheet1") -> bytes:
    book, out = xlwt.Workbook(), io.BytesIO()
    sheet = book.add_sheet(title)
    day = xlwt.easyxf(num_format_str="DD/MM/YYYY")
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            sheet.write(r, c, value, day) if isinstance(value, date) else sheet.write(r, c, value)
    hidden = book.add_sheet("Notes")
    hidden.visibility = 1
    book.save(out)
    return out.getvalue()


def test_an_old_workbook_gives_its_cells_as_a_newer_one_does(tmp_path: Path) -> None:
    rows: list[list[object]] = [["", "Harvest"], [], ["", 2018.0, 2.5, date(2022, 9, 1), True]]
    reading = reading_of(tmp_path, old_workbook(rows))
    page = reading.pages[0]
    assert (reading.kind, reading.status, reading.page_count) == ("xls", "ok", 2)
    assert page.rows == (("", "Harvest"), (), ("", "2018", "2.5", "2022-09-01", "TRUE"))
    assert page.text == "Harvest\n2018 2.5 2022-09-01 TRUE"
    assert (page.title, reading.note) == ("Sheet1", "Sheet 2 (Notes) is hidden.")


def test_a_yields_workbook_is_known_in_the_old_format_too(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Pre-Baseline 5-Year Management"], ["Field", 2017, 2018, 2019, 2020, 2021]]
    found = classify(reading_of(tmp_path, old_workbook(rows)), "x.xls")
    assert found.document_type == "farm_management_records"
    assert found.facts["years"] == "2017 2018 2019 2020 2021"


@pytest.mark.parametrize("cut", [600, 1500, 4000])
def test_a_damaged_old_workbook_says_what_to_do(tmp_path: Path, cut: int) -> None:
    data = bytearray(old_workbook([["x", n] for n in range(50)]))
    data[cut : cut + 400] = b"\xff" * 400
    reading = reading_of(tmp_path, bytes(data))
    assert reading.status in ("ok", "quarantined")
    assert reading.status == "ok" or "save it as .xlsx" in (reading.note or "")


def test_an_old_workbook_that_is_cut_off_is_quarantined(tmp_path: Path) -> None:
    whole = old_workbook([["text " * 20, n] for n in range(500)])
    reading = reading_of(tmp_path, whole[: len(whole) // 3] + b"W\x00o\x00r\x00k\x00b\x00o\x00o\x00k\x00")
    assert (reading.status, reading.code) == ("quarantined", "malformed")


# --- Word documents ---------------------------------------------------------------------------------------------------


def letter(write: Callable[[docx.document.Document], object]) -> bytes:
    document, out = docx.Document(), io.BytesIO()
    write(document)
    document.save(out)
    return out.getvalue()


def attestation(document: docx.document.Document) -> None:
    document.add_heading("Attestation", 1)
    document.add_paragraph("I, the owner of the land at Larkfield Farm, hereby attest and confirm")
    table = document.add_table(2, 2)
    for cell, words in zip(
        [c for row in table.rows for c in row.cells], ("Field", "Hectares", "Top Leys", "12.5"), strict=True
    ):
        cell.text = words
    document.add_paragraph("").add_run("Describe the land here.").italic = True
    document.add_paragraph("that its fields have been farm land for thirty years.\nSigned, A. Grower")


def test_a_letter_is_one_page_of_paragraphs_and_tables_in_their_order(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, letter(attestation))
    page = reading.pages[0]
    assert (reading.kind, reading.status, reading.page_count) == ("docx", "ok", 1)
    assert [line.text for line in page.lines][2:4] == ["Field Hectares", "Top Leys 12.5"]
    assert page.text.splitlines()[-1] == "Signed, A. Grower"
    assert page.tables[0].rows == (("Field", "Hectares"), ("Top Leys", "12.5"))
    assert [line.text for line in page.lines if line.italic] == ["Describe the land here."]
    assert "page 1" in (reading.note or "")
    assert classify(reading, "x.docx").document_type == "land_tenure"


def test_changes_under_way_in_a_letter_are_told(tmp_path: Path) -> None:
    data = letter(lambda d: d.add_paragraph("We agree to all of it."))
    changed = repacked(data, "word/document.xml", lambda xml: xml.replace(b"<w:r>", b"<w:ins><w:r>", 1).replace(
        b"</w:r>", b"</w:r></w:ins>", 1))  # fmt: skip
    assert "accepted or rejected" in (reading_of(tmp_path, changed).note or "")


def repacked(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return out.getvalue()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda xml: xml[: len(xml) // 2], "malformed"),
        (lambda xml: b" " * 280_000_000 + xml, "too_large"),
        (lambda xml: b"<a>" * 100_000, "malformed"),
    ],
)
def test_a_broken_or_hostile_letter_is_quarantined_with_a_cure(
    tmp_path: Path, change: Callable[[bytes], bytes], code: str
) -> None:
    reading = reading_of(tmp_path, repacked(letter(attestation), "word/document.xml", change))
    assert (reading.status, reading.code) == ("quarantined", code)
    assert "save it again" in (reading.note or "")


def test_an_entity_that_grows_is_not_expanded(tmp_path: Path) -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "' + b"&a;" * 1000 + b'"><!ENTITY c "' + b"&b;" * 1000 + b'">]>'

    def with_bomb(xml: bytes) -> bytes:
        return xml.replace(b"?>", b"?>" + bomb, 1).replace(b"Larkfield", b"&c;")

    reading = reading_of(tmp_path, repacked(letter(attestation), "word/document.xml", with_bomb))
    assert sum(len(page.text) for page in reading.pages) < 10_000


def test_half_a_letter_is_said_to_be_cut_off(tmp_path: Path) -> None:
    data = letter(attestation)
    path = tmp_path / "content"
    path.write_bytes(data[: len(data) // 2])
    assert read_file(path, "0" * 64, 200, 1000).kind in ("docx", "zip")
