"""A paragraph knows the page of every character, and where its sentences end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.forms import Paragraph, Piece
from pipeline.forms.normal import join_lines, plain, squash
from tests.made_plan import TURN, ask, head, mixed, plan_of, said, say, sub

IMPACT = head("2.3", "Environmental Impact")


def paragraph(*pieces: tuple[int, tuple[str, ...]]) -> Paragraph:
    made = tuple(Piece(page, str(page), lines) for page, lines in pieces)
    return Paragraph(section="2.3", section_title="Environmental Impact", subhead=None, pieces=made)


def sentences(text: str) -> list[str]:
    one = paragraph((1, (text,)))
    return [one.text[a:b].strip() for a, b in one.sentences()]


# --- sentences -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Soil is sampled by Loamwright Ltd. and sent to a laboratory.",
        "The land is owned by J. Marrowfield and T. Marrowfield.",
        "The farm grows cereals, e.g. Wheat and barley.",
        "See no. 4 of the list.",
        "The area is 120.40 ha.",
        "Mr. Marrowfield agreed.",
    ],
)
def test_an_abbreviation_ends_no_sentence(text: str) -> None:
    assert sentences(text) == [text]


def test_sentences_end_at_full_stops_and_question_marks() -> None:
    assert sentences("Is it so? It is. (We asked.) Then 3 came!") == [
        "Is it so?",
        "It is.",
        "(We asked.)",
        "Then 3 came!",
    ]


def test_a_year_at_a_sentences_end_ends_it() -> None:
    assert sentences("The term ends in 2031. Permanence follows.") == ["The term ends in 2031.", "Permanence follows."]


words = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=9)
texts = st.lists(words | st.sampled_from(["e.g.", "No.", "Ends.", "Why?", "A."]), min_size=1, max_size=25).map(" ".join)


@given(texts)
def test_sentences_cover_the_text_without_overlap(text: str) -> None:
    one = paragraph((1, (text,)))
    found = one.sentences()
    assert "".join(one.text[a:b] for a, b in found).split() == one.text.split()
    assert all(a < b <= c for (a, b), (c, _) in pairwise(found))


@given(st.lists(texts, min_size=1, max_size=4), st.data())
def test_a_cut_gives_each_page_only_its_own_words(lines: list[str], data: st.DataObject) -> None:
    # Given a paragraph with a page for every line
    one = paragraph(*[(n, (line,)) for n, line in enumerate(lines, 1)])
    start = data.draw(st.integers(0, len(one.text)))
    end = data.draw(st.integers(start, len(one.text)))
    # When a stretch of it is cut out
    found = one.cut(start, end)
    # Then every part stands on its page, and nothing is lost
    assert all(words in one.pieces[page - 1].text for page, _, words in found)
    assert " ".join(words for _, _, words in found).split() == one.text[start:end].split()


def test_what_is_left_of_a_paragraph_keeps_its_page() -> None:
    one = paragraph((4, ("Describe the impact.",)), (5, ("None was found.", "We looked twice.")))
    (left,) = one.without([one.sentences()[0]])
    assert (left.text, [p.page for p in left.pieces]) == ("None was found. We looked twice.", [5])


# --- putting lines together ----------------------------------------------------------------------------------------


def test_a_word_broken_at_the_lines_end_is_one_word() -> None:
    assert join_lines(["The regen-", "erative rotation, 2018-", "2022, and Pre-", "Baseline years"]) == (
        "The regen-erative rotation, 2018-2022, and Pre- Baseline years"
    )


def test_a_word_broken_at_the_lines_end_equals_the_whole_word() -> None:
    assert squash(join_lines(["regen-", "erative"])) == squash("regenerative")


def test_subscripts_and_type_setting_make_no_difference() -> None:
    assert plain("CO\u2082e \u2013 \u201cso\u201d\u00a0it is") == 'CO2e - "so" it is'
    assert squash("\u2022 Soil\u2011Organic CO\u2082") == squash("soil organic co2")


# --- paragraphs as the form has them -------------------------------------------------------------------------------


def test_lines_close_together_are_one_paragraph_and_a_wide_gap_parts_them() -> None:
    plan = plan_of(IMPACT, say("No harm is", "expected."), say("The river is", "fenced off."))
    assert said(plan, "2.3") == ["No harm is expected.", "The river is fenced off."]


def test_a_sentence_goes_on_over_the_page() -> None:
    plan = plan_of(IMPACT, say("No harm to the river"), TURN, say("is expected."))
    (one,) = plan.paragraphs("2.3")
    assert one.text == "No harm to the river is expected."
    assert [p.page for p in one.pieces] == [1, 2]


def test_a_new_sentence_on_a_new_page_is_a_new_paragraph() -> None:
    plan = plan_of(IMPACT, say("No harm is expected."), TURN, say("The river is fenced off."))
    assert said(plan, "2.3") == ["No harm is expected.", "The river is fenced off."]


def test_a_sentence_does_not_go_on_into_another_section() -> None:
    plan = plan_of(IMPACT, say("No harm to the river"), TURN, head("2.4", "Public Comment"), say("is expected."))
    assert (said(plan, "2.3"), said(plan, "2.4")) == (["No harm to the river"], ["is expected."])


def test_items_of_a_list_are_paragraphs_of_their_own() -> None:
    plan = plan_of(IMPACT, say("\u2022 fences", gap=14), say("\u2022 buffer strips", gap=14), say("3. hedges", gap=14))
    assert [(p.text, p.item) for p in plan.paragraphs("2.3")] == [
        ("\u2022 fences", True),
        ("\u2022 buffer strips", True),
        ("3. hedges", True),
    ]


def test_an_instruction_between_two_lines_parts_them() -> None:
    plan = plan_of(IMPACT, say("Proof is attached"), ask("Describe the sharing.", gap=14), say("equally.", gap=14))
    assert said(plan, "2.3") == ["Proof is attached", "equally."]


def test_a_line_of_two_columns_is_one_line() -> None:
    plan = plan_of(IMPACT, mixed(("Rotation", False), ("clover and wheat", False)))
    assert said(plan, "2.3") == ["Rotation clover and wheat"]


def test_a_sub_heads_answer_does_not_reach_back_over_it() -> None:
    plan = plan_of(head("1.11", "Project Location"), say("In the county"), sub("Habitat"), say("of hedges."))
    assert [(p.subhead, p.text) for p in plan.paragraphs("1.11")] == [
        (None, "In the county"),
        ("Habitat", "of hedges."),
    ]


def test_a_long_paragraph_is_quoted_by_its_sentences_and_a_short_one_whole() -> None:
    short = paragraph((1, ("One thing. Another thing.",)))
    assert short.around(0, 5) == (0, len(short.text))
    long = paragraph((1, ("This sentence says a good deal about the soil of the farm and its history. " * 12,)))
    start, end = long.around(100, 120)
    assert (start, end) in long.sentences()
    assert start <= 100 < 120 <= end
