"""A plan set anew, shuffled, copied or cut is still read by the form: the right words under the right section."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import docx
import pytest

from pipeline.forms import read_plan
from pipeline.models import Page
from pipeline.reading.reader import read_file
from tests.made_plan import (
    ANSWERS,
    CHECKLIST,
    FILLER,
    LEFT,
    TITLES,
    TURN,
    Part,
    Review,
    ask,
    cell,
    full_plan,
    head,
    mixed,
    pages,
    parts_of,
    plan_of,
    plan_paper,
    review,
    said,
    say,
    scanned,
    sub,
    with_section,
)


def answers(made: Sequence[Page]) -> dict[str, list[str]]:
    """Every section's answers as running text."""
    plan = read_plan(made, CHECKLIST.grammar)
    return {number: [p.text for p in section.paragraphs] for number, section in plan.sections.items()}


def retyped(made: Sequence[Page], change: Callable[[str, str], str]) -> tuple[Page, ...]:
    """The pages with the first line of every numbered heading typed in another way."""
    out = []
    for page in made:
        lines = []
        for line in page.lines:
            number, _, title = line.text.partition(" ")
            if "." in number.rstrip(".") and number.rstrip(".") in TITLES and line.size > 12:
                text = change(number.rstrip("."), title)
                spans = (line.spans[0].model_copy(update={"text": text}),)
                lines.append(line.model_copy(update={"text": text, "spans": spans}))
            else:
                lines.append(line)
        text = "\n".join(line.text for line in lines)
        out.append(page.model_copy(update={"lines": tuple(lines), "text": text}))
    return tuple(out)


def unnumbered(made: Sequence[Page]) -> list[Page]:
    """The pages without the numbers printed at their feet."""
    return [
        page.model_copy(
            update={"label": None, "lines": (lines := page.lines[1:]), "text": "\n".join(x.text for x in lines)}
        )
        for page in made
    ]


def renumbered(made: Sequence[Page]) -> tuple[Page, ...]:
    """The pages counted anew in the order they stand."""
    return tuple(page.model_copy(update={"number": n}) for n, page in enumerate(made, 1))


# --- headings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda number, title: f"{number} {title}",
        lambda number, title: f"{number}.   {title}",
        lambda number, title: f"{number}: {title}",
        lambda number, title: f"{number}) {title}",
        lambda number, title: f"{number} \u2013 {title}",
        lambda number, title: f"Section {number} {title}",
        lambda number, title: f"{number}. {title.upper()}",
    ],
    ids=["no dot", "spaces", "colon", "bracket", "dash", "section", "capitals"],
)
@pytest.mark.parametrize("fonts", [True, False], ids=["fonts", "no fonts"])
def test_headings_typed_in_other_ways_open_the_same_sections(change: Callable[[str, str], str], fonts: bool) -> None:
    made = full_plan() if fonts else scanned(full_plan())
    assert answers(retyped(made, change)) == answers(made)


def test_titles_alone_open_their_sections_when_a_word_processors_numbers_and_sizes_are_lost() -> None:
    # Given a plan whose headings lost their numbers, as automatic ones do, and their size
    parts = [
        head("", TITLES[n]) if p.lines and p.lines[0][0][0].startswith(f"{n}.") else p for n, p in numbered_parts()
    ]
    bare = scanned(pages(*parts))

    # Then each answer stands under its section still
    assert said_in(bare, "1.8") == ["The project starts on 01/01/2024."]
    assert said_in(bare, "4.3") == ["Yields may not fall by more than 10% against the five-year average."]


def numbered_parts() -> list[tuple[str, Part]]:
    """The parts of the whole plan, each with the section it stands in."""
    out: list[tuple[str, Part]] = []
    number = "1"
    for part in parts_of(ANSWERS):
        text = part.lines[0][0][0] if part.lines else ""
        found = next((n for n, t in TITLES.items() if text in (f"{n}. {t}", t)), None)
        number = found or number
        out.append((number, part))
    return out


def said_in(made: Sequence[Page], number: str) -> list[str]:
    """The answers of a section."""
    return answers(made).get(number, [])


def test_a_plan_in_word_is_read_by_its_heading_styles_though_their_numbers_are_no_text(tmp_path: Path) -> None:
    # Given a Word document whose headings are numbered by the program and inherit their size
    document = docx.Document()
    for level in (1, 2, 3):
        document.styles[f"Heading {level}"].font.size = None
    for title, prompt, answer in (
        ("Project Start Date", "Indicate the project start date.", "The project starts on 01/01/2024."),
        ("Project Crediting Period", "Indicate the crediting period.", "01/01/2024 to 31/12/2033"),
        ("Leakage", "Describe leakage.", "Yields may not fall by more than 10%."),
    ):
        document.add_heading(title, level=2)
        document.add_paragraph().add_run(prompt).italic = True
        document.add_paragraph(answer)
    path = tmp_path / "plan.docx"
    document.save(str(path))

    # When it is read
    made = read_file(path, hashlib.sha256(path.read_bytes()).hexdigest(), 2000, 500_000).pages

    # Then each answer stands under its section, without its prompt
    assert said_in(made, "1.8") == ["The project starts on 01/01/2024."]
    assert said_in(made, "1.9") == ["01/01/2024 to 31/12/2033"]
    assert said_in(made, "4.3") == ["Yields may not fall by more than 10%."]


def test_a_title_under_another_number_is_known_by_its_words_even_without_sizes() -> None:
    plan = read_plan(
        scanned(pages(*FILLER, head("1.9", "Project Start Date"), say("It starts on 01/01/2024."))), CHECKLIST.grammar
    )
    assert said(plan, "1.8") == ["It starts on 01/01/2024."]
    assert said(plan, "1.9") == []


# --- instructions --------------------------------------------------------------------------------------------------


def test_a_prompt_that_lost_its_italics_is_no_answer_beside_others_that_kept_them() -> None:
    # Given a section with two prompts under sub-heads, one of them upright
    plan = plan_of(
        head("1.11", "Project Location"),
        ask("Indicate the location of the project."),
        say("Country England."),
        sub("Gross Project Area"),
        say("Indicate the gross project area in hectares."),
        say("The area is 12 hectares."),
    )

    # Then only the answer is left under its sub-head
    assert said(plan, "1.11", "Gross Project Area") == ["The area is 12 hectares."]


def test_an_upright_point_among_prompts_is_a_prompt() -> None:
    plan = plan_of(
        ask("Describe."),
        head("1.7", "Project Ownership"),
        ask("Provide evidence, including:"),
        ask("\u2022 Documentation of tenure."),
        say("The land is owned by Agnes Marrowfield."),
        say("\u2022 Indicate the intended distribution of credits."),
        say("All credits belong to Agnes Marrowfield."),
    )
    assert said(plan, "1.7") == ["The land is owned by Agnes Marrowfield.", "All credits belong to Agnes Marrowfield."]


def test_an_answer_in_the_imperative_after_its_prompt_is_an_answer() -> None:
    plan = plan_of(
        head("1.12", "Description of Project Activity"),
        ask("Describe the activity."),
        say("Provide cover crops over winter."),
        say("\u2022 Keep stubble until March."),
    )
    assert said(plan, "1.12") == ["Provide cover crops over winter.", "\u2022 Keep stubble until March."]


def test_a_prompt_and_its_answer_in_one_line_are_told_apart_after_another_answer() -> None:
    plan = plan_of(
        head("1.7", "Project Ownership"),
        ask("Provide evidence of tenure."),
        say("The land is owned by Agnes Marrowfield."),
        mixed(("Indicate the distribution of credits.", True), ("All credits belong to Agnes.", False)),
    )
    assert said(plan, "1.7") == ["The land is owned by Agnes Marrowfield.", "All credits belong to Agnes."]


def test_a_plan_wholly_in_italics_is_read_by_its_wording() -> None:
    # Given the whole plan in italics: its answers too
    slanted = [
        page.model_copy(
            update={
                "lines": tuple(
                    line.model_copy(update={"spans": tuple(s.model_copy(update={"italic": True}) for s in line.spans)})
                    for line in page.lines
                )
            }
        )
        for page in full_plan()
    ]

    # Then italics tell nothing, and the rows are those of a plan without any
    found, plain = review(plan_paper(tuple(slanted))), review(plan_paper(scanned(full_plan())))
    assert statuses(found) == statuses(plain)
    assert found.row("REQ-007").status == "covered"


def statuses(found: Review) -> list[str]:
    """The status of every row."""
    return [row.status for row in found.validation.requirements]


def test_an_answer_in_italics_is_never_evidence_and_sends_a_person_to_look() -> None:
    # Given a section whose only answer is set in italics, as its instruction is
    prompt = ask("Indicate the project start date, specifying the day, month, and year.")
    found = with_section(s1_8=[prompt, ask("The project starts on 01/01/2024.")]).row("REQ-007")
    blank = with_section(s1_8=[prompt]).row("REQ-007")

    # Then nothing of it is quoted, and the row says why somebody must look; a blank section is just missing
    assert (found.status, found.evidence) == ("needs_review", ())
    assert "italics" in found.reason
    assert (blank.status, blank.evidence) == ("missing", ())


def test_a_value_on_the_page_after_its_label_is_its_value() -> None:
    parts = list(ANSWERS["1.3"])
    name = "Soil Organic Carbon Estimation in Regenerative Cropping and Managed Grassland Ecosystems Methodology"
    parts[4:5] = [cell("Methodology Name"), TURN, say(name)]
    assert with_section(s1_3=parts).row("REQ-001").status == "covered"


def test_a_sub_head_that_follows_its_text_without_a_gap_is_still_a_sub_head() -> None:
    tight = Part(
        tuple(((text, False),) for text in ("Country England.", "Habitat", "Arable fields with hedges.")), x0=LEFT
    )
    plan = read_plan(scanned(pages(*FILLER, head("1.11", "Project Location"), tight)), CHECKLIST.grammar)
    assert said(plan, "1.11", "Habitat") == ["Arable fields with hedges."]


# --- pages ---------------------------------------------------------------------------------------------------------

#: A plan of one section to a page, and an answer that runs on to a page without a heading.
RUNS_ON = (
    *FILLER,
    TURN,
    head("1.8", "Project Start Date"),
    say("The project starts on 01/01/2024."),
    TURN,
    head("1.9", "Project Crediting Period"),
    say("The crediting period runs from 01/01/2024"),
    TURN,
    say("to 31/12/2033."),
    head("1.10", "Permanence Period"),
    say("01/01/2034 to 31/12/2043"),
    TURN,
    head("1.11", "Project Location"),
    say("Country England."),
)


def test_a_page_that_comes_twice_counts_once() -> None:
    made = full_plan()
    assert answers(renumbered([p for page in made for p in (page, page)])) == answers(made)
    assert answers(renumbered([*made, *made])) == answers(made)


def test_shuffled_pages_without_numbers_are_put_in_order_by_their_headings() -> None:
    made = unnumbered(pages(*RUNS_ON))
    shuffled = renumbered([made[0], made[3], made[1], made[4], made[2]])
    assert answers(shuffled)["1.9"] == ["The crediting period runs from 01/01/2024 to 31/12/2033."]
    assert answers(shuffled)["1.8"] == ["The project starts on 01/01/2024."]


def test_the_sections_show_that_a_page_without_a_number_is_absent() -> None:
    # Given a plan without printed numbers, the page with the heading of 1.9 taken out
    made = unnumbered(pages(*RUNS_ON))
    cut = renumbered([page for n, page in enumerate(made) if n != 2])

    # Then the rest of 1.9 is not taken for the end of 1.8
    assert answers(cut)["1.8"] == ["The project starts on 01/01/2024."]
    assert answers(cut)["1.10"] == ["01/01/2034 to 31/12/2043"]
    assert [p.text for p in read_plan(cut, CHECKLIST.grammar).orphans] == ["to 31/12/2033."]


def test_whole_pages_without_numbers_run_on_as_they_did() -> None:
    assert answers(unnumbered(pages(*RUNS_ON))) == answers(pages(*RUNS_ON))
