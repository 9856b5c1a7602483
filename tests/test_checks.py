"""Every rule passes, warns, fails, or says why it was not run; zero checks run is no success."""

from __future__ import annotations

import pytest

from pipeline.verdicts.checks import RULES
from tests.made_plan import (
    Paper,
    Review,
    ask,
    cell,
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

TERM = "Crediting Term Period (Start + 10 Years): 01/01/2024 \u2013 31/12/2033"


def baseline(*lines: str, name: str = "Baseline Report.pdf") -> Paper:
    return Paper(
        name, "baseline_report", plain_pages("Soil Organic Carbon Project Report\nBaseline Report", "\n".join(lines))
    )


def message(found: Review, check_id: str) -> str:
    return next(c.message for c in found.validation.checks if c.check_id == check_id)


def test_every_rule_has_an_id_of_its_own_a_source_and_an_outcome() -> None:
    found = review().validation.checks
    assert [c.check_id for c in found] == [r.check_id for r in RULES]
    assert len({r.check_id for r in RULES}) == len(RULES)
    assert all(c.source and c.message for c in found)


def test_without_documents_no_rule_claims_to_have_passed() -> None:
    # Given nothing at all
    found = review(closed(plan_paper()))
    # Then nothing passed: every rule says why it was not run
    assert {c.check_id: c.outcome for c in found.validation.checks if c.outcome != "not_run"} == {}


def test_every_outcome_but_not_run_shows_what_it_stands_on() -> None:
    found = review(plan_paper(), register_paper("r.pdf", register_pages("PIERS DUNN")), baseline(TERM))
    bare = {c.check_id for c in found.validation.checks if c.outcome in ("fail", "warning") and not c.evidence}
    assert bare == set()
    assert all(c.clears_when for c in found.validation.checks if c.outcome in ("fail", "warning"))


# --- dates ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", ["31/23/2024", "31/02/2024", "01/01/1924", "01/01/2224"])
def test_a_date_that_cannot_be_fails_wherever_it_stands_in_the_plan(day: str) -> None:
    found = with_section(s2_2=[say(f"The neighbours were consulted on {day}.")])
    assert found.outcome("dates") == "fail"
    assert day in message(found, "dates")


def test_a_date_that_can_be_read_in_two_ways_is_told() -> None:
    found = with_section(s2_2=[say("The neighbours were consulted on 03/04/2024.")])
    assert "03/04/2024" in message(found, "date-order")
    assert found.outcome("date-order") == "pass"


@pytest.mark.parametrize(
    ("crediting", "permanence", "failing"),
    [
        ("01/01/2024 to 31/12/2033", "01/01/2034 to 31/12/2043", set()),
        ("01/01/2024 to 01/01/2034", "01/01/2034 to 31/12/2043", {"crediting-term", "permanence-start"}),
        ("01/01/2024 to 31/12/2033", "01/01/2034 to 31/12/2053", {"permanence-term"}),
        ("01/01/2024 to 31/12/2033", "02/01/2034 to 01/01/2044", {"permanence-start"}),
        ("02/01/2024 to 01/01/2034", "02/01/2034 to 01/01/2044", {"start-date"}),
    ],
)
def test_the_terms_are_ten_years_to_the_day_and_follow_each_other(
    crediting: str, permanence: str, failing: set[str]
) -> None:
    found = with_section(s1_9=[say(crediting)], s1_10=[say(permanence)])
    assert {c.check_id for c in found.validation.checks if c.outcome == "fail"} == failing


def test_a_report_repeats_the_plans_term_exactly() -> None:
    assert review(plan_paper(), baseline(TERM)).outcome("report-term") == "pass"
    late = review(plan_paper(), baseline(TERM.replace("31/12/2033", "01/01/2034")))
    assert late.outcome("report-term") == "fail"
    assert "01/01/2034" in message(late, "report-term")


# --- amounts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("20% of each issuance goes to the buffer: 10% and 10%.", "pass"),
        ("20% of each issuance goes to the buffer: 15% and 10%.", "fail"),
        ("12% of each issuance goes to the buffer.", "fail"),
        ("A part goes to the buffer.", "not_run"),
    ],
)
def test_the_buffer_is_twenty_per_cent(text: str, outcome: str) -> None:
    assert with_section(s4_5=[sub("Buffer Pools"), say(text)]).outcome("buffer") == outcome


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        ("2024 246 616 De minimis 370", "pass"),
        ("2024 246 616 0 371", "pass"),
        ("2024 1,246 1,616 20 350", "pass"),
        ("2024 246 616 0 390", "fail"),
        ("2024 246 616 20 370", "fail"),
        ("2024 80 340 de minimis 26,00", "not_run"),  # no number of English print: 2600, 26.00 or a slip
        ("The table follows.", "not_run"),
    ],
)
def test_table_4_4_adds_up_to_the_tonne(row: str, outcome: str) -> None:
    assert with_section(s4_4=[ask("Fill in the table."), say(row)]).outcome("estimate") == outcome


def test_reports_state_one_area() -> None:
    one, same = baseline("Total Project Area 91.07 (ha)"), baseline("Total Project Area 91.07 (ha)", name="Second.pdf")
    other = baseline("Total Project Area 82.18 (ha)", name="Third.pdf")
    assert review(plan_paper(), one).outcome("report-area") == "not_run"
    assert review(plan_paper(), one, same).outcome("report-area") == "pass"
    assert review(plan_paper(), one, other).outcome("report-area") == "warning"


# --- identity ------------------------------------------------------------------------------------------------------


def plan_with(cover: str) -> Paper:
    made = full_plan(s1_2=[say(f"This is the plan of {cover}.")])
    return plan_paper(made)


@pytest.mark.parametrize(
    ("other", "outcome"),
    [
        ("7301Fernhallow24", "pass"),
        ("7310Fernhallow24", "warning"),
        ("7301Fernhalow24", "warning"),
        ("7302Fernhallow25", "pass"),
        ("9200Nettlebarrow24", "pass"),
    ],
)
def test_two_ids_of_one_round_in_one_plan_are_a_warning_and_other_rounds_are_not(other: str, outcome: str) -> None:
    assert review(plan_with(other)).outcome("internal-id") == outcome


@pytest.mark.parametrize(("version", "outcome"), [("1.2.2", "pass"), ("1.1", "pass"), ("1.3", "warning")])
def test_a_version_nobody_knows_is_a_warning(version: str, outcome: str) -> None:
    found = with_section(s1_3=[cell("Methodology Version", version)])
    assert found.outcome("versions") == outcome
    assert version in message(found, "versions") or version == "1.2.2"


def test_whether_a_version_was_in_force_is_never_claimed() -> None:
    assert review().outcome("versions-in-force") == "not_run"


def test_a_pending_application_is_a_warning_with_its_note() -> None:
    note = "This title is subject to pending applications which are not completed."
    found = review(plan_paper(), register_paper("r.pdf", register_pages("AGNES MARROWFIELD", message=note)))
    assert found.outcome("pending-applications") == "warning"
    (check,) = [c for c in found.validation.checks if c.check_id == "pending-applications"]
    assert [e.quote for e in check.evidence] == [note]
    assert (
        review(plan_paper(), register_paper("r.pdf", register_pages("A B"))).outcome("pending-applications") == "pass"
    )


@pytest.mark.parametrize(
    ("holder", "outcome"),
    [("Agnes Marrowfield", "pass"), ("Loamwright Ltd", "warning"), ("Tobias Marrowfield", "warning")],
)
def test_credits_to_somebody_else_are_shown_and_not_judged(holder: str, outcome: str) -> None:
    land = say("The land of the farm is owned by Agnes Marrowfield.")
    found = with_section(
        s1_7=[ask("\u2022 Tenure"), land, ask("\u2022 Sharing"), say(f"All credits belong to {holder}.")]
    )
    assert found.outcome("credit-holder") == outcome
    assert found.row("REQ-006").status == "covered"


def test_two_plans_in_scope_are_told_and_the_pinned_one_is_read() -> None:
    # Given two plans of one farm, the shorter one pinned by the reviewer
    long, short = (
        plan_paper(),
        Paper(
            "Other Project Plan.pdf",
            "project_plan",
            full_plan(s1_8=[say("The start date is 05/05/2023.")]),
            status="pinned",
        ),
    )
    found = review(long, short)
    assert found.outcome("one-plan") == "warning"
    assert found.facts("start_date") == ["2023-05-05"]
    assert found.facts("other_plan") == [long.filename]
