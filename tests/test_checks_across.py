"""What the rules across documents read and leave alone, on pages set by hand: layouts, wordings, what is missing."""

from __future__ import annotations

import pytest

from tests.made_plan import ANSWERS, Paper, Review, full_plan, plain_pages, plan_paper, review, say, sub, with_section

EXECUTIVE = (
    "i",
    "Carbon Balance (tCO2e)1",
    "SOC Sequestered 367.00",
    "GHG Emissions 100.00",
    "Leakage 7.00",
    "Balance2 260.00",
    "Credit Statement",
    "Permanence Buffer Credit Contribution 52",
    "Credits Pending Issue 208",
    "Total 260",
    "Project Outline",
    "Total Project Area 100.00 (ha)",
    "Total Sampled Area 60.00 (ha)",
    "Soil Sampling Start 10/01/2025",
    "Soil Sampling Finish 12/01/2025",
    "No of Samples 48",
    "MAPE 6.10 (%)",
    "Net SOC 5100.00 (tonnes)",
    "SOC Change 100.00 (tonnes)",
)


def report(*sampling: str, lines: tuple[str, ...] = EXECUTIVE, year: int = 2025, kind: str = "monitoring") -> Paper:
    """A project report whose executive page has these lines, and whose appendix says this of the sampling."""
    made = plain_pages(
        f"Soil Organic Carbon Project Report\n{kind.title()} Report\n{year}",
        "\n".join(lines),
        f"Project Information\nMonitoring Year: {year}",
        " ".join(sampling),
    )
    return Paper(f"{kind} {year}.pdf", "monitoring_report" if kind == "monitoring" else "baseline_report", made)


def emissions(gross: str = "100.00", end: str = "30 Sep 2024") -> Paper:
    text = f"Fernhallow Farm {end}\nFarm Carbon Calculator\nEmissions\n{gross}\ntonnes CO2e per year"
    return Paper(f"ghg {end}.pdf", "ghg_emissions", plain_pages(text))


def message(found: Review, check_id: str) -> str:
    return next(c.message for c in found.validation.checks if c.check_id == check_id)


def swapped(**changes: str) -> tuple[str, ...]:
    """The executive page with other values beside some labels."""
    out = []
    for line in EXECUTIVE:
        label = next((k for k in changes if line.startswith(k.replace("_", " "))), None)
        out.append(f"{label.replace('_', ' ')} {changes[label]}" if label else line)
    return tuple(out)


def with_baseline_emissions(words: str) -> Paper:
    return plan_paper(full_plan(s3_3=[say(words)]))


# --- reading the executive page ------------------------------------------------------------------------------------


def test_labels_may_stand_above_their_values() -> None:
    lines = tuple(
        part for line in EXECUTIVE for part in ((line[:7], line[8:]) if line.startswith("Balance2") else (line,))
    )
    found = review(
        plan_paper(), report(lines=("Carbon Balance (tCO2e)", "Credit Statement", "Balance2", "260.00", *lines[2:5]))
    )
    assert found.facts("round_balance") == ["260.00"]


def test_labels_outside_the_executive_page_are_not_read() -> None:
    page = plain_pages("Monitoring Report", "Carbon Balance\nTotal 999\nBalance 12.00 is what is left.")
    found = review(plan_paper(), Paper("m.pdf", "monitoring_report", page))
    assert found.facts("round_credits") == []
    assert found.facts("round_balance") == []


def test_the_newer_layout_names_the_same_things_otherwise() -> None:
    newer = {
        "SOC Sequestered": "Net SOC Change",
        "Permanence Buffer Credit Contribution": "Buffer Pool",
        "MAPE": "Max MAPE",
    }
    lines = list(EXECUTIVE)
    for old, new in newer.items():
        lines = [line.replace(old, new) if line.startswith(old) else line for line in lines]
    found = review(plan_paper(), report(lines=tuple(lines)))
    assert found.facts("round_gain") == ["367.00"]
    assert found.facts("round_buffer") == ["52"]
    assert found.facts("round_mape") == ["6.10"]


# --- sums ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "check_id", "outcome"),
    [
        ({}, "carbon-balance", "pass"),
        ({"Balance2": "262.00"}, "carbon-balance", "warning"),
        ({}, "credit-statement", "pass"),
        ({"Total": "261"}, "credit-statement", "warning"),
        ({"Credits_Pending_Issue": "207"}, "credit-statement", "warning"),
        ({}, "conversion", "pass"),
        ({"SOC_Sequestered": "366.67"}, "conversion", "pass"),  # 44/12
        ({"SOC_Sequestered": "350.00"}, "conversion", "warning"),
        ({"MAPE": "19.90 (%)"}, "model-error", "pass"),
        ({"MAPE": "20.00 (%)"}, "model-error", "warning"),
        ({"Total_Sampled_Area": "100.04 (ha)"}, "sampled-area", "pass"),
        ({"Total_Sampled_Area": "104.00 (ha)"}, "sampled-area", "warning"),
    ],
)
def test_the_sums_of_a_round(changes: dict[str, str], check_id: str, outcome: str) -> None:
    assert review(plan_paper(), report(lines=swapped(**changes))).outcome(check_id) == outcome


def test_a_buffer_is_rounded_up_and_a_total_down() -> None:
    lines = swapped(
        Balance2="596.62", Total="596", Permanence_Buffer_Credit_Contribution="120", Credits_Pending_Issue="476"
    )
    assert review(plan_paper(), report(lines=lines)).outcome("credit-statement") == "pass"


def test_emissions_are_compared_with_the_report_of_the_same_round_only() -> None:
    assert review(plan_paper(), report(), emissions("100.00")).outcome("report-emissions") == "pass"
    assert review(plan_paper(), report(), emissions("140.00")).outcome("report-emissions") == "warning"
    assert review(plan_paper(), report(), emissions("140.00", "30 Sep 2022")).outcome("report-emissions") == "not_run"


# --- sampling ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("An average of 9 cores were taken in a grid within each stratum.", "warning"),
        ("Nine cores per stratum were mixed into one sample.", "warning"),
        ("An average of 10 cores were taken in a grid within each stratum.", "pass"),
        ("The methodology requires at least 5 cores per stratum.", "not_run"),
        ("The cores were mixed into one sample.", "not_run"),
    ],
)
def test_cores_are_counted_where_they_were_taken_and_not_where_they_are_asked_for(words: str, outcome: str) -> None:
    assert review(plan_paper(), report(words)).outcome("cores-per-stratum") == outcome


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("Fields were divided into strata of 1 (ha) each. 12 cores were taken within each stratum.", "not_run"),
        (
            "Strata of 1 (ha) each. 12 cores were taken per stratum. 40 cores were taken for each hectare block.",
            "warning",
        ),
        ("Strata of 3 (ha) each. 12 cores were taken per stratum. 40 cores were taken for each hectare block.", "pass"),
        ("Strata of 1 (ha) each. 12 cores were taken per stratum. 12 cores were taken for each hectare block.", "pass"),
    ],
)
def test_counts_of_cores_are_compared_for_areas_of_one_size(words: str, outcome: str) -> None:
    assert review(plan_paper(), report(words)).outcome("cores-agree") == outcome


def test_the_share_covered_is_compared_with_the_areas_of_the_round_it_speaks_of() -> None:
    said = "The design of the 2025 round covered {}% of the project area."
    assert review(plan_paper(), report(said.format(60))).outcome("covered-share") == "pass"
    assert review(plan_paper(), report(said.format(64))).outcome("covered-share") == "pass"
    assert review(plan_paper(), report(said.format(80))).outcome("covered-share") == "warning"
    assert (
        review(plan_paper(), report("The 2021 round covered 80% of the project area.")).outcome("covered-share")
        == "not_run"
    )


@pytest.mark.parametrize(
    ("accuracy", "position", "accurate", "claimed"),
    [
        ("4 metres", "5m", "pass", "pass"),
        ("4 metres", "2m", "pass", "warning"),
        ("5 m", "6m", "warning", "pass"),
        ("2.5 cm", "2m", "pass", "pass"),
    ],
)
def test_positions_are_held_to_four_metres_and_to_their_instrument(
    accuracy: str, position: str, accurate: str, claimed: str
) -> None:
    words = (
        f"Each core was recorded by GNSS with an accuracy of +/- {accuracy}. "
        f"The core positions were within {position} of the plan."
    )
    found = review(plan_paper(), report(words))
    assert found.outcome("position-accuracy") == accurate
    assert found.outcome("position-claim") == claimed


# --- the plan and the first rounds ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "outcome"), [("15/12/2024", "pass"), ("01/01/2025", "pass"), ("10/02/2025", "warning")]
)
def test_a_baseline_is_sampled_within_a_year_of_the_start(day: str, outcome: str) -> None:
    lines = swapped(Soil_Sampling_Start=day, Soil_Sampling_Finish=day)
    assert review(plan_paper(), report(lines=lines, kind="baseline")).outcome("baseline-after-start") == outcome


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("GHG Emissions: 100.00 tCO2e.", "pass"),
        ("GHG Emissions: -100.00 tCO2e.", "warning"),
        ("GHG Emissions: \u2212100.00 tCO2e.", "warning"),
        ("GHG Emissions \u2013 100.00 tCO2e.", "pass"),  # a dash, not a minus
        ("Emissions were calculated by a contractor.", "not_run"),
    ],
)
def test_a_minus_is_told_from_a_dash(words: str, outcome: str) -> None:
    assert review(with_baseline_emissions(words), emissions("100.00")).outcome("emissions-sign") == outcome


def test_baseline_emissions_of_a_later_year_are_noticed_unless_the_first_years_report_came() -> None:
    plan = with_baseline_emissions("GHG Emissions: 100.00 tCO2e.")
    late, first = emissions("100.00", "30 Sep 2025"), emissions("90.00", "30 Sep 2024")
    assert review(plan, late).outcome("emissions-round") == "warning"
    assert review(plan, emissions("100.00")).outcome("emissions-round") == "pass"
    assert review(plan, emissions("70.00", "30 Sep 2025")).outcome("emissions-round") == "not_run"
    assert review(plan, first).outcome("baseline-emissions") == "warning"


# --- what is appended ----------------------------------------------------------------------------------------------

PROMISE = "This is evidenced by the 5-year historic management information appended to this document."


def test_records_that_are_promised_and_nowhere_are_told_with_the_missing_workbook_and_not_beside_it() -> None:
    found = review(plan_paper(full_plan(s1_4=[say(PROMISE)])))
    assert found.outcome("appended-history") == "warning"
    causes = [e.cause for e in found.validation.exceptions]
    assert "appended-history" not in causes
    told = next(e for e in found.validation.exceptions if e.cause == "absent:farm_management_records")
    assert "Section 1.4 says" in told.message
    assert any(PROMISE in item.quote for item in told.evidence)


def test_a_promise_is_kept_by_the_appendix_or_by_a_paper_beside_the_plan() -> None:
    held = [
        *ANSWERS["Appendix"],
        sub("Pre-Baseline Management Plan", size=16),
        say("Years 2019 to 2023: see the workbook."),
    ]
    assert review(plan_paper(full_plan(s1_4=[say(PROMISE)], Appendix=held))).outcome("appended-history") == "pass"
    workbook = Paper("w.xlsx", "farm_management_records", plain_pages("Pre-Baseline 5-Year Management"))
    assert review(plan_paper(full_plan(s1_4=[say(PROMISE)])), workbook).outcome("appended-history") == "pass"
    assert (
        with_section(s1_4=[say("The records of five years are sent with this plan.")]).outcome("appended-history")
        == "not_run"
    )
