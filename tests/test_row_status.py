"""A row's status follows from its declared tests alone, and no row is covered by what is no answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from examples import write_submission
from pipeline.forms.normal import squash
from pipeline.home.workspace import Workspace
from pipeline.models import ExtractionResult, SessionRecord, ValidationResult
from pipeline.stages.add_documents import add_documents
from pipeline.stages.initialize import create_session
from pipeline.stages.run import advance
from pipeline.workflow.results import load_extraction, load_validation
from tests.made_plan import (
    ANSWERS,
    CHECKLIST,
    Paper,
    ask,
    closed,
    full_plan,
    mixed,
    plain_pages,
    plan_paper,
    register_pages,
    register_paper,
    review,
    say,
    with_section,
)

COMPLETE = (
    plan_paper(),
    register_paper("register.pdf", register_pages("AGNES MARROWFIELD")),
    Paper("Fernhallow 2012 Land Cover Map.pdf", "land_cover_map", plain_pages("CORINE Land Cover 2012 Fernhallow")),
    Paper("GHG.pdf", "ghg_emissions", plain_pages("Farm Carbon Calculator\nTotal 88.10 100%")),
)


def test_a_complete_submission_covers_what_its_papers_show() -> None:
    found = review(*COMPLETE)
    status = {r.requirement_id: r.status for r in found.validation.requirements}
    assert status.pop("REQ-016") == "not_applicable"
    # no boundary file and no workbook were sent
    assert {k for k, v in status.items() if v != "covered"} == {"REQ-004", "REQ-009", "REQ-012"}


# --- not applicable ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "None.",
        "none",
        "N/A",
        "n/a.",
        "Not applicable",
        "No.",
        "Nil",
        "No deviations.",
        "None, the methodology is followed.",
        "There are no deviations from the credit class or the methodology.",
        "No deviations are planned. The project follows both documents.",
        "The project does not deviate from the methodology.",
        "Deviations are not foreseen.",
        "The methodology is applied without any deviation.",
    ],
)
def test_a_plain_no_makes_the_row_not_applicable_on_that_sentence(text: str) -> None:
    row = with_section(s3_5=[ask("Describe deviations."), say(text)]).row("REQ-016")
    assert row.status == "not_applicable"
    assert len(row.evidence) == 1
    assert row.evidence[0].quote in text


@pytest.mark.parametrize(
    "text",
    [
        "None of the deviations weakens the result.",
        "No deviation is expected except in the depth of sampling.",
        "No deviations other than the smaller plots.",
        "There are no deviations from the credit class. However, cores are taken to 25 cm.",
        "None. Cores are taken to 25 cm instead of 30 cm.",
        "There are no deviations. The sampling depth was changed in the second year.",
        "No significant deviation was made.",
        "Not all deviations are listed here.",
        "There is no method for this soil, so the project deviates in one step.",
        "No deviations, but plots are smaller.",
        "Cores are taken to 25 cm.",
    ],
)
def test_a_no_that_is_taken_back_is_for_a_person(text: str) -> None:
    assert with_section(s3_5=[ask("Describe deviations."), say(text)]).row("REQ-016").status == "needs_review"


def test_a_deviation_that_is_explained_as_conservative_is_covered() -> None:
    text = "Cores are taken to 25 cm, which is conservative since less carbon is counted."
    assert with_section(s3_5=[say(text)]).row("REQ-016").status == "covered"
    assert with_section(s3_5=[say("The deviations are not conservative.")]).row("REQ-016").status == "needs_review"


def test_an_absent_section_is_missing_and_not_none() -> None:
    assert with_section(s3_5=[]).row("REQ-016").status == "missing"
    assert with_section(s3_5=[ask("State none if there are no deviations.")]).row("REQ-016").status == "missing"


def test_only_the_optional_row_can_be_not_applicable() -> None:
    nothing = {"s" + n.replace(".", "_"): [say("Not applicable.")] for n in ANSWERS}
    found = with_section(**nothing)
    assert [r.requirement_id for r in found.validation.requirements if r.status == "not_applicable"] == ["REQ-016"]


# --- what cannot be read -------------------------------------------------------------------------------------------


def test_a_plan_that_cannot_be_opened_is_for_a_person_and_never_missing() -> None:
    statuses = {r.status for r in review(closed(plan_paper())).validation.requirements}
    assert statuses == {"needs_review"}


def test_no_plan_at_all_is_missing() -> None:
    found = review(register_paper("register.pdf", register_pages("AGNES MARROWFIELD")))
    assert {r.status for r in found.validation.requirements} == {"missing"}


def test_a_section_that_may_stand_on_a_picture_of_a_page_is_for_a_person() -> None:
    # Given a plan without section 2.4 but with a page that holds no text
    made = tuple(
        p.model_copy(
            update={"lines": tuple(line for line in p.lines if not line.text.startswith(("2.4", "No public")))}
        )
        for p in full_plan()
    )
    found = review(plan_paper(made, unreadable_pages=(3,)))
    assert found.row("REQ-023").status == "needs_review"
    # And a section that was found blank stays missing
    assert review(plan_paper(full_plan(s2_4=[]), unreadable_pages=(3,))).row("REQ-023").status == "missing"


@pytest.mark.parametrize("kind", ["land_tenure", "land_cover_map", "ghg_emissions", "farm_management_records"])
def test_a_paper_that_cannot_be_opened_is_not_called_absent(kind: str) -> None:
    row_of = {
        "land_tenure": "REQ-002",
        "land_cover_map": "REQ-003",
        "ghg_emissions": "REQ-022",
        "farm_management_records": "REQ-012",
    }
    shut = closed(Paper("torn.pdf", kind, ()))  # type: ignore[arg-type]  # the literal is one of the four above
    row = review(plan_paper(), shut).row(row_of[kind])
    assert row.status == "needs_review"
    assert "torn.pdf" in row.reason


# --- what may never cover a row ------------------------------------------------------------------------------------

#: What stands in a plan and is no answer: an instruction, a heading, a label, a page number, dots.
NO_ANSWERS = {
    "an instruction": [ask("Describe how the public was consulted and every comment answered.")],
    "an instruction in two lines": [ask("Describe how the public was", "consulted and every comment answered.")],
    "an upright instruction": [say("Describe how the public was consulted and every comment answered.")],
    "a link in an instruction": [
        ask("Describe the consultation as told in"),
        mixed(("the Public Guide", False), ("on comments.", True)),
    ],
    "a page number": [say("17")],
    "a list's mark": [say("(a)")],
    "dots": [say("." * 60)],
    "nothing": [],
}  # fmt: skip


@pytest.mark.parametrize("what", NO_ANSWERS)
def test_what_is_no_answer_leaves_the_row_missing(what: str) -> None:
    row = with_section(s2_4=NO_ANSWERS[what]).row("REQ-023")
    assert (row.status, row.evidence) == ("missing", ())


def test_each_section_left_blank_lowers_its_rows() -> None:
    # Given every section that the checklist looks at, one after the other left blank
    whole = {r.requirement_id: r.status for r in review(*COMPLETE).validation.requirements}
    rank = ["missing", "partial", "needs_review", "not_applicable", "covered"]
    for number in ANSWERS:
        if number == "1.1":
            continue
        found = review(plan_paper(full_plan(**{"s" + number.replace(".", "_"): []})), *COMPLETE[1:])
        lower = [
            r.requirement_id
            for r in found.validation.requirements
            if rank.index(r.status) < rank.index(whole[r.requirement_id])
        ]
        looks = {r.requirement_id for r in CHECKLIST.requirements if any(p.split("/")[0] == number for p in r.places)}
        # Then at least one of its rows falls, and no row of another section does
        shared = {"REQ-002", "REQ-006"} if number == "Appendix" else set()
        assert lower or number == "1.4" or shared, number
        assert set(lower) <= looks | {"REQ-007", "REQ-013"}, number


# --- whole submissions, read from paper ----------------------------------------------------------------------------


def reviewed(ws: Workspace, folder: Path) -> tuple[SessionRecord, ExtractionResult, ValidationResult]:
    session_id = create_session(ws, "Made Farm").session_id
    add_documents(ws, session_id, {"type": "path", "path": str(folder)}, check_duplicates=False)
    advance(ws, session_id, "cross_validation")
    record = ws.sessions.read(session_id)
    extraction, validation = load_extraction(ws, record), load_validation(ws, record)
    assert extraction is not None
    assert validation is not None
    return record, extraction, validation


@pytest.mark.parametrize("seed", [1, 2, 7])
def test_every_quote_of_a_written_submission_stands_on_its_page_and_is_no_instruction(
    workspace: Workspace, tmp_path: Path, seed: int
) -> None:
    made = write_submission(tmp_path / "farm", seed)
    record, _, validation = reviewed(workspace, tmp_path / "farm")
    asked = [squash(text) for _, text in made.plan.instructions if len(squash(text)) > 20]
    pages = {
        (d.sha256, p.number): squash(p.text)
        for d in record.documents.values()
        for p in workspace.reader.read(d.sha256).pages
    }
    for row in validation.requirements:
        for item in row.evidence:
            assert squash(item.quote) in pages[item.sha256, item.page], (row.requirement_id, item.quote)
            assert not any(a in squash(item.quote) for a in asked), (row.requirement_id, item.quote)
            assert re.search(r"[^\W\d_]{2}|\d\d", item.quote)
            assert "...." not in item.quote


@pytest.mark.parametrize(
    ("variation", "row", "status"),
    [
        ({"omit_sections": ["2.4"]}, "REQ-023", "missing"),
        ({"omit_sections": ["1.10"]}, "REQ-013", "missing"),
        ({"omit_sections": ["3.4"]}, "REQ-011", "missing"),
        ({"buffer_percent": 15}, "REQ-018", "partial"),
        ({"crediting_end": "31/12/2040"}, "REQ-010", "partial"),
        ({"methodology_version": "9.9"}, "REQ-001", "partial"),
        ({"register_proprietor": "Piers Otherman"}, "REQ-002", "partial"),
    ],
)
def test_a_planted_defect_lowers_its_row(
    workspace: Workspace, tmp_path: Path, variation: dict[str, object], row: str, status: str
) -> None:
    write_submission(tmp_path / "farm", 4, **variation)
    _, _, validation = reviewed(workspace, tmp_path / "farm")
    assert next(r.status for r in validation.requirements if r.requirement_id == row) == status
