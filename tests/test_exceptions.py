"""What a person must look at: one entry a cause, worst first, each with what clears it."""

from __future__ import annotations

from tests.made_plan import (
    ANSWERS,
    Paper,
    Review,
    ask,
    closed,
    full_plan,
    plain_pages,
    plan_paper,
    register_pages,
    register_paper,
    review,
    say,
    sub,
    with_section,
)


def kinds(found: Review) -> list[str]:
    return [e.kind for e in found.validation.exceptions]


def about(found: Review, row: str) -> list[str]:
    return [e.message for e in found.validation.exceptions if row in e.requirement_ids]


def test_every_entry_says_what_clears_it() -> None:
    found = review(plan_paper(), register_paper("r.pdf", register_pages("PIERS DUNN")))
    assert found.validation.exceptions
    assert all(e.clears_when and e.message for e in found.validation.exceptions)


def test_the_same_trouble_has_the_same_cause_in_every_farm() -> None:
    # Given two farms with other names and papers, both without workbook and start date
    first = review(plan_paper(full_plan(s1_8=[])))
    second = review(plan_paper(full_plan(s1_8=[])), register_paper("r.pdf", register_pages("PIERS DUNN")))
    for found in (first, second):
        causes = [e.cause for e in found.validation.exceptions]
        assert all(causes)
        assert len(set(causes)) == len(causes)
        assert {"absent:farm_management_records", "unanswered:REQ-007"} <= set(causes)


def test_the_worst_stands_first_and_the_order_depends_on_nothing_else() -> None:
    papers = (
        plan_paper(full_plan(s2_4=[], s1_9=[say("01/01/2024 to 01/01/2034")])),
        closed(Paper("torn.pdf", "other", ())),
    )
    found, turned = review(*papers), review(*reversed(papers))
    rank = {"high": 0, "medium": 1, "low": 2}
    severities = [rank[e.severity] for e in found.validation.exceptions]
    assert severities == sorted(severities)
    assert found.validation.exceptions == turned.validation.exceptions


def test_one_cause_in_two_rows_is_one_entry() -> None:
    # Given no workbook, which two rows need
    found = review()
    entries = [e for e in found.validation.exceptions if {"REQ-009", "REQ-012"} & set(e.requirement_ids)]
    assert [e.requirement_ids for e in entries] == [("REQ-009", "REQ-012")]
    assert entries[0].kind == "missing_document"


def test_what_a_check_says_is_not_said_again_by_its_row() -> None:
    # Given a buffer that is short, which row and rule both see
    found = with_section(s4_5=[sub("Buffer Pools"), say("Of each issuance 15% goes to the buffer: 10% and 5%.")])
    assert found.row("REQ-018").status == "partial"
    assert len(about(found, "REQ-018")) == 1


def test_a_missing_answer_is_one_entry_with_its_section() -> None:
    found = with_section(s2_4=[ask("Describe comments.")])
    assert any("2.4" in m for m in about(found, "REQ-023"))
    assert "missing_answer" in kinds(found)


def test_a_blank_form_is_one_entry_naming_every_row_it_leaves_open() -> None:
    # Given a plan in which one section is answered and all others hold only the form's words
    blank = {f"s{name.replace('.', '_')}": [ask("Describe it.")] for name in ANSWERS if name != "1.15"}
    found = review(plan_paper(full_plan(**blank)))
    entries = [e for e in found.validation.exceptions if e.kind == "missing_answer"]
    missing = tuple(r.requirement_id for r in found.validation.requirements if r.status == "missing")
    assert [e.requirement_ids for e in entries] == [missing]
    assert len(missing) > 11


def test_no_plan_is_one_entry_and_not_twenty_three() -> None:
    found = review(register_paper("r.pdf", register_pages("AGNES MARROWFIELD")))
    assert kinds(found).count("no_plan") == 1
    assert "missing_answer" not in kinds(found)


def test_files_of_another_kind_ask_first_whether_the_checklist_is_right() -> None:
    found = review(Paper("samples.csv", "lab_results", plain_pages("Label SOC")))
    assert kinds(found)[0] == "wrong_checklist"
    assert "wrong_checklist" not in kinds(review())


def test_a_file_that_cannot_be_opened_is_told_with_its_name() -> None:
    found = review(plan_paper(), closed(Paper("torn.pdf", "land_tenure", ())))
    entries = [e for e in found.validation.exceptions if e.kind == "unreadable"]
    assert [e.severity for e in entries] == ["high"]
    assert "torn.pdf" in entries[0].message


def test_a_row_that_does_not_apply_is_no_exception() -> None:
    assert about(review(), "REQ-016") == []


def test_a_deviation_is_for_a_person() -> None:
    found = with_section(s3_5=[say("Cores are taken to 25 cm.")])
    (entry,) = [e for e in found.validation.exceptions if "REQ-016" in e.requirement_ids]
    assert entry.kind == "needs_person"


def test_a_covered_row_stands_only_in_entries_of_checks() -> None:
    found = review(plan_paper(), register_paper("r.pdf", register_pages("AGNES MARROWFIELD")))
    covered = {r.requirement_id for r in found.validation.requirements if r.status == "covered"}
    by_rows = [e for e in found.validation.exceptions if e.kind not in ("check_failed", "check_warning")]
    assert not covered & {i for e in by_rows for i in e.requirement_ids}


def test_every_row_that_is_not_covered_is_explained_by_an_entry() -> None:
    found = review(plan_paper(full_plan(**{"s" + n.replace(".", "_"): [] for n in list(ANSWERS)[5:14]})))
    open_rows = {
        r.requirement_id for r in found.validation.requirements if r.status not in ("covered", "not_applicable")
    }
    explained = {i for e in found.validation.exceptions for i in e.requirement_ids}
    assert open_rows <= explained


def test_a_workbook_that_cannot_be_read_is_one_entry_with_the_rows_that_need_it() -> None:
    # Given that the workbook came and could not be opened
    found = review(plan_paper(), closed(Paper("yields.xlsx", "farm_management_records", ())))

    # Then it is told once, with both rows, and neither row is said to lack it
    entries = [e for e in found.validation.exceptions if {"REQ-009", "REQ-012"} & set(e.requirement_ids)]
    assert [(e.kind, e.requirement_ids) for e in entries] == [("unreadable", ("REQ-009", "REQ-012"))]
    assert {found.row("REQ-009").status, found.row("REQ-012").status} == {"needs_review"}
