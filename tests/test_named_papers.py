"""Papers that the plan names are in the folder, or are asked for by name."""

from __future__ import annotations

import pytest

from pipeline.evidence.facts.named_papers import absent_papers, named_papers
from tests.made_plan import (
    Paper,
    Review,
    closed,
    dossier_of,
    full_plan,
    plain_pages,
    plan_paper,
    register_pages,
    register_paper,
    review,
    say,
    sub,
)

OWNERSHIP = ("Appendix/Land Ownership",)


def plan_naming(*lines: str) -> Paper:
    return plan_paper(full_plan(sAppendix=[sub("Land Ownership", size=16), say(*lines)]))


def register(title: str, filename: str = "scan.pdf") -> Paper:
    return register_paper(filename, register_pages("AGNES MARROWFIELD", title=title))


def named(*lines: str) -> list[str]:
    return [p.name for p in named_papers(dossier_of(plan_naming(*lines)), OWNERSHIP)]


def absent(text: str, *papers: Paper) -> list[str]:
    dossier = dossier_of(plan_naming(text), *papers)
    return [p.name for p in absent_papers(dossier, dossier.registers, named_papers(dossier, OWNERSHIP))]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Official Copy (Register) - QX510001", ["Register QX510001"]),
        (
            "Official Copy (Register) - QX510001 - Official Copy (Title Plan) - QX510001",
            ["Register QX510001", "Title plan QX510001"],
        ),
        (
            "Official Copy (Register) - QX510001 - Official Copy (Title Plan) - QX510002",
            ["Register QX510001", "Title plan QX510002"],
        ),
        ("QX510001 Title Plan and QX 510002", ["Title plan QX510001", "Register QX510002"]),
        ("Title number K123 and register ABN12345", ["Register ABN12345", "Register K123"]),
        ("Transfer plan QX510001", ["Title plan QX510001"]),
    ],
)
def test_papers_are_named_by_their_title_number(text: str, names: list[str]) -> None:
    assert sorted(named(text)) == sorted(names)


@pytest.mark.parametrize(
    "text",
    [
        "Old Marl Bank PLC (Scot. Co. Regn. No. SC327001)",
        "Fernhallow Farms Ltd, company number OC301234",
        "Land cover of the UK 2018 to 2022, ISO 14064 and PE10 2QX",
        "7301Fernhallow24 Historic 5 Year Management",
        "As mapped under EPSG 27700.",
    ],
)
def test_other_numbers_name_no_paper(text: str) -> None:
    assert named(text) == []


def test_two_names_on_one_line_over_a_line_end_are_two_papers() -> None:
    lines = ("Official Copy (Register) - QX510001 - Official Copy (Title", "Plan) - QX510002")
    assert named(*lines) == ["Register QX510001", "Title plan QX510002"]


def test_a_register_counts_by_its_own_title_whatever_its_file_is_called() -> None:
    assert absent("Register QX510001", register("QX510001", "scan_0001.pdf")) == []


def test_a_files_name_does_not_make_it_another_titles_register() -> None:
    assert absent("Register QX510001", register("QX510002", "Official Copy (Register) - QX510001.pdf")) == [
        "Register QX510001"
    ]


def test_a_longer_title_number_is_another_title() -> None:
    picture = Paper("Official Copy (Register) - QX510001.pdf", "land_tenure", plain_pages(""))
    assert absent("Register QX51000", picture) == ["Register QX51000"]
    assert absent("Register X510001", picture) == ["Register X510001"]


def test_a_title_plan_is_no_register_and_a_register_no_title_plan() -> None:
    title_plan = Paper("official_copy_title_plan_-_qx510001.pdf", "land_tenure", plain_pages(""))
    both = "Official Copy (Register) - QX510001 - Official Copy (Title Plan) - QX510001"
    assert absent(both, title_plan) == ["Register QX510001"]
    assert absent(both, register("QX510001")) == ["Title plan QX510001"]
    assert absent(both, register("QX510001"), title_plan) == []


@pytest.mark.parametrize(
    "filename", ["Register QX510001.pdf", "register_qx_510001 2023.pdf", "QX510001.pdf", "QX 510001 (1).pdf"]
)
def test_a_picture_of_a_register_counts_by_its_name(filename: str) -> None:
    assert absent("Register QX510001", Paper(filename, "land_tenure", plain_pages(""))) == []


def row(found: Review) -> tuple[str, str]:
    return found.row("REQ-002").status, found.row("REQ-002").reason


def test_an_absent_paper_is_asked_for_by_name() -> None:
    found = review(plan_naming("Register QX510001", "Register QX510002"), register("QX510001"))
    status, reason = row(found)
    assert status == "partial"
    assert "not received: Register QX510002." in reason
    assert found.row("REQ-002").expected_but_absent == ("Register QX510002",)
    (entry,) = [e for e in found.validation.exceptions if "QX510002" in e.message]
    assert (entry.severity, entry.requirement_ids) == ("high", ("REQ-002",))


def test_a_named_paper_that_cannot_be_opened_was_received_all_the_same() -> None:
    shut = closed(Paper("Official Copy (Register) - QX510002.pdf", "land_tenure", ()))
    status, reason = row(review(plan_naming("Register QX510001", "Register QX510002"), register("QX510001"), shut))
    assert status == "needs_review"
    assert "not received" not in reason
    assert "QX510002" in reason


def test_nothing_is_asked_for_when_all_is_there() -> None:
    assert row(review(plan_naming("Register QX510001"), register("QX510001")))[0] == "covered"
