"""What is a farm's own: words against those of reviewed submissions; earlier decisions are shown and never applied."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from cli import cli
from commands.text.comparison import own
from examples import write_submission
from pipeline import checklists
from pipeline.desk.comparison import FarmsOwn, RowOwn, SectionOwn, farms_own, section_words
from pipeline.desk.comparison.in_words import in_words, only_particular
from pipeline.forms import Paragraph, Plan
from pipeline.forms.normal import squash
from pipeline.forms.paragraphs import Piece
from pipeline.forms.plan import Section
from pipeline.forms.section_words import as_compared
from pipeline.home.workspace import Workspace
from pipeline.stages import human_review
from pipeline.stages.initialize import create_session
from tests.desk import ANA, BEN, Desk, a_desk
from tests.made_plan import ask, say, with_section

SAID = "A named reason."


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path) as made:
        yield made


def another(desk: Desk, seed: int) -> str:
    """A session with another farm's submission on the same form."""
    sent = write_submission(desk.sent.folder.parent / f"farm-{seed}-{len(desk.ws.sessions.ids())}", seed)
    desk.clock.advance(seconds=1)
    session_id = create_session(desk.ws, sent.project_name).session_id
    desk.send(session_id, sent.folder)
    return session_id


def compared(desk: Desk, session_id: str) -> FarmsOwn:
    return farms_own(desk.ws, desk.record(session_id))


def row(made: FarmsOwn, requirement_id: str) -> RowOwn:
    return next(one for one in made.rows if one.requirement_id == requirement_id)


def decide(desk: Desk, session_id: str, requirement_id: str, status: str = "approved", by: str = ANA) -> None:
    human_review.record_decision(desk.ws, session_id, requirement_id, status, SAID, by)


def test_without_a_reviewed_submission_everything_is_its_own(desk: Desk) -> None:
    desk.begin()  # reported, and nobody has said a word
    made = compared(desk, desk.begin())
    assert made.reviewed == 0
    assert all(one.particular and one.identical_to == 0 for one in made.rows)
    assert "nothing to compare" in own(desk.ws, desk.record(made.session_id), False, 0).text


def test_the_same_words_say_how_often_and_what_was_decided_and_decide_nothing(desk: Desk) -> None:
    one, two, three = desk.begin(), desk.begin(), desk.begin()
    decide(desk, one, "REQ-016")
    decide(desk, two, "REQ-016", "rejected", BEN)
    decide(desk, two, "REQ-001", "conditional", BEN)
    before = desk.record(three)
    made = compared(desk, three)
    found = row(made, "REQ-016")
    assert (found.identical_to, found.particular, found.decided) == (2, False, {"approved": 1, "rejected": 1})
    assert [(s.session_id, s.decision.by if s.decision else "", s.decision.reason if s.decision else "")
            for s in found.sessions] == [(one, ANA, SAID), (two, BEN, SAID)]  # fmt: skip
    assert in_words(found) == "the same words as in 2 reviewed submissions: Approved in 1, Not Approved in 1"
    assert in_words(row(made, "REQ-001")).endswith("without a decision in 1")
    # Shown, and nothing else: no decision, no report and no revision of its own came of it.
    after = desk.record(three)
    assert (after.revision, after.decisions) == (before.revision, {})


def test_what_was_taken_back_or_no_longer_holds_is_not_shown_as_decided(desk: Desk) -> None:
    one, two = desk.begin(), desk.begin()
    decide(desk, one, "REQ-016")
    decide(desk, one, "REQ-023")
    assert row(compared(desk, two), "REQ-016").decided == {"approved": 1}
    human_review.clear_decision(desk.ws, one, "REQ-016", SAID, ANA)
    assert row(compared(desk, two), "REQ-016").decided == {}
    # The plan is taken out: what was decided was decided on another answer.
    plan = next(d for d in desk.record(one).documents.values() if "Plan" in d.filename)
    human_review.ignore_document(desk.ws, one, plan.document_id, SAID, ANA)
    desk.run(one)
    assert compared(desk, two).reviewed == 0


def test_another_farm_on_the_same_form_shares_the_forms_words_and_not_its_names_and_dates(desk: Desk) -> None:
    first = desk.begin()
    decide(desk, first, "REQ-016")
    made = compared(desk, another(desk, 2))
    assert made.reviewed == 1
    assert not row(made, "REQ-016").particular
    start = next(one for one in made.sections if one.section == "1.8")
    assert start.requirement_ids == ("REQ-007",)
    assert row(made, "REQ-007").particular
    # Of a section in which only some sentences differ, those alone are given.
    summary = next(one for one in made.sections if one.section == "1.2")
    assert 0 < summary.own_sentences < summary.sentences
    quoted = [item for one in made.sections for item in one.own]
    pages = {p.number: squash(p.text) for p in desk.ws.reader.read(quoted[0].sha256).pages}
    assert [item.quote for item in quoted if squash(item.quote) not in pages[item.page]] == []


def test_the_order_in_which_sessions_came_makes_no_difference(desk: Desk, tmp_path: Path) -> None:
    ids = [another(desk, seed) for seed in (2, 3)]
    for session_id in ids:
        decide(desk, session_id, "REQ-016")
    made = compared(desk, desk.begin())
    with a_desk(tmp_path / "again") as other:
        for seed in (3, 2):
            decide(other, another(other, seed), "REQ-016")
        again = compared(other, other.begin())

    def told(of: FarmsOwn) -> list[object]:
        rows: list[object] = [sorted(s.project_name for s in one.sessions) for one in of.rows]
        return [*rows, *(one.model_dump(exclude={"own"}) for one in of.sections)]

    assert told(made) == told(again)


def test_what_is_kept_of_a_session_goes_with_it_and_is_made_anew_when_it_changed_or_is_damaged(desk: Desk) -> None:
    one, two = desk.begin(), desk.begin()
    decide(desk, one, "REQ-016")
    assert row(compared(desk, two), "REQ-016").identical_to == 1
    kept = desk.ws.sessions.folder(one) / "reviewed-words.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    kept.write_bytes(b"{")
    assert row(compared(desk, two), "REQ-016").identical_to == 1
    decide(desk, one, "REQ-016", "rejected")
    assert row(compared(desk, two), "REQ-016").decided == {"rejected": 1}
    desk.ws.sessions.delete(one)
    assert not kept.exists()
    assert compared(desk, two).reviewed == 0


def test_a_report_says_nothing_of_other_sessions(desk: Desk) -> None:
    one, two = desk.begin(), desk.begin()
    folder = desk.ws.sessions.folder(two) / "reports"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    decide(desk, one, "REQ-016")
    compared(desk, two)
    desk.run(two)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_one_word_or_one_number_makes_a_section_another() -> None:
    def of(text: str) -> str:
        found = with_section(s1_8=[ask("Say when."), say(text)])
        return next(s.sha256 for s in found.extraction.sections if s.section == "1.8")

    as_it_was = of("The project starts on 01/03/2022, the day of the first sowing.")
    assert of("The project  starts on 01/03/2022, the day of the first sow-\ning.") == as_it_was
    assert of("The project starts on 01/03/2023, the day of the first sowing.") != as_it_was
    assert of("The project starts on 01/03/2022, the day of the last sowing.") != as_it_was


@given(st.lists(st.sampled_from(("Soil", "is", "sampled", "in", "2022", "to", "30", "cm", "by", "Agnes")), min_size=1),
       st.sampled_from((" ", "  ", "\n", "\N{NO-BREAK SPACE}")))  # fmt: skip
def test_type_setting_makes_no_difference_and_another_number_does(words: list[str], space: str) -> None:
    def of(text: str) -> str:
        answer = Paragraph("5.3", "Sampling", None, (Piece(1, "1", (text,)),))
        plan = Plan({"5.3": Section("5.3", "Sampling", 1, paragraphs=[answer])}, (), "typography")
        return section_words(plan)[0].sha256

    assert of(" ".join(words)) == of(space.join(words).upper())
    assert of(" ".join(words)) != of(" ".join([*words, "31"]))


def test_the_command_shows_everything_or_what_is_particular(desk: Desk) -> None:
    first = desk.begin()
    decide(desk, first, "REQ-016")
    second = another(desk, 2)
    home = str(desk.ws.data.parent)
    whole = CliRunner().invoke(cli, ["--home", home, "own", second, "--json"])
    less = CliRunner().invoke(cli, ["--home", home, "own", second, "--particular", "--json"])
    assert (whole.exit_code, less.exit_code) == (0, 0)
    all_rows, own_rows = json.loads(whole.stdout)["rows"], json.loads(less.stdout)["rows"]
    assert len(all_rows) == 23
    assert {r["requirement_id"] for r in own_rows} == {r["requirement_id"] for r in all_rows if r["particular"]}
    text = CliRunner().invoke(cli, ["--home", home, "own", second]).stdout
    assert "Words that stand in no reviewed submission:" in text
    assert "no decision is taken over" in " ".join(text.split())
    # Before anything is judged there is nothing to compare, and it says what to do.
    bare = create_session(desk.ws, "Nothing yet").session_id
    refused = CliRunner().invoke(cli, ["--home", home, "own", bare])
    assert refused.exit_code != 0
    assert f"run {bare}" in refused.stderr
    shutil.rmtree(desk.sent.folder)


def without_papers(desk: Desk) -> str:
    """A session with the same plan, whose land registers, map and reports were not sent."""
    return desk.begin(without=[key for key in desk.sent.files if key != "plan"])


def test_a_row_that_answers_otherwise_on_the_same_words_is_never_left_out(desk: Desk) -> None:
    one = desk.begin()
    desk.approve_all(one)
    two = without_papers(desk)
    made = compared(desk, two)
    changed = {r for r in desk.record(one).decisions if desk.row(one, r).status != desk.row(two, r).status}
    assert len(changed) > 2
    particular = {r.requirement_id for r in made.rows if r.particular}
    assert changed <= particular
    # The same status with other failed tests or other papers absent is another answer, too.
    assert desk.row(one, "REQ-002").status == desk.row(two, "REQ-002").status == "partial"
    assert "REQ-002" in particular
    leakage = row(made, "REQ-012")
    assert (leakage.identical_to, leakage.decided, leakage.other_documents) == (1, {"approved": 1}, ())
    assert (leakage.sessions[0].status, leakage.sessions[0].alike) == ("covered", False)
    assert in_words(leakage).endswith("Approved in 1; Partial here, Covered there")
    # A row that gives the same answer on the same words stays out of it.
    assert "REQ-005" not in particular
    shown = own(desk.ws, desk.record(two), True, 0).text
    assert "REQ-012" in shown
    assert "REQ-005" not in shown


def test_a_row_that_quotes_other_documents_than_the_plan_is_particular(desk: Desk) -> None:
    one, two = desk.begin(), desk.begin()
    desk.approve_all(one)
    found = row(compared(desk, two), "REQ-012")
    assert found.identical_to == 1
    assert found.sessions[0].alike
    assert found.other_documents
    assert found.particular
    assert "of its own" in in_words(found)


def test_what_was_decided_on_another_checklist_is_not_shown(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "checklists"
    folder.mkdir()
    shipped = (Path(checklists.__file__).parent / "soil-carbon-v1.2.2.toml").read_text("utf-8")
    (folder / "another.toml").write_text(shipped.replace('"soil-carbon-v1.2.2"', '"another"'), "utf-8")
    settings = desk.ws.settings
    named = settings.checklist.model_copy(update={"folder": folder})
    with Workspace.open(settings.model_copy(update={"checklist": named}), now=desk.clock) as ws:
        there = Desk(ws, desk.clock, desk.sent)
        one = there.begin()
        session_id = create_session(ws, "Elsewhere", "another").session_id
        there.send(session_id, desk.sent.folder)
        decide(there, session_id, "REQ-016")
        assert compared(there, one).reviewed == 0


def test_a_section_that_only_leaves_a_sentence_out_is_shown_as_particular() -> None:
    section = SectionOwn(
        section="2.1", title="No Net Harm", identical_to=0, requirement_ids=("REQ-020",), sentences=2, own_sentences=0,
        own=(),
    )  # fmt: skip
    made = FarmsOwn(session_id="s", project_name="Farm", reviewed=1, rows=(), sections=(section,))
    assert only_particular(made).sections == (section,)
    same = made.model_copy(update={"sections": (section.model_copy(update={"identical_to": 1}),)})
    assert only_particular(same).sections == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("We take 5-10 cores.", "We take 510 cores."),
        ("The balance is \N{MINUS SIGN}0.03 t.", "The balance is 0.03 t."),
        ("The balance is -3 t.", "The balance is 3 t."),
        ("It is 10\N{SUPERSCRIPT TWO} ha.", "It is 102 ha."),
        ("Plots 1 2 and 3.", "Plots 12 and 3."),
    ],
)
def test_a_sign_a_range_or_a_power_is_part_of_a_number(one: str, other: str) -> None:
    assert as_compared(one) != as_compared(other)


def test_how_a_small_figure_is_set_and_how_a_dash_looks_make_no_difference() -> None:
    assert as_compared("CO\N{SUBSCRIPT TWO} of 5 m\N{SUPERSCRIPT TWO}") == as_compared("CO2 of 5 m2")
    assert as_compared("from 5\N{EN DASH}10 ha") == as_compared("from 5-10 ha")


@given(st.integers(), st.integers())
def test_two_numbers_are_never_the_same_words(one: int, other: int) -> None:
    same = as_compared(f"It is {one} t.") == as_compared(f"It is {other} t.")
    assert same == (one == other)
