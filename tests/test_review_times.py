"""Time kept honestly: read off the log, never estimated; a row counts as opened only when a person looked at it."""

from __future__ import annotations

import csv
import io
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_cli import Typist
from test_mcp import over_a_pipe

from examples import write_submission
from pipeline.decisions import row_decisions
from pipeline.decisions.review_state import review_state
from pipeline.decisions.review_times import ReviewTimes, times_of
from pipeline.home.workspace import Workspace
from pipeline.models import AuditEvent
from pipeline.portfolio.build import build_portfolio
from pipeline.portfolio.page import render_page
from pipeline.portfolio.table import render_csv
from pipeline.settings import load_settings
from pipeline.stages import human_review
from pipeline.stages.complete import complete_session
from pipeline.stages.generate_report import report_paths
from pipeline.status.session import status_of
from pipeline.store.sessions import LOCK_SECONDS
from pipeline.workflow import freshness
from tests.conftest import Clock
from tests.desk import ANA, BEN, Desk, a_desk
from tests.disks import disk
from tests.queue_fixtures import PATIENCE, new_session
from tests.serving import serving

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MEASURED = (
    *("drop_to_report_seconds", "report_to_determination_seconds"),
    *("rows_opened", "openings", "rows_decided", "rows_changed_by_hand"),
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with a_desk(tmp_path_factory.mktemp("desk")) as opened:
        yield opened


def times(desk: Desk, session_id: str) -> ReviewTimes:
    return times_of(desk.ws.sessions.audit(session_id))


def event(action: str, minute: float, actor: str = ANA, **details: Any) -> AuditEvent:
    return AuditEvent(
        seq=0, at=NOON + timedelta(minutes=minute), actor=actor, action=action, details=details, previous="", hash=""
    )


# --- who opened a row -------------------------------------------------------------------------------------------------


def test_no_program_that_reads_rows_is_counted_as_a_person_opening_them(tmp_path: Path) -> None:
    # given a reported submission
    sent = write_submission(tmp_path / "submission")
    typed = Typist(tmp_path / "home")
    session_id = typed.create("Harrow Vale Farm")
    typed("add", session_id, sent.folder)
    typed("run", session_id)
    before = typed.json("status", session_id)

    # when its rows are read at every door that programs and the command line have
    typed("show", session_id, "7")
    typed("show", session_id, "7", "--why")
    with serving(tmp_path / "home") as server, server.client() as client:
        for path in ("requirements", "requirements/7", "requirements/REQ-007", "report", "decisions", "status"):
            assert client.get(f"/sessions/{session_id}/{path}").status_code == 200

    async def ask() -> None:
        async with over_a_pipe(tmp_path / "home") as agent:
            assert (await agent("get_requirement", session_id=session_id, requirement_id="7"))["evidence"]
            assert (await agent("load_session", session_id=session_id))["requirements"]

    anyio.run(ask)

    # then nobody has opened any, which is "not known" and not none, and the session is as it was
    after = typed.json("status", session_id)
    assert (after["times"]["rows_opened"], after["times"]["openings"]) == (None, None)
    assert after["revision"] == before["revision"]
    assert "opened" not in typed("status", session_id).stdout
    log = (tmp_path / "home" / "data" / "sessions" / session_id / "audit.jsonl").read_text(encoding="utf-8")
    assert "row_opened" not in log


def test_each_reviewer_opens_a_row_for_themselves_and_a_row_is_counted_once(desk: Desk) -> None:
    session_id = desk.begin()
    for who in (ANA, BEN):
        assert human_review.note_row_opened(desk.ws, session_id, "REQ-007", who)
    assert not human_review.note_row_opened(desk.ws, session_id, "7", ANA)
    desk.clock.advance(seconds=59)
    assert not human_review.note_row_opened(desk.ws, session_id, "7", ANA)
    desk.clock.advance(seconds=1)
    assert human_review.note_row_opened(desk.ws, session_id, "7", ANA)
    found = times(desk, session_id)
    assert (found.rows_opened, found.openings) == (1, 3)


def test_looking_at_a_row_changes_nothing_that_anybody_decided_or_made(desk: Desk) -> None:
    # given a session that is ready to be signed, its report made
    session_id = desk.ready()
    desk.run(session_id)
    record = desk.record(session_id)
    report = report_paths(desk.ws, record)[1]["json"].read_bytes()
    state = review_state(desk.ws, record)

    # when a reviewer looks at every row
    for row in rows_of(desk, session_id):
        assert human_review.note_row_opened(desk.ws, session_id, row, BEN)

    # then nothing is to be made again, every word holds, and the report has the same bytes
    after = desk.record(session_id)
    assert freshness.due(desk.ws, after) is None
    assert report_paths(desk.ws, after)[1]["json"].read_bytes() == report
    assert review_state(desk.ws, after) == state
    desk.run(session_id)
    assert report_paths(desk.ws, desk.record(session_id))[1]["json"].read_bytes() == report
    assert desk.record(session_id).advance_to == record.advance_to
    desk.ws.sessions.verify_audit(session_id)


def rows_of(desk: Desk, session_id: str) -> list[str]:
    return [row.requirement_id for row in report_paths(desk.ws, desk.record(session_id))[0].requirements]


def test_looking_at_a_row_that_is_signed_in_the_same_moment_is_no_error(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a reviewer who opens a row, and another who signs between the look and the note of it
    session_id = desk.ready()
    named = row_decisions._named

    def signed_meanwhile(*given: Any) -> Any:
        found = named(*given)
        complete_session(desk.ws, session_id, BEN)
        return found

    monkeypatch.setattr(row_decisions, "_named", signed_meanwhile)
    # when and then
    assert human_review.note_row_opened(desk.ws, session_id, "7", ANA) is False
    assert desk.record(session_id).is_completed
    assert times(desk, session_id).rows_opened is None


def test_nobody_waits_long_for_a_row_of_a_session_that_others_hold(workspace: Workspace) -> None:
    # given a session that is held, as by a backup
    session_id = new_session(workspace)
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        with workspace.sessions.frozen(session_id):
            held.set()
            over.wait(PATIENCE)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert held.wait(PATIENCE)
        # when a row of it is opened
        began = time.monotonic()
        assert human_review.note_row_opened(workspace, session_id, "7", ANA) is False
        # then the row is shown long before a change would give up
        assert time.monotonic() - began < LOCK_SECONDS / 3
    finally:
        over.set()
        holder.join(PATIENCE)
    assert human_review.note_row_opened(workspace, session_id, "7", ANA) is True


def test_a_row_can_be_looked_at_on_a_disk_that_takes_no_note_of_it(tmp_path: Path) -> None:
    with disk(tmp_path / "disk") as small:
        settings = load_settings(home=small.path).settings
        with Workspace.open(settings, now=Clock()) as ws:
            session_id = new_session(ws)
        small.read_only()
        with Workspace.open(settings, now=Clock()) as ws:
            assert human_review.note_row_opened(ws, session_id, "7", ANA) is False
        small.read_only(False)
        with Workspace.open(settings, now=Clock()) as ws:
            assert human_review.note_row_opened(ws, session_id, "7", ANA) is True


# --- what the log tells -----------------------------------------------------------------------------------------------


def test_the_first_file_and_the_first_report_count_whatever_comes_later(desk: Desk, tmp_path: Path) -> None:
    session_id = desk.begin(without=("yields",))
    first = times(desk, session_id)
    desk.clock.advance(hours=5)
    (tmp_path / desk.sent.files["yields"].name).write_bytes(desk.sent.files["yields"].read_bytes())
    desk.send(session_id, tmp_path)
    later = times(desk, session_id)
    assert first.drop_to_report_seconds is not None
    assert later == first


def test_only_the_determination_that_stands_ends_the_time(desk: Desk) -> None:
    session_id = desk.begin()
    desk.approve_all(session_id)
    desk.clock.advance(minutes=10)
    human_review.determine(desk.ws, session_id, "approve", "Complete.", ANA)
    human_review.clear_determination(desk.ws, session_id, "Too early.", ANA)
    assert times(desk, session_id).report_to_determination_seconds is None
    desk.clock.advance(minutes=5)
    human_review.determine(desk.ws, session_id, "approve", "Complete now.", ANA)
    assert times(desk, session_id).report_to_determination_seconds == 15 * 60


def test_an_answer_that_nothing_had_been_found_for_was_not_changed_by_hand(workspace: Workspace) -> None:
    # given a session of which nothing has been judged
    session_id = new_session(workspace)
    human_review.record_decision(workspace, session_id, "7", "approved", "Known from the call.", ANA)
    # then it is a decision, and no correction of the program
    found = times_of(workspace.sessions.audit(session_id))
    assert (found.rows_decided, found.rows_changed_by_hand) == (1, 0)


@pytest.mark.parametrize(
    ("found", "decided", "by_hand"),
    [("covered", "approved", 0), ("not_applicable", "approved", 0), ("covered", "rejected", 1),
     ("missing", "rejected", 0), ("partial", "needs_revision", 0), ("missing", "approved", 1),
     ("needs_review", "approved", 1), ("covered", "conditional", 1), (None, "rejected", 0)],
)  # fmt: skip
def test_a_row_is_changed_by_hand_when_a_person_says_otherwise_than_was_found(
    found: str | None, decided: str, by_hand: int
) -> None:
    said = event("override_set", 3, requirement_id="REQ-007", machine=found, status=decided)
    assert times_of([said]).rows_changed_by_hand == by_hand


def test_quotes_and_documents_changed_by_hand_count_with_their_row_once() -> None:
    acts = [
        event("quote_discarded", 1, requirement_id="REQ-007"),
        event("mapping_changed", 2, requirement_id="REQ-007"),
        event("mapping_changed", 3, requirement_id="REQ-008"),
        event("annotation_added", 4, requirement_id="REQ-009"),
        event("document_pinned", 5, document_id="d"),
    ]
    assert times_of(acts).rows_changed_by_hand == 2


ACTS: tuple[tuple[str, dict[str, str]], ...] = (
    ("file_received", {}),
    ("stage_finished", {"stage": "report_generation"}),
    ("stage_finished", {"stage": "cross_validation"}),
    ("determination_set", {}),
    ("determination_cleared", {}),
    ("row_opened", {}),
    ("override_set", {"machine": "covered", "status": "rejected"}),
    ("override_set", {"machine": "covered", "status": "approved"}),
    ("override_cleared", {}),
)
#: What was done, at which minute (a clock may be set back), to which row.
DONE = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(-5, 500), st.integers(1, 23)), max_size=40)
Done = list[tuple[tuple[str, dict[str, str]], int, int]]


def log_of(done: Done) -> list[AuditEvent]:
    return [event(act, minute, requirement_id=f"REQ-{row:03d}", **more) for (act, more), minute, row in done]


@given(DONE)
def test_no_time_is_below_nothing_and_no_count_is_above_what_was_done(acts: Done) -> None:
    found = times_of(log_of(acts))
    done = [act for (act, _), _, _ in acts]
    assert (found.drop_to_report_seconds or 0) >= 0
    assert (found.report_to_determination_seconds or 0) >= 0
    assert (found.openings or 0) == done.count("row_opened")
    assert (found.rows_opened is None) == (found.openings is None)
    assert (found.rows_opened or 0) <= (found.openings or 0)
    assert found.rows_changed_by_hand <= found.rows_decided <= done.count("override_set")


@given(DONE, st.integers(0, 40))
def test_what_machines_do_later_moves_no_time_and_no_count(acts: Done, place: int) -> None:
    once = [event("file_received", 0), event("stage_finished", 1, stage="report_generation"), *log_of(acts)]
    again = [event("stage_finished", 600, "system", stage="report_generation"), event("file_received", 601, "inbox")]
    at = 2 + min(place, len(acts))
    assert times_of([*once[:at], *again, *once[at:]]) == times_of(once)


# --- where it is told -------------------------------------------------------------------------------------------------


def test_status_and_portfolio_tell_the_same_four(desk: Desk) -> None:
    # given one farm that was looked at and decided, and one that was not
    untouched, reviewed = desk.begin(), desk.begin()
    desk.clock.advance(minutes=30)
    human_review.note_row_opened(desk.ws, reviewed, "2", ANA)
    human_review.note_row_opened(desk.ws, reviewed, "7", ANA)
    human_review.record_decision(desk.ws, reviewed, "2", "approved", "In spite of the gap.", ANA)
    desk.approve_all(reviewed)
    human_review.determine(desk.ws, reviewed, "approve", "Complete.", ANA)
    desk.run(reviewed)

    # then status tells all of it, the page and the table of all farms too
    told = status_of(desk.ws, desk.record(reviewed)).times
    assert all(getattr(told, name) is not None for name in MEASURED)
    assert (told.report_to_determination_seconds, told.rows_opened) == (1800, 2)
    portfolio = build_portfolio(desk.ws, desk.ws.data / "portfolio", None)
    farms = {farm.session_id: farm for farm in portfolio.farms}
    assert farms[reviewed].times == told
    table = {row["session_id"]: row for row in csv.DictReader(io.StringIO(render_csv(portfolio)))}
    heads = ("first file to report, s", "report to determination, s", "rows opened", "rows changed by hand")
    drop = str(round(told.drop_to_report_seconds or 0))
    assert [table[reviewed][head] for head in heads] == [drop, "1800", "2", str(told.rows_changed_by_hand)]
    # and of the other nothing that is not known
    assert [table[untouched][head] for head in heads[1:3]] == ["", ""]
    page = render_page(portfolio)
    assert "<td>30 min</td><td>2</td>" in page
    assert json.loads(portfolio.model_dump_json())["farms"][0]["times"].keys() >= set(MEASURED)
