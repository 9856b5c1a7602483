"""The tenure ledger and the papers that are named: each title on its line, each absence with the words that name it."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples import write_submission
from pipeline.models import Paper as NamedPaper
from pipeline.models import ReviewException, TitleLine
from tests.made_plan import (
    Paper,
    Review,
    full_plan,
    plain_pages,
    plan_paper,
    register_pages,
    register_paper,
    review,
    say,
    sub,
)
from tests.made_review import review_folder


def plan_naming(*lines: str, **sections: list[object]) -> Paper:
    return plan_paper(full_plan(sAppendix=[sub("Land Ownership", size=16), say(*lines)], **sections))  # type: ignore[arg-type]  # parts, whatever section they are for


def register(title: str = "QX510001", proprietor: str = "AGNES MARROWFIELD", **more: str) -> Paper:
    return register_paper(f"{title} copy.pdf", register_pages(proprietor, title=title, **more))


def line(found: Review, title: str = "QX510001") -> TitleLine:
    return next(t for t in found.validation.titles if t.title_number == title)


def paper(found: Review, name: str) -> NamedPaper:
    return next(p for p in found.validation.papers if name in p.name)


def entries(found: Review, cause: str) -> list[ReviewException]:
    return [e for e in found.validation.exceptions if e.cause == cause]


NOTE = "This title is subject to pending applications which have not yet been completed."


def test_a_title_that_is_all_right_has_a_closed_line() -> None:
    found = line(review(plan_naming("Official Copy (Register) - QX510001"), register()))
    assert (found.named, found.received) == (("Register QX510001",), "QX510001 copy.pdf")
    assert (found.class_of_title, found.tenure, found.lenders) == ("absolute", "freehold", ("OLD MARL BANK PLC",))
    assert [(h.name, h.difference) for h in found.proprietors] == [("AGNES MARROWFIELD", "none")]
    assert (found.open, found.closes_when, found.pending) == ((), (), False)
    assert "QX510001" in found.named_where[0].quote
    assert found.edition_date == "04.03.2019"


@pytest.mark.parametrize(
    ("changed", "because"),
    [
        ({"proprietor": "AGNES ROSE MARROWFIELD"}, "other names or initials differ"),
        ({"message": NOTE}, "applications are pending"),
        ({"tenure": "Leasehold"}, "leasehold"),
    ],
)
def test_what_keeps_a_line_open_is_told_with_what_closes_it(changed: dict[str, str], because: str) -> None:
    found = line(review(plan_naming("Register QX510001"), register(**changed)))
    assert [because in why for why in found.open] == [True]
    assert len(found.closes_when) == 1


def test_a_named_title_without_a_register_has_a_line_of_its_own() -> None:
    found = review(plan_naming("Register QX510001 and title plan QX510002"), register())
    absent = line(found, "QX510002")
    assert absent.received is None
    assert absent.open == (
        "Title plan QX510002 is named and was not received",
        "no register of this title was named or received",
    )


def test_a_lesser_class_of_title_and_a_title_that_the_plan_does_not_list_are_warnings() -> None:
    pages = register_pages("AGNES MARROWFIELD", title="QX510002")
    possessory = plain_pages(*(p.text.replace("Title absolute", "Title possessory") for p in pages))
    found = review(plan_naming("Register QX510001"), register(), register_paper("b.pdf", possessory))
    assert (found.outcome("class-of-title"), found.outcome("titles-listed")) == ("warning", "warning")
    (lesser,), (unlisted,) = entries(found, "class-of-title"), entries(found, "titles-listed")
    assert "QX510002 is possessory" in lesser.message
    assert {e.document for e in unlisted.evidence} == {"7301Fernhallow24 Project Plan.pdf", "b.pdf"}


def test_pending_notes_and_one_other_holder_of_many_titles_are_one_exception_each() -> None:
    numbers = [f"QX51000{n}" for n in range(1, 7)]
    copies = [register(n, "PIERS DUNN", message=NOTE) for n in numbers]
    found = review(plan_naming(*(f"Register {n}" for n in numbers)), *copies)
    (pending,), (owner,) = entries(found, "pending-applications"), entries(found, "owner-register")
    for number in numbers:
        assert number in pending.message
        assert number in owner.message
    assert owner.message.count("PIERS DUNN") == 1


def test_an_owner_in_the_plan_whom_no_register_shows_is_told() -> None:
    ownership = [say("The land of the farm is owned by Agnes Marrowfield and Piers Dunn.")]
    found = review(plan_naming("Register QX510001", s1_7=ownership), register())
    (owner,) = entries(found, "owner-register")
    assert "Piers Dunn" in owner.message
    assert len(owner.evidence) == 2


def test_of_two_copies_of_a_title_the_one_issued_last_counts() -> None:
    old, new = (
        register_paper(
            f"{year}.pdf",
            plain_pages(
                f"Title number QX510001\nEdition date 04.03.2019\nIssued on 1 May {year}\nA: Property Register\n"
                f"B: Proprietorship Register\n1 PROPRIETOR: {name} of Home Farm, Oddling.\n2 (04.03.2019) The price\n"
            ),
        )
        for year, name in ((2015, "PIERS DUNN"), (2024, "AGNES MARROWFIELD"))
    )
    found = line(review(plan_naming("Register QX510001"), old, new))
    assert (found.received, found.other_copies) == ("2024.pdf", ("2015.pdf",))
    assert found == line(review(new, plan_naming("Register QX510001"), old))


# --- papers ----------------------------------------------------------------------------------------------------------

REPORT = (
    "Soil Organic Carbon Project Report\nMonitoring Report\n2024\nTable 3: Emissions Report Files\n"
    "Monitoring Period 7301Fernhallow24_GHG_Emissions_30_Sep_2024.pdf"
)


def emissions(day: str) -> Paper:
    return Paper("x1.pdf", "ghg_emissions", plain_pages(f"Fernhallow {day}"), more={"facts": {"year_end": day}})


def test_a_file_that_a_report_names_is_known_by_its_contents_whatever_it_is_called() -> None:
    report = Paper("report.pdf", "monitoring_report", plain_pages(REPORT))
    found = review(plan_paper(), report, emissions("30 Sep 2024"))
    assert paper(found, "GHG_Emissions").received == "x1.pdf"
    assert found.outcome("named-documents") == "pass"


def test_a_file_of_another_year_is_not_the_one_that_is_named() -> None:
    report = Paper("report.pdf", "monitoring_report", plain_pages(REPORT))
    found = review(plan_paper(), report, emissions("30 Sep 2023"))
    assert paper(found, "GHG_Emissions").received is None
    (entry,) = entries(found, "named-documents")
    assert "7301Fernhallow24_GHG_Emissions_30_Sep_2024.pdf (report.pdf)" in entry.message
    assert "Emissions_30_Sep_2024" in entry.evidence[0].quote


def test_what_the_plan_says_it_appends_is_told_with_the_row_that_asks_for_it_and_not_twice() -> None:
    said = "Cropping has not changed, as evidenced by the 5-year historic management information appended to this plan."
    found = review(plan_paper(full_plan(s1_4=[say(said)])))
    assert paper(found, "historic management").received is None
    (entry,) = entries(found, "absent:farm_management_records")
    assert "5-year historic management information" in entry.message
    assert any("appended to this plan" in e.quote for e in entry.evidence)
    assert entries(found, "named-documents") == []


@pytest.mark.parametrize(
    "sentence",
    [
        "A land cover map will be attached to the first monitoring report.",
        "No attestation is attached.",
        "The rules are listed in the guide at www.example.org/rules.pdf for everybody.",
        "Soil is sampled as the methodology 1.2.2 and ISO 14064 ask.",
    ],
)
def test_what_is_not_said_to_be_sent_is_no_named_paper(sentence: str) -> None:
    assert review(plan_paper(full_plan(s1_4=[say(sentence)]))).validation.papers == ()


# --- whole made-up farms ---------------------------------------------------------------------------------------------


def test_a_made_up_farm_with_several_holders_lenders_and_a_missing_register(tmp_path: Path) -> None:
    # Given a couple's farm (seed 1) whose second register was not sent
    made = write_submission(
        tmp_path, 1, public=False, absent_paper=False, pending=True, lenders=True, omit_registers=[2]
    )
    found = review_folder(tmp_path)
    titles = {t.title_number: t for t in found.validation.titles}
    assert list(titles) == [t.number for t in made.farm.titles]
    for place, title in enumerate(made.farm.titles, 1):
        read = titles[title.number]
        if place == 2:
            assert read.received is None
            assert read.open == (f"Register {title.number} is named and was not received",)
            continue
        assert " and ".join(h.name for h in read.proprietors) == made.facts["proprietor"]
        assert {h.difference for h in read.proprietors} == {"none"}
        assert read.lenders == (title.lender,)
        assert read.open == ("applications are pending",)
    assert entries(found, "named-papers")[0].message.endswith(f"Register {made.farm.titles[1].number}.")


@pytest.mark.parametrize("seed", range(1, 7))
def test_on_a_clean_farm_every_line_is_closed_and_every_named_paper_is_there(tmp_path: Path, seed: int) -> None:
    write_submission(tmp_path, seed, public=False, absent_paper=False, pending=False)
    found = review_folder(tmp_path)
    assert all(t.named and t.received and not t.open for t in found.validation.titles)
    assert all(p.received for p in found.validation.papers)
    told = {e.cause for e in found.validation.exceptions}
    assert not told & {"owner-register", "pending-applications", "named-papers", "named-documents", "class-of-title",
                       "titles-listed", "superseded-answers", "public-answers"}  # fmt: skip


def test_scrambled_names_change_nothing_in_the_ledger(tmp_path: Path) -> None:
    write_submission(tmp_path / "a", 4, public=False, absent_paper=False)
    (tmp_path / "b").mkdir()
    for number, file in enumerate(sorted((tmp_path / "a").iterdir(), reverse=True)):
        if not file.name.startswith("~"):
            (tmp_path / "b" / f"{number:03}{file.suffix}").write_bytes(file.read_bytes())
    plain, scrambled = (review_folder(tmp_path / name).validation.titles for name in "ab")
    where = {"named_where", "received", "received_id", "other_copies", "evidence"}
    assert [t.model_dump(exclude=where) for t in plain] == [t.model_dump(exclude=where) for t in scrambled]
    assert all(t.received for t in scrambled)
