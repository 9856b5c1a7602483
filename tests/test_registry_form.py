"""The registry's form as Word and PDF: its tables, whose words stand in which colour, boxes, pages, the same bytes."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
import report_fixture as made
from docx import Document
from docx.shared import RGBColor
from office import converted

from pipeline.models import Annotation, Claim, Determination, Report
from pipeline.reporting.layout import COLUMNS
from pipeline.reporting.pdf import render_pdf
from pipeline.reporting.word_form import render_docx

ROOT = Path(__file__).parent.parent
BLUE, BLACK = RGBColor.from_string("1D4ED8"), RGBColor(0, 0, 0)
#: 300 characters, as long as a name may be that somebody else's system kept.
LONG_NAME = ("Çiftliği Élevage Łąka – accounts of the estate_" * 7)[:296] + ".pdf"
SIGNS = "CO₂ held back: 12.5 tCO₂e on 10 m² of loam – “Crème brûlée”, ≥ 4 °C, ½ ha; Žďár, Ærø, Iași, Πάρος."
#: Three pages of the Comments column, each sentence to be told from the others.
THREE_PAGES = " ".join(
    f"Sentence {n} tells how the sampling team walked the stratum, took cores to 30 cm and wrote down the place."
    for n in range(1, 111)
)
#: What the pages of the PDF carry besides the form's own words.
FURNITURE = re.compile(r"RegistryAgentReview:HarrowValeFarm2022\d+/\d+")
CLAIM = "The hedges of the northern fields were planted in the autumn of 2019."


def with_row(report: Report, requirement_id: str, **update: Any) -> Report:
    rows = [r.model_copy(update=update) if r.requirement_id == requirement_id else r for r in report.requirements]
    return report.model_copy(update={"requirements": tuple(rows)})


def decision(status: str, reason: str, state: str = "holds", **more: Any) -> dict[str, Any]:
    return {"status": status, "reason": reason, "by": "Ana Agent", "at": "2026-03-02T12:00:00Z", "state": state, **more}


def determined(kind: str, state: str = "holds", **more: Any) -> Report:
    said = Determination(determination=kind, notes="Seen as a whole.", by="Ben Reader", at=made.NOON, **more)
    return made.report().model_copy(update={"determination": said, "determination_state": state})


@pytest.fixture(scope="module")
def report() -> Report:
    """The made-up report with people's words, signs, a long name and a long answer in it."""
    full = determined("conditional", conditions=("The title plan is sent.",))
    claim = Claim(claim_id="claim-1", requirement_id="REQ-003", evidence=made.evidence(made.PLAN, 12, CLAIM),
                  note="It bears on the boundary.", by="field helper", at=made.NOON, stands=True)  # fmt: skip
    remark = Annotation(annotation_id="note-1", requirement_id="REQ-001", kind="question", text="Which edition?",
                        by="Ben Reader", at=made.NOON + timedelta(hours=1))  # fmt: skip
    full = full.model_copy(
        update={
            "documents": (*full.documents, made.document(LONG_NAME, "other")),
            "claims": (claim,),
            "annotations": (remark,),
        }
    )
    seen = {"fingerprint": "f", "status": "covered", "reason": "Every declared test passed.", "quotes": [
        {"document": made.PLAN, "sha256": "0" * 64, "page": 4, "quote": "What the plan said before."}]}  # fmt: skip
    full = with_row(full, "REQ-001", decision=decision("approved", "Edition 1.2.2, agreed."),
                    evidence=(made.evidence(made.PLAN, 4, SIGNS, "1.3"),))  # fmt: skip
    full = with_row(full, "REQ-003", decision=decision("rejected", "The map shows another farm."))
    full = with_row(full, "REQ-005", decision=decision("needs_revision", "The table lacks a sink."))
    full = with_row(full, "REQ-006", decision=decision("approved", "It was clear.", "reopened", seen=seen,
                                                       changed=["It quotes other words now."]))  # fmt: skip
    full = with_row(full, "REQ-010", evidence=(made.evidence(LONG_NAME, 3, THREE_PAGES),))
    return with_row(full, "REQ-016", decision=decision("approved", "There is none."))


@pytest.fixture(scope="module")
def docx(report: Report) -> bytes:
    return render_docx(report, made.checklist())


@pytest.fixture(scope="module")
def pdf(report: Report) -> bytes:
    return render_pdf(report, made.checklist())


def squashed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def pages_of(pdf: bytes | Path) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()


def quotes_of(report: Report) -> list[str]:
    return [e.quote for row in report.requirements for e in row.evidence]


def shown(text: str) -> str:
    """As it is printed: what hides is named, and its marks are in every form."""
    return text.replace(made.OVERRIDE, "⟦U+202E⟧")


def row_of(docx: bytes, requirement_id: str) -> Any:
    table = Document(io.BytesIO(docx)).tables[1]
    return next(row.cells for row in table.rows if row.cells[1].text.startswith(requirement_id))


# --- Word -------------------------------------------------------------------------------------------------------------


def test_the_form_has_the_registrys_two_tables(docx: bytes) -> None:
    header, table, *_ = Document(io.BytesIO(docx)).tables
    assert [(row.cells[0].text) for row in header.rows] == [
        "Project Name", "Project ID", "Crediting period", "Date of Submission", "Credit Protocol",
        "Program Guide Version", "Project Proponent", "Registry Agents", "Documents Submitted",
    ]  # fmt: skip
    assert header.rows[7].cells[1].text == "Ana Agent\nBen Reader"
    assert LONG_NAME in header.rows[8].cells[1].text.splitlines()
    assert (len(table.rows), len(table.columns)) == (25, 6)
    assert tuple(cell.text for cell in table.rows[1].cells) == COLUMNS
    assert len({cell._tc for cell in table.rows[0].cells}) == 1
    heads = [row._tr.xpath("./w:trPr/w:tblHeader") for row in table.rows]
    assert [bool(found) for found in heads] == [True, True, *[False] * 23]


def test_every_quote_stands_whole_in_comments_and_its_place_in_submitted_material(docx: bytes, report: Report) -> None:
    for row in report.requirements:
        cells = row_of(docx, row.requirement_id)
        for item in row.evidence:
            assert f"“{shown(item.quote)}”" in cells[5].text
            assert item.document in cells[3].text
            assert item.quote not in cells[3].text


def voices(cell: Any) -> Iterator[tuple[str, RGBColor]]:
    for paragraph in cell.paragraphs:
        for run in paragraph.runs:
            yield run.text, run.font.color.rgb


def test_the_machines_words_are_blue_and_a_persons_black(docx: bytes, report: Report) -> None:
    said = {
        "REQ-001": ["Edition 1.2.2, agreed.", "Which edition?"],
        "REQ-003": ["The map shows another farm."],
        "REQ-005": ["The table lacks a sink."],
        "REQ-006": ["It was clear."],
        "REQ-016": ["There is none."],
    }
    for row in report.requirements:
        cells = row_of(docx, row.requirement_id)
        people = said.get(row.requirement_id, [])
        black = [text for cell in cells for text, colour in voices(cell) if colour == BLACK]
        blue = [text for cell in cells for text, colour in voices(cell) if colour == BLUE]
        for words in people:
            assert any(words in text for text in black)
        assert not any(words in text for words in people for text in blue)
        assert bool(black) == bool(people)
        for item in row.evidence:
            assert any(shown(item.quote) in text for text in blue)
            assert not any(shown(item.quote) in text for text in black)


def test_the_approved_column_holds_only_a_persons_word_that_holds(docx: bytes) -> None:
    filled = {
        row.cells[1].text.split()[0]: row.cells[4].text
        for row in Document(io.BytesIO(docx)).tables[1].rows[2:]
        if row.cells[4].text
    }
    assert filled == {"REQ-001": "Approved", "REQ-003": "Not Approved", "REQ-016": "Approved"}
    reopened = row_of(docx, "REQ-006")[5].text
    assert "Re-opened, the answer changed: It quotes other words now." in reopened
    assert reopened.index("What the plan said before.") < reopened.index("Now:")
    assert row_of(docx, "REQ-016")[3].text.startswith("N/A")
    assert "N/A" not in row_of(render_docx(made.report(), made.checklist()), "REQ-016")[3].text


@pytest.mark.parametrize(
    ("report", "boxes"),
    [
        (made.report(), "☐☐"),
        (determined("approve"), "☒☐"),
        (determined("conditional", conditions=("One more paper.",)), "☒☐"),
        (determined("reject"), "☐☒"),
        (determined("hold"), "☐☐"),
        (determined("approve", "reopened"), "☐☐"),
    ],
    ids=["nobody", "approve", "conditional", "reject", "hold", "reopened"],
)
def test_a_box_is_ticked_only_by_a_determination_that_holds(report: Report, boxes: str) -> None:
    word = "\n".join(p.text for p in Document(io.BytesIO(render_docx(report, made.checklist()))).paragraphs)
    pdf = "\n".join(pages_of(render_pdf(report, made.checklist())))
    for text in (word, pdf):
        assert "".join(re.findall("[☐☒]", text)) == boxes
        assert re.search(f"{boxes[0]}\\s*Approved\\s+{boxes[1]}\\s*Not Approved", text)
        if report.determination_state == "reopened":
            assert "so no box is ticked" in " ".join(text.split())
            assert "Seen as a whole." not in text


def test_claims_stand_apart_from_the_evidence(docx: bytes, pdf: bytes) -> None:
    _, table, claims = Document(io.BytesIO(docx)).tables
    assert CLAIM not in "".join(cell.text for row in table.rows for cell in row.cells)
    assert claims.rows[1].cells[1].text == f"“{CLAIM}”"
    assert claims.rows[1].cells[4].text == "field helper"
    last = squashed("".join(pages_of(pdf)))
    assert last.index(squashed(CLAIM)) > last.index("Claims(1)") > last.index("REQ-023")
    assert len(Document(io.BytesIO(render_docx(made.report(), made.checklist()))).tables) == 2


# --- what an office program makes of it -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def opened(docx: bytes, office_program: str, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The text of the pages that LibreOffice prints of the Word document."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "form.docx").write_bytes(docx)
    return pages_of(converted(office_program, folder / "form.docx", "pdf", folder))


def test_libreoffice_opens_the_word_document_and_nothing_is_cut_off(opened: list[str], report: Report) -> None:
    text = squashed("".join(opened))
    for sentence in re.findall(r"Sentence \d+ ", THREE_PAGES):
        assert text.count(squashed(sentence) + "tells") == 1, sentence
    # Its own typeface lacks some signs; it takes them from another one, which tears the words apart for a reader.
    assert {sign for sign in SIGNS if not sign.isspace()} <= set(text)
    assert all(squashed(words) in text for words in ("“Crème brûlée”", "10 m² of loam", "Žďár, Ærø", LONG_NAME))
    for row in report.requirements:
        assert row.requirement_id in text
    assert len(re.findall(f"{len(opened)} ?/ ?{len(opened)}", opened[-1])) == 1, "pages are numbered"


def test_libreoffice_prints_the_columns_names_at_the_head_of_each_page_of_the_table(opened: list[str]) -> None:
    first = next(n for n, page in enumerate(opened) if "REQ-001" in page)
    last = next(n for n, page in enumerate(opened) if "REQ-023" in page)
    assert last - first >= 6
    for page in opened[first : last + 1]:
        assert page.count("Accepted Evidence") == 1


def test_libreoffice_breaks_no_short_row_between_pages(opened: list[str], report: Report) -> None:
    whole_rows_hold(opened, report)


def whole_rows_hold(pages: list[str], report: Report) -> None:
    """The row's number and its last quote are on one page; rows that are long may go on."""
    short = [r for r in report.requirements if r.evidence and sum(len(e.quote) for e in r.evidence) < 400]
    short = [r for r in short if r.evidence[-1].quote != SIGNS and made.OVERRIDE not in r.evidence[-1].quote]
    assert len(short) > 15
    for row in short:
        page = next(page for page in pages if row.requirement_id in page)
        assert squashed(shown(row.evidence[-1].quote)) in squashed(page), row.requirement_id


# --- PDF --------------------------------------------------------------------------------------------------------------


def test_the_pdf_read_back_holds_every_quote_whole(pdf: bytes, report: Report) -> None:
    pages = [FURNITURE.sub("", squashed(page)) for page in pages_of(pdf)]
    head = squashed("".join(COLUMNS))
    assert sum(head in page for page in pages) > 6
    text = "".join(page.replace(head, "", 1) for page in pages)
    for quote in quotes_of(report):
        assert squashed(shown(quote)) in text
    for words in (LONG_NAME, "Edition 1.2.2, agreed.", "Which edition?", "The title plan is sent.", "Ben Reader"):
        assert squashed(words) in text


def test_the_pdf_repeats_the_head_and_breaks_no_short_row(pdf: bytes, report: Report) -> None:
    pages = pages_of(pdf)
    first = next(n for n, page in enumerate(pages) if "REQ-001" in page)
    last = next(n for n, page in enumerate(pages) if "REQ-023" in page)
    for page in pages[first : last + 1]:
        assert page.count("Accepted Evidence") == 1
    whole_rows_hold(pages, report)
    assert [re.findall(r"(\d+) / (\d+)", page)[-1] for page in pages] == [
        (str(n), str(len(pages))) for n in range(1, len(pages) + 1)
    ]


def test_the_pdf_carries_its_typeface_and_tells_nothing_of_the_machine(pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        fonts = {
            str(font.BaseFont): font for page in document.pages for font in page.Resources.get("/Font", {}).values()
        }
        used = {name: "/FontFile2" in font.get("/FontDescriptor", {}) for name, font in fonts.items()}
        # reportlab names one of the fourteen standard faces on each page, and no text is set in it
        assert {name for name, embedded in used.items() if not embedded} <= {"/Helvetica"}
        assert sum(used.values()) >= 2
        assert str(document.docinfo["/Title"]) == "Registry Agent Review: Harrow Vale Farm 2022"
        assert str(document.Root.Lang) == "en"
    assert b"/Root" in pdf
    assert str(ROOT).encode() not in pdf


def test_what_the_typeface_lacks_is_named_and_not_left_as_an_empty_box() -> None:
    said = made.evidence(made.PLAN, 4, "The farm 農場 by the sea.", "1.3")
    report = with_row(made.report(), "REQ-001", evidence=(said,))
    text = " ".join("".join(pages_of(render_pdf(report, made.checklist()))).split())
    assert "⟦U+8FB2⟧⟦U+5834⟧" in text


# --- the same bytes, whatever documents hold --------------------------------------------------------------------------

_AGAIN = """
import hashlib, sys
sys.path[:0] = ["tests"]
import report_fixture as made
from pipeline.reporting.pdf import render_pdf
from pipeline.reporting.word_form import render_docx
from pipeline.reporting.workbook import render_xlsx
for render in (render_docx, render_pdf, render_xlsx):
    print(hashlib.sha256(render(made.report(), made.checklist())).hexdigest())
"""


def test_the_same_report_gives_the_same_bytes_in_another_process_zone_and_language() -> None:
    said = set()
    for seed, zone in (("1", "UTC"), ("77", "Asia/Tokyo")):
        done = subprocess.run(  # noqa: S603 - our own interpreter and our own code
            [sys.executable, "-W", "error", "-c", _AGAIN], cwd=ROOT, capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": seed, "TZ": zone, "LANG": "tr_TR.UTF-8", "PATH": ""},
        )  # fmt: skip
        said.add(done.stdout)
    assert len(said) == 1
    here = [hashlib.sha256(render(made.report(), made.checklist())).hexdigest() for render in (render_docx, render_pdf)]
    assert said.pop().splitlines()[:2] == here


def test_reports_made_at_once_do_not_mix(report: Report, docx: bytes, pdf: bytes) -> None:
    plain = render_pdf(made.report(), made.checklist())
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda one: render_pdf(one, made.checklist()), [report, made.report()] * 3))
        words = list(pool.map(lambda one: render_docx(one, made.checklist()), [report] * 2))
    assert found == [pdf, plain] * 3
    assert words == [docx] * 2


def test_nothing_in_a_document_can_be_markup_or_break_the_file() -> None:
    hostile = f"<b>bold</b> &amp; <font color='red'> ]]> \x00\x07\ufffe {made.OVERRIDE} {made.SCRIPT}"
    report = with_row(made.report(), "REQ-001", evidence=(made.evidence(made.PLAN, 4, hostile, "1.3"),))
    cell = row_of(render_docx(report, made.checklist()), "REQ-001")[5].text
    text = squashed("".join(pages_of(render_pdf(report, made.checklist()))))
    for said in (squashed(cell), text):
        assert "<b>bold</b>&amp;<fontcolor='red'>]]>⟦U+0000⟧⟦U+0007⟧⟦U+FFFE⟧⟦U+202E⟧" in said
        assert squashed(made.SCRIPT) in said
