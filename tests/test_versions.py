"""Newer versions are told by what documents say of themselves; when unsure, nothing is taken out of scope."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_readings import emissions, plan, reading, record, register, report

from pipeline.classification.inventory import inventory_from
from pipeline.classification.versions import printed_date, version_number
from pipeline.models import Document, DocumentRecord, Reading


def listed(*made: tuple[Reading, DocumentRecord]) -> dict[str, Document]:
    """The inventory of these documents by file name."""
    inventory = inventory_from([kept for _, kept in made], {one.sha256: one for one, _ in made})
    return {document.filename: document for document in inventory.documents}


def given_document(made: Reading, name: str, **more: object) -> tuple[Reading, DocumentRecord]:
    return made, record(made, name, **more)


def with_more_text(made: Reading, text: str) -> Reading:
    """The same document with other bytes."""
    page = made.pages[-1].model_copy(update={"text": made.pages[-1].text + "\n" + text})
    digest = made.sha256[::-1]
    return made.model_copy(update={"sha256": digest, "pages": (*made.pages[:-1], page)})


def test_a_higher_version_supersedes_the_older_plan_and_both_are_named() -> None:
    documents = listed(
        given_document(plan(version="2", submitted="14/02/2031"), "b.pdf"),
        given_document(plan(version="3", submitted="01/03/2031"), "a.pdf"),
    )
    old, new = documents["b.pdf"], documents["a.pdf"]
    assert old.status == "superseded"
    assert old.superseded_by == new.document_id
    assert new.status == "in_scope"
    assert any("version 3 of 01/03/2031 against version 2 of 14/02/2031" in note for note in old.notes)
    assert any("“b.pdf”" in note for note in new.notes)


def test_the_same_number_with_a_later_date_is_a_newer_version() -> None:
    documents = listed(
        given_document(plan(submitted="14/02/2031"), "a.pdf"), given_document(plan(submitted="15/02/2031"), "b.pdf")
    )
    assert documents["a.pdf"].status == "superseded"


def test_of_three_versions_the_newest_takes_the_place_of_both_others() -> None:
    documents = listed(
        *(given_document(plan(version=str(n), submitted=f"0{n}/02/2031"), f"{n}.pdf") for n in (2, 3, 1))
    )
    newest = documents["3.pdf"].document_id
    assert [documents[f"{n}.pdf"].superseded_by for n in (1, 2, 3)] == [newest, newest, None]


def test_version_10_is_newer_than_version_9() -> None:
    documents = listed(given_document(plan(version="9"), "9.pdf"), given_document(plan(version="10"), "10.pdf"))
    assert documents["9.pdf"].status == "superseded"


def test_a_number_and_a_date_that_contradict_each_other_supersede_nothing() -> None:
    documents = listed(
        given_document(plan(version="3", submitted="14/02/2031"), "a.pdf"),
        given_document(plan(version="2", submitted="15/02/2031"), "b.pdf"),
    )
    assert {document.status for document in documents.values()} == {"in_scope"}
    assert all(any("do not say which is newer" in note for note in d.notes) for d in documents.values())


@pytest.mark.parametrize(("version", "submitted"), [(None, None), ("final", "soon"), (None, "31/23/2041")])
def test_without_a_readable_number_or_date_both_plans_stay(version: str | None, submitted: str | None) -> None:
    documents = listed(
        given_document(plan(version=version, submitted=submitted), "a.pdf"),
        given_document(plan(version="2", submitted="14/02/2031"), "b.pdf"),
    )
    assert {document.status for document in documents.values()} == {"in_scope"}


def test_equal_number_and_date_with_other_contents_is_told_and_both_stay() -> None:
    first = plan()
    documents = listed(given_document(first, "a.pdf"), given_document(with_more_text(first, "One more."), "b.pdf"))
    assert {document.status for document in documents.values()} == {"in_scope"}
    assert any("their contents differ" in note for note in documents["a.pdf"].notes)


def test_the_public_and_the_private_form_of_one_version_are_no_versions_of_each_other() -> None:
    documents = listed(given_document(plan(), "a.pdf"), given_document(plan(private=True), "b.pdf"))
    assert {document.status for document in documents.values()} == {"in_scope"}
    assert any("public and the private form of the same version" in note for note in documents["a.pdf"].notes)


def test_a_newer_public_plan_does_not_push_out_the_private_one_that_holds_the_evidence() -> None:
    documents = listed(
        given_document(plan(version="3"), "a.pdf"), given_document(plan(version="2", private=True), "b.pdf")
    )
    assert documents["b.pdf"].status == "in_scope"


def test_plans_of_other_farms_are_left_alone() -> None:
    documents = listed(
        given_document(plan(version="1"), "a.pdf"),
        given_document(plan("Oxmoor Farm (7302Oxmoor24)", "7302Oxmoor24", version="2"), "b.pdf"),
    )
    assert all(d.status == "in_scope" and not any("version of" in n for n in d.notes) for d in documents.values())


def test_the_same_farm_name_under_another_id_is_a_doubt_and_not_a_version() -> None:
    documents = listed(
        given_document(plan(version="1"), "a.pdf"),
        given_document(plan("Larkfield Farm (9900Larkfield24)", "9900Larkfield24", version="2"), "b.pdf"),
    )
    assert {document.status for document in documents.values()} == {"in_scope"}
    assert any("another internal id" in note for note in documents["a.pdf"].notes)


def test_a_higher_version_on_the_forms_cover_makes_no_newer_plan() -> None:
    first = plan(version="2")
    cover = first.pages[0].model_copy(update={"text": first.pages[0].text.replace("Version: 4", "Version: 9")})
    other = first.model_copy(update={"sha256": first.sha256[::-1], "pages": (cover, *first.pages[1:])})
    documents = listed(given_document(first, "a.pdf"), given_document(other, "b.pdf"))
    assert documents["b.pdf"].facts["form_version"] == "9"
    assert {document.status for document in documents.values()} == {"in_scope"}


def test_a_supersession_undone_by_a_person_stays_undone_by_path_and_by_content() -> None:
    newer = given_document(plan(version="3"), "new.pdf")
    old = plan(version="2")
    documents = listed(newer, given_document(old, "old.pdf", kept_by="A. Reviewer", superseded_by=newer[1].document_id))
    assert documents["old.pdf"].status == "in_scope"
    assert documents["old.pdf"].superseded_by is None
    assert any("kept by the reviewer's word" in note for note in documents["old.pdf"].notes)


def test_a_pinned_plan_is_not_superseded() -> None:
    documents = listed(
        given_document(plan(version="3"), "new.pdf"),
        given_document(plan(version="2"), "old.pdf", reviewer_status="pinned"),
    )
    assert documents["old.pdf"].status == "pinned"


@pytest.mark.parametrize("by_path", [True, False])
def test_a_newer_plan_that_the_reviewer_ignores_supersedes_nothing(by_path: bool) -> None:
    newer = given_document(plan(version="3"), "new.pdf", reviewer_status="ignored")
    successor = newer[1].document_id if by_path else None
    documents = listed(newer, given_document(plan(version="2"), "old.pdf", superseded_by=successor))
    assert documents["old.pdf"].status == "in_scope"


def test_a_file_replaced_at_its_place_is_superseded_whatever_it_is() -> None:
    newer = given_document(reading("A letter, second attempt."), "letter.txt", path="tenure/letter.txt")
    older = given_document(
        reading("A letter."), "letter1.txt", path="tenure/letter.txt", superseded_by=newer[1].document_id
    )
    documents = listed(newer, older)
    assert documents["letter1.txt"].status == "superseded"
    assert documents["letter1.txt"].superseded_by == newer[1].document_id
    assert any("same place, tenure/letter.txt" in note for note in documents["letter1.txt"].notes)


def test_a_file_whose_successor_was_removed_is_in_scope_again() -> None:
    older = given_document(reading("A letter."), "letter.txt", superseded_by="doc-removed")
    assert listed(older)["letter.txt"].status == "in_scope"


def test_a_broken_successor_is_told_with_the_way_back() -> None:
    broken = reading(status="unreadable", code="truncated", note="The file ends too early.")
    newer = given_document(broken, "plan.pdf")
    older = given_document(plan(), "plan.pdf", superseded_by=newer[1].document_id)
    inventory = inventory_from([newer[1], older[1]], {one[0].sha256: one[0] for one in (newer, older)})
    superseded = next(document for document in inventory.documents if document.status == "superseded")
    assert any("undo the new version" in note for note in superseded.notes)


def test_a_report_of_the_same_year_reported_later_supersedes_the_earlier() -> None:
    documents = listed(
        given_document(report("Monitoring", reported="03/05/2031"), "a.pdf"),
        given_document(report("Monitoring", reported="04/05/2031"), "b.pdf"),
        given_document(report("Baseline", reported="05/05/2031"), "c.pdf"),
        given_document(report("Monitoring", year="2025", reported="06/05/2031"), "d.pdf"),
    )
    assert [documents[f"{n}.pdf"].status for n in "abcd"] == ["superseded", "in_scope", "in_scope", "in_scope"]


def test_two_emission_reports_or_registers_of_one_thing_are_told_and_both_stay() -> None:
    documents = listed(
        given_document(emissions(), "a.pdf"),
        given_document(with_more_text(emissions(), "Notes"), "b.pdf"),
        given_document(register(edition="04.02.2019"), "c.pdf"),
        given_document(register(edition="05.02.2021"), "d.pdf"),
    )
    assert {document.status for document in documents.values()} == {"in_scope"}
    assert any("year ending 31 Aug 2024" in note for note in documents["a.pdf"].notes)
    assert any("title QX123456" in note and "05.02.2021" in note for note in documents["c.pdf"].notes)


@settings(deadline=None)  # a busy machine is not a failure
@given(st.permutations(range(5)))
def test_the_order_of_arrival_plays_no_part(order: list[int]) -> None:
    made = [
        given_document(plan(version="2"), "a.pdf"),
        given_document(plan(version="3"), "b.pdf"),
        given_document(plan(version="3", private=True), "c.pdf"),
        given_document(report("Monitoring"), "d.pdf"),
        given_document(register(), "e.pdf"),
    ]
    readings = {one.sha256: one for one, _ in made}
    usual = inventory_from([kept for _, kept in made], readings)
    assert inventory_from([made[position][1] for position in order], readings) == usual


@settings(deadline=None)  # a busy machine is not a failure
@given(st.integers(1, 99), st.integers(1, 99))
def test_exactly_the_lower_of_two_numbers_is_superseded(first: int, second: int) -> None:
    documents = listed(
        given_document(plan(version=str(first)), "a.pdf"),
        given_document(plan(version=f"{second}", extra="\n."), "b.pdf"),
    )
    gone = {name for name, document in documents.items() if document.status == "superseded"}
    assert gone == ({"a.pdf"} if first < second else {"b.pdf"} if second < first else set())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("31/03/2025", date(2025, 3, 31)),
        ("04.02.2019", date(2019, 2, 4)),
        ("2031-02-14", date(2031, 2, 14)),
        ("3rd March 2031", date(2031, 3, 3)),
        ("03/23/2031", None),
        ("spring 2031", None),
        (None, None),
    ],
)
def test_dates_are_read_day_first_and_impossible_ones_are_none(text: str | None, expected: date | None) -> None:
    assert printed_date(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2", (2,)), ("v2.1", (2, 1)), ("Version 3 (final)", (3,)), ("2.0", (2,)), ("two", None), (None, None)],
)
def test_version_numbers_are_numbers_and_not_letters(text: str | None, expected: tuple[int, ...] | None) -> None:
    assert version_number(text) == expected
