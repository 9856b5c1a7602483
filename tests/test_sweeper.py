"""The sweeper heals lost messages: whatever the store says is due is sent, and nothing else."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from actors import stages
from actors.embedded import WithWorker
from actors.sweeper import FULL_EVERY
from pipeline.errors import UsageError
from pipeline.home.workspace import Workspace
from pipeline.models import SessionRecord, StageKey, StageRecord
from pipeline.stages import retry, run
from pipeline.stages.add_documents import add_documents
from pipeline.workflow import freshness, order
from tests.queue_fixtures import PATIENCE, StageWork, new_session, session_with_a_file

OpenQueue = Callable[..., WithWorker]


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> StageWork:
    computes = StageWork()
    monkeypatch.setattr(run, "_compute", computes)
    monkeypatch.setattr(stages, "MIN_BACKOFF_MS", 10)
    return computes


@pytest.fixture
def queue(open_queue: OpenQueue, workspace: Workspace, work: StageWork) -> Iterator[WithWorker]:
    with open_queue(workspace) as running:
        yield running


def test_a_sweep_sends_what_is_due_and_the_session_reaches_its_goal(
    queue: WithWorker, workspace: Workspace, work: StageWork, tmp_path: Path
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")
    run.request(workspace, session_id, "report_generation")

    assert queue.sweep() == [(session_id, "document_discovery")]
    assert queue.wait_idle(PATIENCE)

    assert work.order == list(order.ORDER)
    assert queue.sweep() == []


def test_a_session_without_files_is_left_alone(queue: WithWorker, workspace: Workspace) -> None:
    new_session(workspace)

    assert queue.sweep() == []


def test_a_stage_that_was_cut_off_is_sent_again(
    queue: WithWorker, workspace: Workspace, work: StageWork, tmp_path: Path
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")
    with workspace.sessions.transaction(session_id, "machine") as tx:  # as a killed process leaves it
        tx.put_stage("document_discovery", StageRecord(status="running", started_at=workspace.now()))
        tx.log("stage_started", stage="document_discovery")

    assert queue.sweep() == [(session_id, "document_discovery")]
    assert queue.wait_idle(PATIENCE)
    assert workspace.sessions.read(session_id).stages["document_discovery"].status == "completed"


def test_a_stage_that_gave_up_is_not_sent_until_somebody_retries_it(
    queue: WithWorker, workspace: Workspace, work: StageWork, tmp_path: Path
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")
    work.fail[session_id, "document_discovery"] = UsageError("cannot be")
    queue.sweep()
    assert queue.wait_idle(PATIENCE)

    assert queue.sweep() == []
    work.fail.clear()
    retry.retry(workspace, session_id, "document_discovery", "reviewer")
    assert queue.sweep() == [(session_id, "document_discovery")]


def test_a_session_that_another_process_works_on_is_left_to_it(
    queue: WithWorker, workspace: Workspace, tmp_path: Path
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")

    with workspace.sessions.lease(session_id, 0):
        assert queue.sweep() == []
    assert queue.sweep() == [(session_id, "document_discovery")]


def test_a_session_whose_message_is_on_its_way_gets_no_second_one(
    queue: WithWorker, workspace: Workspace, work: StageWork, tmp_path: Path
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")
    go_on = threading.Event()
    work.during = lambda _session_id, _key: _wait(go_on)

    first, second = queue.sweep(), queue.sweep()
    go_on.set()

    assert first == [(session_id, "document_discovery")]
    assert second == []
    assert queue.wait_idle(PATIENCE)
    assert queue.underway.runs("discover_documents") == 1


def _wait(event: threading.Event) -> None:
    assert event.wait(PATIENCE)


def test_a_damaged_session_stops_no_other_and_is_told_once(
    queue: WithWorker, workspace: Workspace, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    damaged = session_with_a_file(workspace, tmp_path / "a", "Hill Farm")
    sound = session_with_a_file(workspace, tmp_path / "b", "Dale Farm")
    (workspace.sessions.folder(damaged) / "session.json").write_bytes(b"{ not json")

    with caplog.at_level(logging.WARNING, "registry_review.sweeper"):
        sent = queue.sweep()
        assert queue.wait_idle(PATIENCE)
        queue.sweep()

    assert sent == [(sound, "document_discovery")]
    assert [record.levelname for record in caplog.records if damaged in record.getMessage()] == ["WARNING"]


def test_quiet_sessions_cost_no_reading_until_they_change(
    queue: WithWorker, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [session_with_a_file(workspace, tmp_path / str(n), f"Farm {n}") for n in range(3)]
    queue.sweep()
    assert queue.wait_idle(PATIENCE)
    queue.sweep()  # finds them done and remembers that
    asked: list[str] = []
    due = freshness.due

    def counting(ws: Workspace, record: SessionRecord, to: StageKey | None = None) -> StageKey | None:
        asked.append(record.session_id)
        return due(ws, record, to)

    monkeypatch.setattr(freshness, "due", counting)

    assert queue.sweep() == []
    assert asked == []
    (tmp_path / "more.txt").write_text("More.")
    source = {"type": "path", "path": str(tmp_path / "more.txt")}
    add_documents(workspace, ids[1], source, check_duplicates=False)
    assert queue.sweep() == [(ids[1], "document_discovery")]
    assert set(asked) == {ids[1]}


def test_now_and_then_every_session_is_looked_at(
    queue: WithWorker, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_with_a_file(workspace, tmp_path / "a")
    queue.sweep()
    assert queue.wait_idle(PATIENCE)
    asked: list[str] = []

    def counting(_ws: Workspace, record: SessionRecord, _to: StageKey | None = None) -> StageKey | None:
        asked.append(record.session_id)
        return None

    monkeypatch.setattr(freshness, "due", counting)
    for _ in range(2 * FULL_EVERY):
        queue.sweep()

    assert len(asked) == 3  # the second sweep, and twice the full one
