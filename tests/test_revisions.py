"""The revision loop: asked for exactly, answered by a file that is dropped, resolved by a person."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.embedded import Embedded
from pipeline.decisions.revision_requests import all_in_present
from pipeline.errors import UsageError
from pipeline.models import RequirementResult
from pipeline.reporting.revision_letter import RevisionLetter, render_letter, revision_letter
from pipeline.stages import human_review
from pipeline.status import progress
from pipeline.workflow import results
from tests.desk import ANA, BEN, Desk, a_desk
from watcher import Watcher


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with a_desk(tmp_path_factory.mktemp("desk")) as opened:
        yield opened


def letter_of(desk: Desk, session_id: str) -> RevisionLetter:
    record = desk.record(session_id)
    validation = results.load_validation(desk.ws, record)
    assert validation is not None
    asked = all_in_present(desk.ws, record)
    return revision_letter(record.project_metadata, validation.header, asked, results.load_checklist(desk.ws, record))


def test_a_request_says_exactly_what_is_missing_and_what_clears_it(desk: Desk) -> None:
    session_id = desk.begin()
    (absent,) = desk.row(session_id, "REQ-002").expected_but_absent
    made = human_review.request_revision(desk.ws, session_id, "2", ANA)
    test = next(t for t in desk.row(session_id, "REQ-002").tests if t.outcome == "fail")
    assert absent in made.what
    assert made.clears_when == test.clears_when
    assert made.priority == "high"
    assert made.suggested_filename is not None
    assert absent in made.suggested_filename
    assert desk.sent.farm.project_id in made.suggested_filename


def test_a_row_without_a_failure_needs_words_of_ones_own(desk: Desk) -> None:
    session_id = desk.begin()
    with pytest.raises(UsageError, match="say what is asked for"):
        human_review.request_revision(desk.ws, session_id, "7", ANA)
    made = human_review.request_revision(
        desk.ws, session_id, "7", ANA, what="A signed letter on the start.", priority="critical"
    )
    assert (made.what, made.priority, made.tests) == ("A signed letter on the start.", "critical", ())


def test_a_dropped_file_answers_a_request_and_only_the_rows_that_depend_on_it_open_again(desk: Desk) -> None:
    # given everything decided but the yields, which were not sent and are asked for
    session_id = desk.begin(without=("yields",))
    desk.approve_all(session_id)
    made = human_review.request_revision(desk.ws, session_id, "12", ANA)
    before = {r.requirement_id: r for r in _rows(desk, session_id)}
    # when the file is dropped into the session's folder, under a name of its own
    shutil.copy(desk.sent.files["yields"], desk.ws.inbox / session_id / "as you asked.xlsx")
    with Embedded(desk.ws) as queue:
        Watcher(desk.ws, queue, advance_to="report_generation").once()
    # then the request is answered by that file, and waits for a person
    (ask,) = all_in_present(desk.ws, desk.record(session_id))
    assert (ask.status, ask.answered_with) == ("answered", ("as you asked.xlsx",))
    assert desk.record(session_id).revisions[made.revision_id].status == "pending"  # read off, never stored
    assert f"review resolve {session_id} {made.revision_id}" in progress.next_action(desk.ws, desk.record(session_id))
    # and only what depends on the file is open again
    changed = {key for key, row in before.items() if desk.row(session_id, key) != row}
    state = human_review.review_state(desk.ws, desk.record(session_id))
    assert set(state.reopened) == changed == {"REQ-009", "REQ-012"}
    # when somebody says so, it is over
    human_review.resolve_revision(desk.ws, session_id, made.revision_id, "The workbook is the right one.", BEN)
    (ask,) = all_in_present(desk.ws, desk.record(session_id))
    assert (ask.status, ask.resolved_by, ask.answered_with) == ("resolved", BEN, ("as you asked.xlsx",))
    with pytest.raises(UsageError, match="resolved by"):
        human_review.resolve_revision(desk.ws, session_id, made.revision_id, "Again.", ANA)


def test_a_file_that_settles_nothing_answers_nothing(desk: Desk, tmp_path: Path) -> None:
    session_id = desk.begin(without=("yields",))
    human_review.request_revision(desk.ws, session_id, "12", ANA)
    (tmp_path / "letter.txt").write_text("The workbook follows next week.\n")
    desk.send(session_id, tmp_path)
    assert [ask.status for ask in all_in_present(desk.ws, desk.record(session_id))] == ["pending"]


def test_a_request_in_ones_own_words_is_answered_by_the_file_name_that_was_suggested(
    desk: Desk, tmp_path: Path
) -> None:
    session_id = desk.begin()
    human_review.request_revision(
        desk.ws, session_id, "7", ANA, what="A letter on the start.", suggested_filename="Start of the Project.txt"
    )
    (tmp_path / "start_of-the project.txt").write_text("It started.\n")
    desk.send(session_id, tmp_path)
    (ask,) = all_in_present(desk.ws, desk.record(session_id))
    assert (ask.status, ask.answered_with) == ("answered", ("start_of-the project.txt",))


def test_the_letter_groups_by_priority_and_holds_no_id_of_ours(desk: Desk) -> None:
    session_id = desk.begin(without=("yields",))
    human_review.request_revision(desk.ws, session_id, "12", ANA)
    human_review.request_revision(desk.ws, session_id, "3", BEN)
    human_review.request_revision(desk.ws, session_id, "7", ANA, what="See REQ-007: a letter.", priority="critical")
    letter = letter_of(desk, session_id)
    assert [group.priority for group in letter.groups] == ["critical", "high", "medium"]
    assert [item.number for group in letter.groups for item in group.items] == [1, 2, 3]
    assert letter.signed == (ANA, BEN)
    text = render_letter(letter)
    for hidden in ("REQ-", "rev-1", session_id):
        assert hidden not in text
    assert letter_of(desk, session_id) == letter
    for asked in desk.record(session_id).revisions.values():
        assert asked.suggested_filename is None or asked.suggested_filename in text.replace("\\", "")
    # what is resolved is no longer asked for
    for key in list(desk.record(session_id).revisions):
        human_review.resolve_revision(desk.ws, session_id, key, "Settled by telephone.", ANA)
    assert letter_of(desk, session_id).count == 0


def test_a_letter_cannot_carry_markup_of_a_document(desk: Desk) -> None:
    session_id = desk.begin()
    what = "Send <script>alert(1)</script> [this](http://192.0.2.1) | and\n# that"
    human_review.request_revision(desk.ws, session_id, "7", ANA, what=what)
    text = render_letter(letter_of(desk, session_id))
    assert "<script>" not in text
    assert "\n# that" not in text
    assert "[this](" not in text


def _rows(desk: Desk, session_id: str) -> tuple[RequirementResult, ...]:
    validation = results.load_validation(desk.ws, desk.record(session_id))
    assert validation is not None
    return validation.requirements
