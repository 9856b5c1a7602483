from __future__ import annotations

import zipfile
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.models import Reading
from pipeline.reading.xlsx import cell_text, read_xlsx

SHA = "b" * 64


def read(path: Path, max_cells: int = 10_000) -> Reading:
    return read_xlsx(path, SHA, "1", max_cells)


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    del book["Sheet"]
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_sheets_are_pages_and_rows_are_cells_as_a_person_quotes_them(tmp_path: Path) -> None:
    # Given a yields sheet with numbers, dates, gaps and a formatted year
    path = workbook(
        tmp_path / "y.xlsx",
        Yields=[["Crop", 2018.0, 2019], [], ["Wheat", 7.25, None, True], [None, date(2022, 3, 1), "a\nb"], []],
        Lists=[["Barley"]],
    )

    # When it is read
    reading = read(path)

    # Then every sheet is a page, and cells read as they are shown
    first, second = reading.pages
    assert (first.number, first.title, second.number, second.title) == (1, "Yields", 2, "Lists")
    assert first.rows == (
        ("Crop", "2018", "2019"),
        (),
        ("Wheat", "7.25", "", "TRUE"),
        ("", "2022-03-01", "a b"),
    )
    assert first.text == "Crop 2018 2019\nWheat 7.25 TRUE\n2022-03-01 a b"
    assert reading.page_count == 2


def test_a_workbook_is_read_by_its_bytes_whatever_its_file_is_called(tmp_path: Path) -> None:
    # Given a workbook kept under its hash, as the content store keeps it
    kept = workbook(tmp_path / "y.xlsx", Yields=[["Crop", 2018]]).rename(tmp_path / SHA)

    # When it is read
    reading = read(kept)

    # Then it is read as any other
    assert (reading.status, reading.pages[0].text) == ("ok", "Crop 2018")


def test_hidden_sheets_are_read_too_and_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "h.xlsx", Open=[["a"]], Secret=[["b"]])
    book = openpyxl.load_workbook(path)
    book["Secret"].sheet_state = "hidden"
    book.save(path)
    reading = read(path)
    assert [p.text for p in reading.pages] == ["a", "b"]
    assert "Sheet 2 (Secret) is hidden." in (reading.note or "")


def test_empty_sheets_are_named_as_pages_without_text(tmp_path: Path) -> None:
    reading = read(workbook(tmp_path / "e.xlsx", Full=[["a"]], Blank=[]))
    assert reading.unreadable_pages == (2,)


def test_a_wrong_stored_size_of_a_sheet_is_not_believed(tmp_path: Path) -> None:
    # Given a sheet that claims to hold a single cell
    path = workbook(tmp_path / "d.xlsx", Data=[["a", "b"], ["c", "d"]])
    lying = tmp_path / "lying.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(lying, "w") as target:
        for item in source.infolist():
            data = source.read(item)
            if item.filename == "xl/worksheets/sheet1.xml":
                assert b'ref="A1:B2"' in data
                data = data.replace(b'ref="A1:B2"', b'ref="A1:A1"')
            target.writestr(item, data)

    assert read(lying).pages[0].rows == (("a", "b"), ("c", "d"))


def test_more_cells_than_allowed_are_not_read_and_the_limit_is_named(tmp_path: Path) -> None:
    reading = read(workbook(tmp_path / "m.xlsx", Data=[["x"] * 10] * 11), max_cells=100)
    assert (reading.status, reading.code, reading.pages) == ("quarantined", "too_many_cells", ())
    assert "reading.max_cells" in (reading.note or "")


def test_a_workbook_that_unpacks_to_far_more_than_it_weighs_is_not_opened(tmp_path: Path) -> None:
    path = workbook(tmp_path / "b.xlsx", Data=[["x"]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/huge.bin", bytes(40_000_000))
    reading = read(path)
    assert (reading.status, reading.code) == ("quarantined", "too_large")


@pytest.mark.parametrize("keep", [0.5, 0.9])
def test_a_cut_off_workbook_says_so(tmp_path: Path, keep: float) -> None:
    path = workbook(tmp_path / "t.xlsx", Data=[["x"]] * 50)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    assert (read(path).status, read(path).code) == ("quarantined", "truncated")


def test_a_workbook_with_broken_parts_is_malformed_and_nothing_is_raised(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types")
        archive.writestr("xl/workbook.xml", "not xml at all")
    assert (read(path).status, read(path).code) == ("quarantined", "malformed")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (False, "FALSE"),
        (2018.0, "2018"),
        (-0.03, "-0.03"),
        (date(2022, 1, 2), "2022-01-02"),
        (datetime(2022, 1, 2, 9, 30), "2022-01-02 09:30:00"),  # noqa: DTZ001 - workbooks know no time zone
        (time(9, 30), "09:30:00"),
        ("  two   words ", "two words"),
    ],
)
def test_a_cell_is_written_as_it_is_stored(value: object, text: str) -> None:
    assert cell_text(value) == text


@given(st.integers(min_value=-(10**14), max_value=10**14))
def test_whole_numbers_never_grow_a_decimal_point(number: int) -> None:
    assert cell_text(float(number)) == str(number) == cell_text(number)


def test_a_long_sheet_of_few_columns_is_read_whole_and_skipped_rows_do_not_count_as_cells(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for number in range(600):
        book.worksheets[0].append([number, "field"])
    book.worksheets[0].cell(row=40_000, column=1, value="a stray note")
    book.save(tmp_path / "long.xlsx")
    reading = read_xlsx(tmp_path / "long.xlsx", "0" * 64, "v", max_cells=2_000)
    assert reading.status == "ok"
    assert reading.pages[0].rows[599] == ("599", "field")
    assert reading.pages[0].rows[39_999] == ("a stray note",)
