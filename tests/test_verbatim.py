"""Words on a page: whole words, whole numbers, as the page prints them, or the nearest text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evidence.verbatim import as_printed, nearest
from pipeline.forms.normal import digits, squash

PAGE = """Field 5 10 ha
Total 1200 ha, and 0.5 t; a net -5 t of CO\u2082 a year
The land is unregistered and non-eligible; the owner isn't resident, but strati-
fied areas are \u201ckept\u201d over 10 m\u00b2 from 2018\u20132022.
1.Cafe\u0301 \uf0b7 last of all
"""


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        ("Total 1200 ha", "Total 1200 ha"),
        ("  total   1200\nHA ", "Total 1200 ha"),
        ("-5 t of CO2", "-5 t of CO\u2082"),
        ("stratified areas", "strati- fied areas"),
        ('"kept" over 10 m2', "\u201ckept\u201d over 10 m\u00b2"),
        ("from 2018-2022.", "from 2018\u20132022."),
        ("Caf\u00e9", "Cafe\u0301"),
        ("0.5 t", "0.5 t"),
        ("isn't resident", "isn't resident"),
    ],
)
def test_words_that_stand_there_are_given_as_the_page_prints_them(words: str, printed: str) -> None:
    assert as_printed(PAGE, words) == printed


@pytest.mark.parametrize(
    "words",
    [
        "Field 510 ha",
        "200 ha",
        "1200 h",
        "5 t of CO2",
        "-1200 ha",
        "5 t; a net",
        "registered",
        "The land is un",
        "eligible",
        "the owner isn",
        "fied areas",
        "10 m",
        "2022",
        "from 2018",
        "Caf",
        "Cafe",
        "nowhere at all",
        "",
        " . ",
        "*",
    ],
)
def test_no_word_and_no_number_is_cut_joined_or_changed(words: str) -> None:
    assert as_printed(PAGE, words) is None


@given(st.lists(st.from_regex(r"[a-c0-2]{1,4}", fullmatch=True), min_size=1, max_size=12), st.data())
def test_every_run_of_whole_words_stands_there(words: list[str], data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(words) - 1))
    run = " ".join(words[begin : data.draw(st.integers(begin + 1, len(words)))])
    found = as_printed(" ".join(words), run)
    assert found is not None
    assert (squash(found), digits(found)) == (squash(run), digits(run))


@given(st.text(min_size=1, max_size=40), st.text(max_size=80))
def test_what_is_given_stands_on_the_page_and_says_the_same(words: str, page: str) -> None:
    found = as_printed(page, words)
    assert found is None or found in " ".join(page.split())


@pytest.mark.parametrize(
    ("words", "near"),
    [("Totals 1300 ha", "Total 1200 ha,"), ("the land is registered", "The land is unregistered")],
)
def test_the_nearest_text_is_whole_words_of_the_page(words: str, near: str) -> None:
    assert nearest(PAGE, words) == near


def test_nothing_is_called_near_that_is_not() -> None:
    assert nearest(PAGE, "quarterly wind speeds by buoy") is None
    assert nearest("", "anything") is None
