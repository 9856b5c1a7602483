"""What needs the reviewer, and whose turn it is: nothing is left out, nothing comes twice, and it follows her words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.decisions.review_state import review_state
from pipeline.desk.matrix import matrix_of
from pipeline.stages import complete, human_review
from pipeline.stages.initialize import create_session
from pipeline.status import progress
from pipeline.status.agenda import Agenda, agenda
from pipeline.status.session import status_of
from pipeline.status.turn import Turn, turn_of
from pipeline.status.worklist import Turns
from pipeline.workflow import results
from tests.desk import ANA, Desk, a_desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with a_desk(tmp_path_factory.mktemp("agenda")) as desk:
        yield desk


def agenda_of(desk: Desk, session_id: str) -> Agenda:
    record = desk.record(session_id)
    return agenda(desk.ws, record, status_of(desk.ws, record))


def turn(desk: Desk, session_id: str) -> Turn:
    record = desk.record(session_id)
    state = review_state(desk.ws, record)
    return turn_of(record, progress.progress(desk.ws, record, state), state)


def told_once(desk: Desk, session_id: str) -> None:
    """Every row that is not settled is named in one place only, and every settled one in none."""
    record, found = desk.record(session_id), agenda_of(desk, session_id)
    validation, state = results.load_validation(desk.ws, record), review_state(desk.ws, record)
    assert validation is not None
    named = {row for stop in found.stops for row in stop.requirement_ids}
    asked = {one.requirement_id for one in found.asked}
    rows = {row.requirement_id for row in validation.requirements}
    assert named.isdisjoint(found.clean)
    assert asked.isdisjoint(found.clean)
    assert named | set(found.clean) | asked | set(state.decided) == rows
    assert len({stop.requirement_ids for stop in found.stops if stop.requirement_ids}) == sum(
        bool(stop.requirement_ids) for stop in found.stops
    )


def test_exceptions_come_first_and_what_is_covered_waits_apart(desk: Desk) -> None:
    session_id = desk.begin(without=["land_cover_map"])
    found = agenda_of(desk, session_id)
    told_once(desk, session_id)
    ranks = [{"high": 0, "medium": 1, "low": 2}[stop.severity] for stop in found.stops]
    assert ranks == sorted(ranks)
    assert any("REQ-003" in stop.requirement_ids for stop in found.stops)
    assert len(found.clean) > 10
    assert all(desk.row(session_id, row).status == "covered" for row in found.clean)
    assert turn(desk, session_id) == Turn(who="reviewer", what="Decide 23 rows")


def test_what_is_decided_leaves_and_what_is_asked_for_goes_to_the_developer(desk: Desk) -> None:
    session_id = desk.begin(without=["land_cover_map"])
    clean = agenda_of(desk, session_id).clean
    human_review.record_decisions(desk.ws, session_id, clean, "approved", "Read.", ANA)
    told_once(desk, session_id)
    assert agenda_of(desk, session_id).clean == ()
    for row in human_review.undecided(desk.ws, desk.record(session_id)):
        if row == "REQ-003":
            human_review.request_revision(desk.ws, session_id, row, ANA)
        else:
            human_review.record_decision(desk.ws, session_id, row, "approved", "Seen.", ANA)
        told_once(desk, session_id)
    found = agenda_of(desk, session_id)
    assert [one.requirement_id for one in found.asked] == ["REQ-003"]
    assert all(not stop.requirement_ids for stop in found.stops)
    assert turn(desk, session_id).who == "developer"

    desk.send(session_id, desk.sent.files["land_cover_map"])
    found = agenda_of(desk, session_id)
    assert found.stops[0].matters[0].kind == "answered"
    assert found.stops[0].requirement_ids == ("REQ-003",)
    assert turn(desk, session_id).who == "reviewer"


def test_a_session_goes_from_the_developer_to_the_machine_to_the_reviewer_and_is_over(desk: Desk) -> None:
    session_id = create_session(desk.ws, "Turning Farm").session_id
    assert turn(desk, session_id) == Turn(who="developer", what="No file has been received")
    ready = desk.ready()
    assert turn(desk, ready) == Turn(who="reviewer", what="Sign it")
    complete.complete_session(desk.ws, ready, ANA)
    assert turn(desk, ready).who == "nobody"
    found = agenda_of(desk, ready)
    assert (found.matters, found.clean, found.asked) == ((), (), ())


def test_the_list_knows_a_session_again_only_while_it_is_the_same(desk: Desk) -> None:
    session_id = desk.begin()
    turns = Turns(desk.ws)

    def shown() -> str:
        return next(one.turn.what for one in turns.find(per_page=100).sessions if one.session_id == session_id)

    assert shown() == shown() == "Decide 23 rows"
    human_review.record_decision(desk.ws, session_id, "REQ-001", "approved", "Read.", ANA)
    assert shown() == "Decide 22 rows"
    assert turns.find(words="no such farm").total == 0
    assert turns.find(words=session_id).total == 1
    last = turns.find(page=10_000, per_page=1)
    assert last.page == last.pages


def test_the_matrix_counts_every_quote_once(desk: Desk) -> None:
    session_id = desk.begin()
    matrix = matrix_of(desk.ws, desk.record(session_id))
    assert len(matrix.rows) == 23
    for row in matrix.rows:
        assert sum(cell.primary + cell.supplementary for cell in row.cells) == len(row.result.evidence)


def test_a_folder_that_was_never_read_has_no_matrix(desk: Desk, tmp_path: Path) -> None:
    session_id = create_session(desk.ws, "Empty Farm").session_id
    assert matrix_of(desk.ws, desk.record(session_id)).rows == ()
