"""What the form asks is never an answer: italics decide, and where they are lost the wording of instructions does."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples import write_submission
from pipeline.forms import read_plan
from pipeline.forms.grammar import is_instruction
from pipeline.forms.normal import squash
from pipeline.models import Page
from pipeline.reading.pdf import read_pdf
from tests.made_plan import (
    ANSWERS,
    CHECKLIST,
    FILLER,
    Part,
    ask,
    full_plan,
    head,
    mixed,
    pages,
    plan_of,
    plan_paper,
    review,
    said,
    say,
    scanned,
    with_section,
)

IMPACT, COMMENT = head("2.3", "Environmental Impact"), head("2.4", "Public Comment")


@pytest.mark.parametrize(
    "sentence",
    [
        "Provide the start date of the project.",
        "Where applicable, describe the process.",
        "If the land is leased, attach the lease.",
        "Please indicate the size.",
        "- Identify every stakeholder.",
        "(a) List the laws.",
        "Project proponents must describe the risk.",
        "This could include maps and photographs.",
    ],
)
def test_sentences_that_tell_the_writer_what_to_do_are_instructions(sentence: str) -> None:
    assert is_instruction(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "The start date is 01/01/2022.",
        "Cover crops are grown on every field.",
        "Use of fertiliser has fallen.",
        "Records are kept by the farm office.",
        "Present land use is arable.",
        "None.",
        "Plan: keep the stubble.",
        "Draw-down is expected.",
        "3. There is no leakage.",
        "Project proponent and owner are one person.",
    ],
)
def test_sentences_of_an_answer_are_no_instructions(sentence: str) -> None:
    assert not is_instruction(sentence)


def test_an_instruction_in_italics_is_never_part_of_an_answer() -> None:
    plan = plan_of(IMPACT, ask("Describe any assessment", "that was made."), say("No assessment was needed."))
    assert said(plan, "2.3") == ["No assessment was needed."]
    assert plan.separation == "grammar"  # too few italics in so short a plan to rest a whole reading on them


def test_latin_names_in_italics_stay_inside_the_sentence() -> None:
    plan = plan_of(
        IMPACT,
        ask("Describe the sward."),
        say("The sward holds mostly"),
        mixed(("Lolium perenne", True), ("and clover, with", False), ("Festuca rubra", True)),
        say("on the banks.", gap=14),
    )
    assert said(plan, "2.3") == ["The sward holds mostly Lolium perenne and clover, with Festuca rubra on the banks."]


def test_an_answer_that_opens_with_a_latin_name_is_kept_whole() -> None:
    plan = plan_of(IMPACT, ask("Describe the sward."), mixed(("Lolium perenne", True), ("dominates.", False)))
    assert said(plan, "2.3") == ["Lolium perenne dominates."]


def test_an_answer_that_opens_with_several_latin_names_is_kept_whole() -> None:
    names = ("Lolium perenne and Festuca rubra", True)
    plan = plan_of(IMPACT, ask("Describe the sward."), mixed(names, ("cover the banks.", False)))
    assert said(plan, "2.3") == ["Lolium perenne and Festuca rubra cover the banks."]


def test_an_answer_typed_on_behind_its_instruction_is_kept_without_it() -> None:
    plan = plan_of(IMPACT, mixed(("Provide the date of assessment.", True), ("14/02/2025", False)), COMMENT)
    assert said(plan, "2.3") == ["14/02/2025"]


@pytest.mark.parametrize(
    "instruction",
    [
        # a rule's name, and the sentence goes on
        [
            ask("Describe the assessment made under the"),
            mixed(("Program Guide 8.11.3", False), ("and its findings.", True)),
        ],
        # a rule's name at the sentence's end
        [mixed(("Describe every assessment under the", True), ("Program Guide 8.11.3", False))],
        # a word of emphasis
        [mixed(("Describe the", True), ("environmental", False), ("impact assessment.", True))],
        # a link on a line of its own
        [ask("Describe it as told in"), say("www.registry.example.org", gap=14), ask("and name its author.", gap=14)],
    ],
)
def test_upright_words_inside_an_instruction_are_no_answer(instruction: list[Part]) -> None:
    assert said(plan_of(IMPACT, *instruction, COMMENT, say("None.")), "2.3") == []


def test_an_upright_instruction_over_an_answer_in_italics_is_no_answer() -> None:
    # Given a writer who swapped the two: the instruction retyped upright, the answer in italics
    review = with_section(
        s2_3=[say("Describe any environmental impact assessment."), ask("An assessment was made in May.")]
    )
    # Then the row rests neither on the instruction nor on the italics, and a person looks at them
    assert review.row("REQ-022").status == "needs_review"
    assert "Describe" not in review.quotes("REQ-022")
    assert "May" not in review.quotes("REQ-022")


def test_an_instruction_copied_upright_is_no_answer() -> None:
    line = "State how comments of the public were answered."
    plan = plan_of(COMMENT, ask(line), say(line), say("There were no comments."))
    assert said(plan, "2.4") == ["There were no comments."]


def test_an_instruction_left_upright_by_its_writer_is_no_answer_where_the_plan_has_its_italics() -> None:
    review = with_section(s2_3=[say("Describe any environmental impact assessment."), say("None was needed.")])
    assert "Describe" not in review.quotes("REQ-022")


def test_a_plan_without_italics_is_told_by_wording_and_says_so() -> None:
    made = scanned(
        pages(*FILLER, IMPACT, ask("Describe any assessment that was made."), say("No assessment was needed."), COMMENT)
    )
    plan = read_plan(made, CHECKLIST.grammar)
    assert (said(plan, "2.3"), plan.separation) == (["No assessment was needed."], "grammar")


def test_bare_items_under_an_instruction_are_no_answer_without_italics() -> None:
    made = scanned(
        pages(
            *FILLER,
            IMPACT,
            say("Provide evidence of:"),
            say("\u2022 proof of tenure", gap=14),
            say("\u2022 distribution of credits", gap=14),
            say("The land is owned by Agnes Marrowfield."),
            COMMENT,
        )
    )
    assert said(read_plan(made, CHECKLIST.grammar), "2.3") == ["The land is owned by Agnes Marrowfield."]


@pytest.mark.parametrize("lost", [False, True])
def test_a_blank_form_answers_nothing(lost: bool) -> None:
    # Given the form with its instructions and empty tables, with fonts or without
    blank = {
        "s" + n.replace(".", "_"): [p for p in parts if all(i for line in p.lines for _, i in line) or p.size > 11]
        for n, parts in ANSWERS.items()
    }
    made = full_plan(**blank)  # type: ignore[arg-type]
    result = review(plan_paper(scanned(made) if lost else made))
    # Then every row is missing
    assert {r.status for r in result.validation.requirements} == {"missing"}


@pytest.mark.parametrize("seed", [2, 5, 8])
@pytest.mark.parametrize("italics", [True, False])
def test_a_blank_form_on_paper_answers_no_row(tmp_path: Path, seed: int, italics: bool) -> None:
    # Given a form that was written to a PDF with nothing filled in, and read with the real reader
    made = write_submission(tmp_path, seed, italics=italics, answers=False)
    pages_read = pages_of(made.files["plan"])
    plan = read_plan(pages_read, CHECKLIST.grammar)
    # Then its sections are there, and with italics nothing in them
    assert len(plan.sections) > 35
    assert not italics or [p.text for s in plan.sections.values() for p in s.paragraphs] == []
    # And no row rests on it
    assert {r.status for r in review(plan_paper(pages_read)).validation.requirements} == {"missing"}


@pytest.mark.parametrize("seed", [1, 4, 6])
@pytest.mark.parametrize("italics", [True, False])
def test_a_filled_form_on_paper_holds_answers_and_no_instruction(tmp_path: Path, seed: int, italics: bool) -> None:
    made = write_submission(tmp_path, seed, italics=italics)
    plan = read_plan(pages_of(made.files["plan"]), CHECKLIST.grammar)
    read = [squash(p.text) for n, s in plan.sections.items() if n != "1.16" for p in s.paragraphs]
    # Then every planted answer of a whole page is read, in its own section
    here = {n: squash(" ".join(p.text for p in s.paragraphs)) for n, s in plan.sections.items()}
    own = [a for a in made.answers if a.document == made.files["plan"].name]
    assert [a for a in own if squash(a.text) not in here.get(a.section, "")] == []
    # And no line of an instruction is
    asked = [squash(text) for _, text in made.plan.instructions if len(text) > 30]
    assert [a for a in asked if any(a in r for r in read)] == []


def pages_of(path: Path) -> tuple[Page, ...]:
    return read_pdf(path, "0" * 64, "1", 200).pages
