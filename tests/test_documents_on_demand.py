"""The report as a document that somebody asks for, beside the version that says the same; the developer's letter."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from docx import Document
from office import converted
from test_cli import Typist, reviewed
from test_registry_form import pages_of, squashed

from pipeline.decisions.revision_requests import all_in_present
from pipeline.errors import NotMadeYet, UsageError
from pipeline.reporting.revision_letter import RevisionLetter, render_letter, revision_letter
from pipeline.reporting.word_letter import render_letter_docx
from pipeline.stages import human_review
from pipeline.stages.generate_report import ON_DEMAND, all_paths, form_path, latest_paths, report_paths
from pipeline.stages.initialize import create_session
from pipeline.workflow import results
from tests.desk import ANA, BEN, Desk, a_desk

__all__ = ["reviewed"]
STARTS = {"docx": b"PK", "pdf": b"%PDF-", "xlsx": b"PK"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with a_desk(tmp_path_factory.mktemp("desk")) as opened:
        yield opened


@pytest.fixture(scope="module")
def session_id(desk: Desk) -> str:
    return desk.begin()


def test_a_run_makes_no_document_that_nobody_asked_for(desk: Desk, session_id: str) -> None:
    record = desk.record(session_id)
    assert set(report_paths(desk.ws, record)[1]) == {"json", "md", "html"}
    folder = latest_paths(desk.ws, session_id)["json"].parent
    assert {path.suffix for path in folder.iterdir()} == {".json", ".md", ".html"}


@pytest.mark.parametrize("kind", ON_DEMAND)
def test_a_document_is_made_beside_the_version_that_says_the_same(desk: Desk, session_id: str, kind: str) -> None:
    record, newest = desk.record(session_id), latest_paths(desk.ws, session_id)
    path = form_path(desk.ws, record, kind)
    assert path == newest["json"].with_suffix(f".{kind}")
    first = path.read_bytes()
    assert first.startswith(STARTS[kind])
    assert path.stat().st_mode & 0o777 == 0o600
    # asked for again, days later, it is the same file; and made again, the same bytes
    desk.clock.advance(days=3)
    before = path.stat().st_mtime_ns
    assert form_path(desk.ws, record, kind) == path
    assert path.stat().st_mtime_ns == before
    path.unlink()
    assert form_path(desk.ws, record, kind).read_bytes() == first
    assert latest_paths(desk.ws, session_id) == newest


def test_a_document_that_says_something_else_is_never_written_over(desk: Desk) -> None:
    session_id = desk.begin()
    record = desk.record(session_id)
    path = form_path(desk.ws, record, "docx")
    path.write_bytes(b"what somebody put there")
    made = all_paths(desk.ws, record)[1]
    assert {one.name.rpartition("-")[2] for one in made.values()} == {
        "v2.json", "v2.md", "v2.html", "v2.docx", "v2.pdf", "v2.xlsx",
    }  # fmt: skip
    assert path.read_bytes() == b"what somebody put there"
    assert made["docx"].read_bytes().startswith(b"PK")


def test_a_decision_makes_a_new_version_and_its_document_holds_it(desk: Desk) -> None:
    session_id = desk.begin()
    first = form_path(desk.ws, desk.record(session_id), "docx")
    human_review.record_decision(desk.ws, session_id, "7", "approved", "Read on the page.", ANA)
    desk.run(session_id)
    second = form_path(desk.ws, desk.record(session_id), "docx")
    assert (first.name[-8:], second.name[-8:]) == ("-v1.docx", "-v2.docx")
    row = Document(str(second)).tables[1].rows[8].cells
    assert row[4].text == "Approved"
    assert f"Registry agent: Approved ({ANA}). Read on the page." in row[5].text
    assert [r.cells[4].text for r in Document(str(first)).tables[1].rows[2:]] == [""] * 23


def test_without_a_report_or_for_an_unknown_form_it_says_what_to_do(desk: Desk) -> None:
    record = create_session(desk.ws, "Nothing yet")
    with pytest.raises(NotMadeYet, match="no report yet"):
        form_path(desk.ws, desk.record(record.session_id), "pdf")
    with pytest.raises(UsageError, match="'exe'"):
        form_path(desk.ws, desk.record(record.session_id), "exe")


def test_the_example_reads_back_from_its_pdf(desk: Desk, session_id: str) -> None:
    report, paths = all_paths(desk.ws, desk.record(session_id))
    text = squashed("".join(pages_of(paths["pdf"])))
    whole = [squashed(e.quote) in text for row in report.requirements for e in row.evidence]
    # one that goes on over a page's end has that page's furniture in the middle
    assert whole.count(False) <= len(pages_of(paths["pdf"]))
    assert whole.count(True) >= 25


# --- typed ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ON_DEMAND)
def test_report_writes_the_form_that_the_file_or_the_option_says(
    reviewed: tuple[Typist, str], tmp_path: Path, kind: str
) -> None:
    typed, session = reviewed
    out = tmp_path / f"form.{kind}"
    assert typed("report", session, "-o", out).stdout.strip() == str(out)
    assert out.read_bytes().startswith(STARTS[kind])
    kept = Path(typed("report", session, "--format", kind).stdout.strip())
    assert kept.read_bytes() == out.read_bytes()
    assert kept.name == f"report-{session}-v1.{kind}"
    assert typed("report", session, "--format", kind, "-o", "-").stdout_bytes == out.read_bytes()


# --- the letter -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def letter(desk: Desk) -> RevisionLetter:
    session_id = desk.begin(without=("yields",))
    what = "A signed statement of the owner on 10 m² of the “Crèche Élisée” – CO₂ store"
    human_review.request_revision(desk.ws, session_id, "7", BEN, what=what, priority="critical",
                                  suggested_filename="Déclaration.pdf")  # fmt: skip
    human_review.request_revision(desk.ws, session_id, "9", ANA)
    record = desk.record(session_id)
    validation = results.load_validation(desk.ws, record)
    assert validation is not None
    asked = all_in_present(desk.ws, record)
    return revision_letter(record.project_metadata, validation.header, asked, results.load_checklist(desk.ws, record))


def words(text: str) -> list[str]:
    """What is said, without what Markdown marks."""
    lines = (line.strip("#*- ").replace("**", "") for line in text.replace("\\", "").splitlines())
    return [word for line in lines for word in line.split()]


def test_the_letter_as_a_word_document_says_word_for_word_what_it_says_in_markdown(letter: RevisionLetter) -> None:
    document = Document(io.BytesIO(render_letter_docx(letter)))
    assert words("\n".join(p.text for p in document.paragraphs)) == words(render_letter(letter))
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert headings == [group.heading for group in letter.groups]
    assert render_letter_docx(letter) == render_letter_docx(letter)


def test_libreoffice_opens_the_letter(letter: RevisionLetter, office_program: str, tmp_path: Path) -> None:
    (tmp_path / "letter.docx").write_bytes(render_letter_docx(letter))
    text = "".join(pages_of(converted(office_program, tmp_path / "letter.docx", "pdf", tmp_path)))
    for item in (item for group in letter.groups for item in group.items):
        assert squashed(item.title) in squashed(text)
    assert "Crèche Élisée" in text
    assert "1 / " in text
