"""Dates as documents print them: day first, in figures or words, and what does not exist is kept as printed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evidence.dates import dates_in, plus_years
from tests.made_plan import ask, say, with_section

days = st.dates(min_value=date(1990, 1, 1), max_value=date(2060, 12, 31))


@pytest.mark.parametrize(
    "text",
    [
        "01/10/2021",
        "1/10/2021",
        "01.10.2021",
        "01-10-2021",
        "01\u201010\u20102021",
        "1/10/21",
        "2021-10-01",
        "1 October 2021",
        "1st October 2021",
        "1st of October, 2021",
        "1st day of October 2021",
        "01 Oct 2021",
        "1 Oct. 2021",
        "1 Oct 21",
        "1 Oct '21",
        "1-Oct-2021",
        "1\u00a0October\u00a02021",
        "October 1, 2021",
        "Oct. 1st 2021",
    ],
)
def test_one_day_however_it_is_printed(text: str) -> None:
    (found,) = dates_in(f"It starts on {text}, as agreed.")
    assert (found.value, found.raw) == (date(2021, 10, 1), text)


@given(days)
def test_a_numeric_date_is_read_day_first(day: date) -> None:
    (found,) = dates_in(f"from {day:%d/%m/%Y} on")
    assert found.value == day
    assert found.ambiguous == (day.day <= 12)


@given(st.text())
def test_a_mention_stands_where_it_says(text: str) -> None:
    whole = f"{text} 31/12/2031 {text}"
    assert all(whole[m.start : m.end] == m.raw for m in dates_in(whole))


@pytest.mark.parametrize("between", [" to ", " - ", "-", "\u2013", " \u2013 ", " until "])
def test_a_period_is_two_dates_whatever_stands_between(between: str) -> None:
    found = dates_in(f"01/01/2022{between}31/12/2031")
    assert [m.value for m in found] == [date(2022, 1, 1), date(2031, 12, 31)]


@pytest.mark.parametrize("text", ["31/02/2024", "01/23/2022", "29/02/2023", "31 June 2022", "2022-13-01"])
def test_a_day_that_does_not_exist_is_kept_as_printed(text: str) -> None:
    (found,) = dates_in(text)
    assert (found.raw, found.value) == (text, None)


@pytest.mark.parametrize(
    "text",
    [
        "version 1.2.2",
        "v1.12.25",
        "section 8.11.10",
        "GHG 12/2021",
        "1/2/3/2022",
        "on 3 May 20 cores were taken",
        "on 3 May 20 % was sown",
        "from 5 May 10.30 on",
        "01632 960016",
        "QX510001",
        "ISO 17025-1-2017",
        "Tuesday",
    ],
)
def test_other_figures_are_no_dates(text: str) -> None:
    assert dates_in(text) == []


def test_a_day_and_a_month_of_the_same_number_can_be_read_in_one_way_only_by_luck() -> None:
    # both parts are 12 or less, but turned around they are the same day: facts do not report that one
    (found,) = dates_in("05/05/2022")
    assert found.ambiguous
    assert found.value == date(2022, 5, 5)


@given(days, st.integers(0, 40))
def test_years_are_added_without_moving_the_day(day: date, years: int) -> None:
    later = plus_years(day, years)
    assert (later.year, later.month) == (day.year + years, day.month)
    assert later.day == day.day or (day.month, day.day, later.day) == (2, 29, 28)


# --- periods in the plan -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        ["01/01/2024 to 31/12/2033"],
        ["From 1 January 2024 until 31 December 2033."],
        ["From 01/01/2024 up to and including 31/12/2033."],
        ["The period starts on 1st January 2024 and ends on 31st December 2033."],
        ["Start: 01/01/2024, end: 31/12/2033"],
        ["Version of 14/02/2025. The period runs 01/01/2024\u201331/12/2033."],
        ["2024-01-01 to 2033-12-31"],
        ["Start date: 01/01/2024", "End date: 31/12/2033"],
    ],
)
def test_the_crediting_period_is_read_however_it_is_put(lines: list[str]) -> None:
    review = with_section(s1_9=[ask("Indicate the period."), *[say(line) for line in lines]])
    assert (review.facts("crediting_start"), review.facts("crediting_end")) == (["2024-01-01"], ["2033-12-31"])
    assert review.row("REQ-010").status == "covered"
    quoted = review.quotes("REQ-010")
    assert "2024" in quoted
    assert "2033" in quoted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("01/01/2024 to 01/01/2034", "1 day late"),
        ("01/01/2024 to 30/12/2033", "1 day early"),
        ("01/01/2024 to 31/12/2034", "365 days late"),
        ("01/01/2024 to 31/23/2033", "31/23/2033, which is no date"),
        ("Ten years from 01/01/2024", "states no period"),
    ],
)
def test_a_period_that_is_not_ten_years_to_the_day_is_not_covered(text: str, said: str) -> None:
    review = with_section(s1_9=[ask("Indicate the period."), say(text)])
    assert review.row("REQ-010").status == "partial"
    assert said in review.row("REQ-010").reason


def test_a_leap_day_as_the_first_day_gives_ten_years() -> None:
    review = with_section(s1_9=[say("29/02/2024 to 27/02/2034")], s1_8=[say("The project starts on 29/02/2024.")])
    assert review.outcome("crediting-term") == "pass"


def test_the_start_date_is_the_one_that_its_sentence_calls_so() -> None:
    # Given another date before it
    text = "Soil was first sampled on 06/02/2025. The project start date is 01/01/2024, before any sowing."
    review = with_section(s1_8=[ask("Indicate the start."), say(text)])
    assert review.facts("start_date") == ["2024-01-01"]
    assert review.row("REQ-007").status == "covered"


def test_a_start_date_that_is_not_the_first_crediting_day_is_not_covered() -> None:
    review = with_section(s1_8=[say("The project starts on 02/01/2024.")])
    assert (review.row("REQ-007").status, review.outcome("start-date")) == ("partial", "fail")
