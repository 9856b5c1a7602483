"""The report as a workbook: the matrix of requirements by documents, lists to sort, and never a formula."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import report_fixture as made
from hypothesis import given, settings
from hypothesis import strategies as st
from office import converted

from pipeline.models import Annotation, Claim, Report
from pipeline.reporting.layout import lay_out
from pipeline.reporting.workbook import CUT, LONGEST, render_xlsx

LINK = '=HYPERLINK("http://198.51.100.7","look")'
FORMULAS = (LINK, "=1+1", "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "=cmd|'/c calc'!A0")


def sheets(data: bytes) -> dict[str, list[list[Any]]]:
    book = openpyxl.load_workbook(io.BytesIO(data))
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


def as_workbook(report: Report) -> bytes:
    return render_xlsx(report, made.checklist())


def with_row(report: Report, requirement_id: str, **update: Any) -> Report:
    rows = [r.model_copy(update=update) if r.requirement_id == requirement_id else r for r in report.requirements]
    return report.model_copy(update={"requirements": tuple(rows)})


def test_the_matrix_has_a_row_for_each_requirement_and_a_column_for_each_document_in_use() -> None:
    report = made.report()
    head, *rows = sheets(as_workbook(report))["Matrix"]
    used = [d.filename for d in lay_out(report, made.checklist()).submitted]
    assert head == ["Requirement", "Title", "Status", *used]
    assert [row[0] for row in rows] == [r.requirement_id for r in report.requirements]
    assert [row[2] for row in rows[:4]] == ["Covered", "Partial", "Needs review", "Partial"]
    of_two = dict(zip(head, rows[1], strict=True))
    assert of_two[made.PLAN] == (
        "section 1.7 (Project Ownership), p. 7 (PDF p. 10); Appendix (Land Ownership), p. 31 (PDF p. 34)"
    )
    assert of_two[made.REGISTER] == "supplementary: p. 2 (PDF p. 2)"
    # a document that answers nothing has its column, and what was set aside has none
    assert [row[head.index("boundary.zip")] for row in rows] == [None] * 23
    assert "Registry Agent Review Harrow Vale.pdf" not in head


def test_the_lists_hold_every_row_exception_and_document_and_claims_where_there_are_any() -> None:
    report = made.report()
    found = sheets(as_workbook(report))
    assert list(found) == ["Matrix", "Requirements", "Exceptions", "Documents"]
    assert [len(rows) - 1 for rows in found.values()] == [23, 23, len(report.exceptions), len(report.documents)]
    assert {row[-1] for row in found["Documents"][1:]} == {d.sha256 for d in report.documents}
    claim = Claim(claim_id="c", requirement_id="REQ-003", evidence=made.evidence(made.PLAN, 12, "The hedges stand."),
                  note=None, by="helper", at=made.NOON, stands=False)  # fmt: skip
    claims = sheets(as_workbook(report.model_copy(update={"claims": (claim,)})))["Claims"]
    assert claims[1][:2] == ["REQ-003", "The hedges stand."]
    assert claims[1][5].startswith("no longer")


def test_peoples_words_stand_in_their_own_columns() -> None:
    said = {"status": "approved", "reason": "Read.", "by": "Ana Agent"}
    remark = Annotation(annotation_id="n", requirement_id="REQ-001", kind="note", text="Seen twice.", by="Ben Reader",
                        at=made.NOON)  # fmt: skip
    report = with_row(made.report(), "REQ-001", decision={**said, "state": "holds"})
    report = with_row(report, "REQ-002", decision={**said, "state": "reopened", "changed": ["Other words."]})
    data = as_workbook(report.model_copy(update={"annotations": (remark,)}))
    head, first, second, third, *_ = sheets(data)["Requirements"]
    assert head[-4:] == ["Decision", "Decided by", "Reason", "Remarks"]
    assert first[-4:] == ["Approved", "Ana Agent", "Read.", "Note (Ben Reader): Seen twice."]
    assert second[-4:-1] == ["Approved (re-opened)", "Ana Agent", "Read."]
    assert third[-4:] == [None] * 4


def hostile(words: str) -> Report:
    """A report in which a document is called, and says, what a spreadsheet would carry out."""
    report = with_row(made.report(), "REQ-001", reason=words)
    said = report.exceptions[0].model_copy(update={"message": words})
    documents = (made.document(f"{words}.csv", "other", notes=(words,)), *report.documents)
    return report.model_copy(update={"documents": documents, "exceptions": (said, *report.exceptions[1:])})


@pytest.mark.parametrize("words", FORMULAS)
def test_a_formula_from_a_document_stays_text(words: str) -> None:
    data = as_workbook(hostile(words))
    book = openpyxl.load_workbook(io.BytesIO(data))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    held = [cell for cell in cells if str(cell.value).strip().startswith(words.strip())]
    assert len(held) >= 4
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert all(cell.quotePrefix for cell in held if cell.value[:1] in "=+-@")
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert not any(b"<f>" in parts.read(name) or b"<f " in parts.read(name) for name in parts.namelist())
        assert not any("external" in name.lower() for name in parts.namelist())


@settings(max_examples=15, deadline=None)
@given(st.text(max_size=60))
def test_whatever_a_document_says_the_workbook_opens_and_holds_no_formula(words: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(as_workbook(hostile(words))))
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"s", "n"}


def test_a_text_that_is_longer_than_a_cell_is_cut_and_says_so() -> None:
    cell = sheets(as_workbook(hostile("long " * 8000)))["Exceptions"][1][1]
    assert len(cell) == LONGEST
    assert cell.endswith(CUT)


def test_libreoffice_opens_the_workbook_and_carries_nothing_out(office_program: str, tmp_path: Path) -> None:
    (tmp_path / "matrix.xlsx").write_bytes(as_workbook(hostile("=1+1")))
    matrix = converted(office_program, tmp_path / "matrix.xlsx", "csv", tmp_path).read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(matrix)))
    assert "=1+1.csv" in rows[0]
    assert [row[0] for row in rows[1:]] == [r.requirement_id for r in made.report().requirements]


def test_the_same_report_gives_the_same_bytes() -> None:
    assert as_workbook(made.report()) == as_workbook(made.report())
    assert as_workbook(made.report()) != as_workbook(hostile("other"))
