"""A checklist is a file anybody may write; a mistake in it is one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.checklists import available, load
from pipeline.checklists.model import KINDS
from pipeline.errors import ChecklistError
from pipeline.evidence.row_tests import _KINDS
from tests.made_plan import CHECKLIST, plan_paper, review

NAME = "soil-carbon-v1.2.2"
SHIPPED = (Path(__file__).parent.parent / "pipeline" / "checklists" / f"{NAME}.toml").read_text(encoding="utf-8")


def written(folder: Path, text: str, name: str = "mine") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def mistake(folder: Path, old: str, new: str) -> str:
    """What is said of the shipped checklist with one thing changed in it."""
    assert old in SHIPPED
    with pytest.raises(ChecklistError) as told:
        load("mine", written(folder, SHIPPED.replace(old, new, 1)))
    return told.value.message


def test_the_shipped_checklist_asks_23_things() -> None:
    assert [r.requirement_id for r in CHECKLIST.requirements] == [f"REQ-{n:03}" for n in range(1, 24)]
    assert [r.requirement_id for r in CHECKLIST.requirements if not r.mandatory] == ["REQ-016"]
    assert {r.requirement_id for r in CHECKLIST.requirements if r.scope == "farm"} == {
        "REQ-002", "REQ-003", "REQ-004", "REQ-009",
    }  # fmt: skip


def test_every_kind_of_test_that_may_be_written_can_be_carried_out() -> None:
    assert set(KINDS) == set(_KINDS)


def test_a_users_checklist_of_the_same_name_goes_before_the_shipped_one(tmp_path: Path) -> None:
    folder = written(
        tmp_path / "own", SHIPPED.replace('title = "Project registration', 'title = "Our registration', 1), NAME
    )
    assert load(NAME, folder).title.startswith("Our registration")
    assert load(NAME).title.startswith("Project registration")
    assert load(NAME, folder).sha256 != load(NAME).sha256


def test_a_users_checklist_stands_beside_the_shipped_ones(tmp_path: Path) -> None:
    folder = written(tmp_path / "own", SHIPPED)
    assert available(folder) == sorted(["mine", NAME])
    assert len(load("mine", folder).requirements) == 23


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    folder = written(tmp_path / "own", SHIPPED)
    before = load("mine", folder)
    written(folder, SHIPPED.replace('version = "1.2.2"', 'version = "1.2.3"', 1))
    assert (before.version, load("mine", folder).version) == ("1.2.2", "1.2.3")


@pytest.mark.parametrize("asked", ["soil-carbon-v1.2", "soil-carbon", "Soil-Carbon-v1.2.2"])
def test_an_unknown_methodology_suggests_the_nearest(asked: str) -> None:
    with pytest.raises(ChecklistError) as told:
        load(asked)
    assert repr(asked) in told.value.message
    assert f"Did you mean '{NAME}'?" in told.value.cure


def test_a_name_that_climbs_out_of_the_folder_is_no_checklist(tmp_path: Path) -> None:
    folder = written(tmp_path / "own", SHIPPED)
    written(tmp_path, SHIPPED, "outside")
    with pytest.raises(ChecklistError):
        load("../outside", folder)


def test_a_misspelt_field_of_a_test_names_entry_test_and_the_nearest_name(tmp_path: Path) -> None:
    said = mistake(tmp_path, 'clears_when = "Section 1.11 gives', 'clears_wen = "Section 1.11 gives')
    assert "REQ-004, test 'area-in-hectares': unknown name 'clears_wen'; did you mean 'clears_when'?" in said
    assert "\n" not in said
    assert "mine.toml" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'requirement_id = "REQ-003"\ncategory',
            'requirement_id = "REQ-003"\ncatgory',
            "REQ-003: unknown name 'catgory'; did you mean 'category'?",
        ),
        ('source = "PG 8.3.2"\n', "", "REQ-004: 'source' is missing"),
        (
            'kind = "map_age"',
            'kind = "map_ages"',
            "REQ-003, test 'dated-image-ten-years': there is no kind of test 'map_ages'; did you mean 'map_age'",
        ),
        ('kind = "map_age"\n', "", "REQ-003, test 'dated-image-ten-years': 'kind' is missing"),
        (
            '[[form]]\nnumber = "1.8"\ntitle',
            '[[form]]\nnumber = "1.8"\ntitel',
            "form 1.8: unknown name 'titel'; did you mean 'title'?",
        ),
        (
            'answer = { sections = ["1.15"] }',
            'answer = { sections = ["1.51"] }',
            "REQ-015: the form has no section '1.51'",
        ),
        (
            '"1.11/Gross Project Area", "1.11"',
            '"1.11/Gros Project Area", "1.11"',
            "section 1.11 has no sub-head 'Gros Project Area'; did you mean 'Gross Project Area'?",
        ),
        (
            'left = "start_date"',
            'left = "start_day"',
            "test 'start-is-first-crediting-day': no test reads 'start_day'; did you mean 'start_date'?",
        ),
        ('requirement_id = "REQ-004"', 'requirement_id = "REQ-003"', "the requirement REQ-003 stands twice"),
        (
            'test = "methodology-version-known"',
            'test = "credit-class-version-known"',
            "REQ-001 names the test 'credit-class-version-known' twice",
        ),
        ("any = ['\\bcredits?\\b'", "any = ['\\b(credits?\\b'", "is not a regular expression"),
        ('documents = ["project_plan", "land_tenure"]', 'documents = ["project_plan", "land_tenur"]', "REQ-002"),
    ],
)
def test_a_mistake_is_one_line_with_its_entry_and_what_was_meant(tmp_path: Path, old: str, new: str, said: str) -> None:
    line = mistake(tmp_path, old, new)
    assert said in line
    assert "\n" not in line
    assert "Value error" not in line


def test_a_file_that_is_no_toml_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(ChecklistError, match=r"not valid TOML.*line 1"):
        load("mine", written(tmp_path, "methodology = = 3\n"))


def test_a_place_may_ask_for_what_stands_outside_the_sub_heads() -> None:
    assert any(p.endswith("/") for r in CHECKLIST.requirements for p in r.places)


def test_a_checklist_of_ones_own_is_carried_out(tmp_path: Path) -> None:
    # Given a checklist that asks for one more thing
    more = (
        SHIPPED
        + """
[[requirement]]
requirement_id = "OWN-001"
category = "Own"
title = "Sheep"
text = "The plan says whether sheep graze."
accepted_evidence = "A sentence."
source = "House rule 1"
scope = "meta"
answer = { sections = ["1.2"], any = ['\\bsheep\\b'] }
"""
    )
    checklist = load("mine", written(tmp_path, more))
    # When a plan without a word of sheep is reviewed by it
    result = review(plan_paper(), checklist=checklist)
    # Then the row is there, and missing
    assert result.row("OWN-001").status == "missing"
    assert len(result.validation.requirements) == 24
