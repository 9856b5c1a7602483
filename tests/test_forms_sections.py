"""Sections are found by the form's own headings, however they wrap, count or stand on a page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.forms import read_plan
from tests.made_plan import (
    CHECKLIST,
    FILLER,
    SKIP,
    TITLES,
    TURN,
    Part,
    ask,
    cell,
    full_plan,
    head,
    pages,
    plan_of,
    said,
    say,
    scanned,
    sub,
)

WORDS = say("The proponent's own words.")


def lines(*texts: str, size: float, gap: float = 26.0) -> Part:
    return Part(tuple(((text, False),) for text in texts), size=size, gap=gap)


# --- headings ------------------------------------------------------------------------------------------------------


@given(st.data())
def test_a_heading_may_wrap_after_any_of_its_words(data: st.DataObject) -> None:
    # Given a section of the form with its title set over two lines
    number = data.draw(st.sampled_from([n for n, title in TITLES.items() if "." in n and len(title.split()) > 2]))
    words = TITLES[number].split()
    at = data.draw(st.integers(min_value=2, max_value=len(words)))
    wrapped = [" ".join(words[:at]), " ".join(words[at:])]
    # When it is read
    plan = plan_of(head(number, *[w for w in wrapped if w]), WORDS)
    # Then the section holds the answer alone, and no word of the title
    if number != "1.2":
        assert said(plan, number) == ["The proponent's own words."]


def test_a_chapter_that_wraps_over_three_lines_is_one_heading() -> None:
    plan = plan_of(
        head("4", "Quantification of GHG", "Emission Reduction", "and Removals"),
        head("4.1", "Baseline Emissions"),
        WORDS,
    )
    assert plan.sections["4"].title == "Quantification of GHG Emission Reduction and Removals"
    assert (said(plan, "4"), said(plan, "4.1")) == ([], ["The proponent's own words."])


def test_one_point_ten_is_not_one_point_one() -> None:
    # Given both sections with different answers
    plan = plan_of(
        head("1.1", "General Information"),
        say("Of the first."),
        head("1.10", "Permanence Period"),
        say("Of the tenth."),
    )
    # Then neither answer stands in the other section
    assert (said(plan, "1.1"), said(plan, "1.10")) == (["Of the first."], ["Of the tenth."])


@pytest.mark.parametrize("dot", ["", "."])
def test_a_dot_after_the_number_makes_no_difference(dot: str) -> None:
    assert said(plan_of(head("2.3", "Environmental Impact", dot=dot), WORDS), "2.3") == ["The proponent's own words."]


def test_a_heading_without_its_number_is_known_by_its_title() -> None:
    plan = plan_of(lines("Project Start Date", size=16), WORDS)
    assert said(plan, "1.8") == ["The proponent's own words."]


def test_a_long_heading_without_its_number_may_wrap() -> None:
    plan = plan_of(lines("Compliance with Laws, Statutes, and Other", "Regulatory Frameworks", size=16), WORDS)
    assert said(plan, "1.14") == ["The proponent's own words."]
    assert said(plan, "1.2") == [FILLER[1].lines[0][0][0]] * 8  # nothing ran over into the section before


def test_a_number_on_a_line_of_its_own_belongs_to_the_title_under_it() -> None:
    # Given a reader that gives number and title as two lines
    title = lines("Public Comment", size=16, gap=1)
    plan = plan_of(head("2.3", "Environmental Impact"), lines("2.4.", size=16), title, WORDS)
    # Then the number is no answer of the section before
    assert (said(plan, "2.3"), said(plan, "2.4")) == ([], ["The proponent's own words."])


def test_a_title_under_another_sections_number_counts_by_its_title() -> None:
    # Given a form that gained a section, so that its numbers count on wrongly
    plan = plan_of(
        head("1.11", "Permanence Period"), say("Ten years."), head("1.12", "Project Location"), say("England.")
    )
    # Then each answer stands where the form has it
    assert (said(plan, "1.10"), said(plan, "1.11"), said(plan, "1.12")) == (["Ten years."], ["England."], [])


def test_a_shortened_title_under_its_own_number_is_still_that_section() -> None:
    assert said(plan_of(head("1.9", "Crediting Period"), say("Ten years.")), "1.9") == ["Ten years."]


@pytest.mark.parametrize(
    "answer",
    [
        "3. There is a reasonable expectation of drawdown.",
        "1. Project activities are not required by law.",
        "4.1 Baseline Emissions are low on this farm.",
        "2. Safeguards",
        "1.8 hectares were drained.",
    ],
)
def test_an_item_of_a_numbered_list_is_no_heading(answer: str) -> None:
    plan = plan_of(head("3.4", "Additionality"), ask("Describe."), say(answer), say("More."))
    assert said(plan, "3.4") == [answer, "More."]


@pytest.mark.parametrize("answer", ["3. There is a reasonable expectation.", "4.1 Baseline Emissions are low here."])
def test_an_item_of_a_numbered_list_is_no_heading_when_type_sizes_are_lost(answer: str) -> None:
    made = scanned(
        pages(
            *FILLER,
            head("3.4", "Additionality"),
            say(answer),
            head("3.5", "Credit Class & Methodology Deviations"),
            say("None."),
        )
    )
    plan = read_plan(made, CHECKLIST.grammar)
    assert (said(plan, "3.4"), said(plan, "3.5")) == ([answer], ["None."])


def test_a_title_quoted_in_a_sentence_is_no_heading() -> None:
    plan = plan_of(head("2.1", "No Net Harm"), say("See the section on", "Public Comment", "for more."))
    assert said(plan, "2.1") == ["See the section on Public Comment for more."]


# --- sub-heads -----------------------------------------------------------------------------------------------------


def test_an_answer_stands_under_its_own_sub_head_alone() -> None:
    plan = plan_of(head("1.11", "Project Location"), sub("Gross Project Area"), sub("Habitat"), say("Hedges."))
    assert (said(plan, "1.11", "Gross Project Area"), said(plan, "1.11", "Habitat")) == ([], ["Hedges."])


@pytest.mark.parametrize("title", ["Soil Types", "Soil Types:", "Soils, Water and Wildlife of the Project Area."])
def test_a_sub_head_the_form_does_not_know_is_no_answer(title: str) -> None:
    plan = plan_of(head("2.3", "Environmental Impact"), sub(title, size=14), head("2.4", "Public Comment"), WORDS)
    assert said(plan, "2.3") == []


def test_a_sentence_set_large_by_its_writer_is_an_answer() -> None:
    plan = plan_of(
        head("2.3", "Environmental Impact"), sub("No assessment was needed.", size=14), head("2.4", "Public Comment")
    )
    assert said(plan, "2.3") == ["No assessment was needed."]


# --- labels --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", ["", ":", " :"])
def test_a_label_with_or_without_a_colon_names_its_value(mark: str) -> None:
    plan = plan_of(head("1.1", "General Information"), cell(f"Project Name{mark}", "Fernhallow Farm"))
    field = plan.field("1.1", "Project Name")
    assert field is not None
    assert field.value == "Fernhallow Farm"


def test_a_label_and_its_value_may_be_one_run_of_text() -> None:
    field = plan_of(head("1.1", "General Information"), say("Date Submitted: 14/02/2025")).field(
        "1.1", "Date Submitted"
    )
    assert field is not None
    assert field.value == "14/02/2025"


@pytest.mark.parametrize("mark", ["", ":"])
def test_the_labels_of_an_empty_table_are_no_answer(mark: str) -> None:
    plan = plan_of(
        head("1.1", "General Information"),
        *[cell(f"{label}{mark}") for label in ("Project Name", "Date Submitted", "Prepared by")],
    )
    assert (said(plan, "1.1"), plan.sections["1.1"].fields) == ([], [])


@pytest.mark.parametrize("mark", ["", ":"])
def test_a_label_may_wrap(mark: str) -> None:
    wrapped = ("Justification of choice of data or", f"description of measurement methods and procedures applied{mark}")
    parts = (cell("Value applied:", "44"), *[cell(line) for line in wrapped], cell("Purpose of Data"))
    assert said(plan_of(head("5.1", TITLES["5.1"]), *parts), "5.1") == ["Value applied: 44"]


def test_a_value_may_stand_under_its_label() -> None:
    field = plan_of(head("1.1", "General Information"), cell("Project Name:"), say("Fernhallow Farm")).field(
        "1.1", "Project Name"
    )
    assert field is not None
    assert field.value == "Fernhallow Farm"


def test_an_empty_cell_takes_no_value_from_the_next_row() -> None:
    plan = plan_of(head("1.1", "General Information"), cell("Project Name"), cell("Date Submitted", "14/02/2025"))
    assert plan.field("1.1", "Project Name") is None


# --- pages ---------------------------------------------------------------------------------------------------------


def test_a_page_number_is_no_answer_wherever_it_is_printed() -> None:
    # Given a page whose number stands well above the foot
    made = list(pages(*FILLER, head("2.3", "Environmental Impact")))
    number = made[-1].lines[0].model_copy(update={"top": 640.0, "bottom": 651.0})
    made[-1] = made[-1].model_copy(update={"lines": (*made[-1].lines[1:], number)})
    # Then the blank section stays blank
    assert said(read_plan(made, CHECKLIST.grammar), "2.3") == []


def contents() -> list[Part]:
    entries = [f"{n}. {t} {'.' * 60} {i}" for i, (n, t) in enumerate(TITLES.items()) if "." in n]
    return [say("Table of Contents"), *[say(e, gap=14) for e in entries[:30]]]


def test_the_list_of_contents_is_no_section() -> None:
    plan = read_plan(pages(*contents(), TURN, *FILLER, head("1.8", "Project Start Date"), WORDS), CHECKLIST.grammar)
    assert set(plan.sections) == {"1.2", "1.8"}
    assert not any("...." in p.text or "Contents" in p.text for p in plan.everything())


def test_the_body_may_start_below_the_list_of_contents() -> None:
    made = pages(
        *contents(), head("1.1", "General Information"), cell("Project Name", "Fernhallow Farm"), TURN, *FILLER
    )
    plan = read_plan(made, CHECKLIST.grammar)
    assert len(made) == 2
    assert set(plan.sections) == {"1.1", "1.2"}
    assert plan.field("1.1", "Project Name") is not None


def test_a_dotted_line_to_write_on_is_no_answer() -> None:
    plan = plan_of(head("2.3", "Environmental Impact"), say("Signed" + "." * 30), head("2.4", "Public Comment"), WORDS)
    assert said(plan, "2.3") == []


def test_nothing_after_an_absent_page_is_taken_for_the_section_before_it() -> None:
    plan = plan_of(
        head("2.1", "No Net Harm"),
        WORDS,
        SKIP,
        say("The end of some other section."),
        head("2.4", "Public Comment"),
        WORDS,
    )
    assert said(plan, "2.1") == ["The proponent's own words."]
    assert [p.text for p in plan.orphans] == ["The end of some other section."]


def test_shuffled_pages_are_read_in_their_printed_order() -> None:
    # Given a plan and the same pages in another order
    made = full_plan()
    mixed = [made[0], *reversed(made[1:])]
    # Then every section reads the same
    straight, shuffled = read_plan(made, CHECKLIST.grammar), read_plan(mixed, CHECKLIST.grammar)
    assert {n: said(straight, n) for n in TITLES} == {n: said(shuffled, n) for n in TITLES}


def test_running_heads_are_no_answer() -> None:
    # Given six pages that all carry the project's name in the upper margin
    parts: list[Part] = [*FILLER]
    for number in ("2.1", "2.2", "2.3", "2.4", "3.3"):
        parts += [TURN, head(number, TITLES[number])]
    made = []
    for page in pages(*parts):
        running = page.lines[0].model_copy(
            update={"text": "Fernhallow Farm, confidential", "top": 20.0, "bottom": 31.0}
        )
        made.append(page.model_copy(update={"lines": (running, *page.lines)}))
    plan = read_plan(made, CHECKLIST.grammar)
    assert [said(plan, n) for n in ("2.1", "2.2", "2.3", "2.4", "3.3")] == [[]] * 5
