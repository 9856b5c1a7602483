"""What a queue can do to its work: forget it, give it twice and in any order, or to one who stands still or is full."""

from __future__ import annotations

import itertools
import logging
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors import redis_queue
from actors.dispatch import STAGE_ACTORS
from actors.redis_queue import Remote
from pipeline.errors import TryAgain
from pipeline.home.logs import Seldom
from pipeline.home.presence import watcher_is_running, workers_running, working
from pipeline.home.workspace import Workspace
from pipeline.settings import Settings
from pipeline.stages import run as stage_run
from pipeline.store.faultpoints import VARIABLE
from pipeline.workflow import order as stage_order
from tests.queue_fixtures import drop, new_session, session_with_a_file, until
from tests.redis_server import Server, a_server
from tests.worker_fixtures import HEARTBEAT, command, environment, finished, hanging, is_done, typed, workers

#: Whole programs start and end many times, on whatever else the machine does.
pytestmark = pytest.mark.timeout(600)
#: Seconds a service gets to end, of which service managers give ten.
END_SECONDS = 10.0
ONCE = Counter(dict.fromkeys(stage_order.ORDER, 1))


@pytest.fixture(params=["keeps"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with a_server(keeps=request.param == "keeps") as running:
        yield running


@pytest.fixture
def settings(settings: Settings, server: Server) -> Settings:
    queue = {"broker": server.url, "heartbeat_seconds": HEARTBEAT, "sweep_seconds": 0.5}
    return settings.model_copy(update={"queue": settings.queue.model_copy(update=queue)})


def once_each(ws: Workspace, ids: list[str]) -> None:
    """Every stage of every session was carried out once, and its history is whole."""
    for session_id in ids:
        assert finished(ws, session_id) == ONCE
        ws.sessions.verify_audit(session_id)


# --- the server forgets -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("server", "how"), [("forgets", "killed"), ("keeps", "flushed")], indirect=["server"])
def test_what_the_server_forgets_in_the_middle_is_sent_again_and_done_once(
    workspace: Workspace, server: Server, tmp_path: Path, how: str
) -> None:
    # Given a worker that hangs in one session's first stage while others wait behind it
    ids = [session_with_a_file(workspace, tmp_path / str(n), f"Farm {n}") for n in range(4)]
    hang = hanging(tmp_path)
    place = Path(str(hang["HANG_AT"]))
    with workers(workspace, 2, **hang):
        for session_id in ids:
            typed(workspace, "run", session_id, "--no-wait")
        until(lambda: place.exists() and place.read_text() != "", "a worker is at a stage")
        # When the server loses what it knew and that worker dies
        if how == "killed":
            server.kill()
            server.start()
        else:
            server.clear()
        os.kill(int(place.read_text()), signal.SIGKILL)
        # Then the store still says what is to do
        until(lambda: all(is_done(workspace, session_id) for session_id in ids), "every report is there", 60.0)

    once_each(workspace, ids)


def test_files_whose_message_was_forgotten_are_offered_again(workspace: Workspace, server: Server) -> None:
    session_id = new_session(workspace)
    watcher = subprocess.Popen(  # noqa: S603 - our own program
        command(workspace, "watch", "--to", "discover"),
        env=environment(workspace, REGISTRY_REVIEW_INBOX_SETTLE_SECONDS=0.2, REGISTRY_REVIEW_INBOX_RESCAN_SECONDS=0.2),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: watcher_is_running(workspace.data), "it watches")
        drop(workspace, session_id, {"plan.txt": b"A plan."})
        with Remote(workspace) as queue:
            until(lambda: queue._shared.backlog() == 1, "the message waits for a worker")
        server.clear()
        with workers(workspace, 1):
            until(lambda: is_done(workspace, session_id, "discover"), "the file was taken", 60.0)
    finally:
        watcher.terminate()
        watcher.wait(30)


# --- the server gives twice and in any order --------------------------------------------------------------------------


def test_messages_that_come_twice_and_backwards_do_their_work_once(workspace: Workspace, tmp_path: Path) -> None:
    ids = [session_with_a_file(workspace, tmp_path / str(n), f"Farm {n}") for n in range(2)]
    with Remote(workspace) as queue:
        for session_id in ids:
            stage_run.request(workspace, session_id, "report_generation")
            for name, _ in itertools.product(reversed(STAGE_ACTORS.values()), range(2)):
                queue._broker.get_actor(name).send(session_id)
        with workers(workspace, 2):
            until(lambda: all(is_done(workspace, session_id) for session_id in ids), "every report is there", 60.0)
            until(lambda: queue._shared.wait(None, 0), "the queue is empty")

    once_each(workspace, ids)


def test_files_that_are_handed_over_several_times_at_once_become_one_document_each(workspace: Workspace) -> None:
    session_id = new_session(workspace)
    files = drop(workspace, session_id, {f"field {n}.csv": f"Field,{n}\n".encode() for n in range(20)})
    with Remote(workspace) as queue:
        for order in (files, files[::-1], files[::2]):
            queue.take(session_id, order, "document_discovery")
        with workers(workspace, 2):
            until(lambda: is_done(workspace, session_id, "discover"), "they were taken")
            until(lambda: queue._shared.wait(None, 0), "the queue is empty")

    record = workspace.sessions.read(session_id)
    received = [e for e in workspace.sessions.audit(session_id) if e.action == "file_received"]
    assert (len(record.documents), len(received)) == (20, 20)
    assert not any(file.path.exists() for file in files)
    workspace.sessions.verify_audit(session_id)


# --- a worker stands still --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("point", ["stage.saved", "queue.begin"])
def test_what_a_frozen_worker_was_at_is_done_by_another_and_nothing_twice_when_it_wakes(
    workspace: Workspace, tmp_path: Path, point: str
) -> None:
    # Given two workers, of which the first that comes to that point stands still there
    session_id, ticket = session_with_a_file(workspace, tmp_path / "a"), tmp_path / "ticket"
    with workers(workspace, 2, **{VARIABLE: f"freeze {point} 1 {ticket}"}) as supervisor:
        typed(workspace, "run", session_id, "--no-wait")
        until(ticket.is_symlink, "one stands still")
        stood, victim = time.monotonic(), int(os.readlink(ticket))  # noqa: PTH115 - an id, not a path
        try:
            # Then another does its work
            until(lambda: is_done(workspace, session_id), "the report is there", 60.0)
            took = time.monotonic() - stood
        finally:
            os.kill(victim, signal.SIGCONT)
        # And when it goes on, it writes nothing
        with Remote(workspace) as queue:
            until(lambda: queue._shared.wait(None, 0), "the queue is empty")
        other = session_with_a_file(workspace, tmp_path / "b", "Other Farm")
        typed(workspace, "run", other, "--no-wait")
        until(lambda: is_done(workspace, other), "work goes on")
        assert supervisor.poll() is None

    once_each(workspace, [session_id, other])
    # Its heartbeat must be missed, by the server and by whoever wants the session; then there are five stages.
    assert took <= 2 * HEARTBEAT + 15.0


# --- a worker's disk is full ------------------------------------------------------------------------------------------


def test_a_full_disk_ends_the_waiting_with_its_reason_and_work_goes_on_when_there_is_room(
    workspace: Workspace, tmp_path: Path
) -> None:
    # Given workers that can write down nothing, not even that they failed
    disk = tmp_path / "full"
    disk.touch()
    session_id = session_with_a_file(workspace, tmp_path / "a")
    with workers(workspace, 1, **{VARIABLE: f"full file.write 1 {disk}"}) as supervisor:
        # When somebody waits for them
        run = typed(workspace, "run", session_id, code=75)
        batch = typed(workspace, "batch-report", code=75)
        # Then the waiting ends and says why
        assert "is full" in run.stderr
        assert "is full" in batch.stderr
        assert finished(workspace, session_id) == Counter()
        # And when there is room, the work is done without anybody starting anything
        disk.unlink()
        until(lambda: is_done(workspace, session_id), "the report is there", 60.0)
        supervisor.terminate()
        _, said = supervisor.communicate(timeout=30)

    once_each(workspace, [session_id])
    # A trouble that lasts is told once, however often it was met
    assert len([line for line in said.splitlines() if "is full" in line and not line.startswith("info:")]) == 1, said


def test_who_waits_hears_in_the_end_although_the_news_got_lost(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a worker whose messages vanish and who never says anything
    monkeypatch.setattr(redis_queue, "CARE_SECONDS", 0.0)
    session_id = session_with_a_file(workspace, tmp_path / "a")
    with working(workspace.data), Remote(workspace) as queue:
        monkeypatch.setattr(queue._shared, "of", lambda *_of: 0)

        with pytest.raises(TryAgain, match="again and again"):
            queue.advance(session_id, "document_discovery")


# --- ending -----------------------------------------------------------------------------------------------------------


def test_workers_end_within_ten_seconds_in_the_middle_of_a_stage_which_the_next_ones_do(
    workspace: Workspace, tmp_path: Path
) -> None:
    session_id, hang = session_with_a_file(workspace, tmp_path / "a"), hanging(tmp_path)
    place = Path(str(hang["HANG_AT"]))
    with workers(workspace, 2, **hang) as supervisor:
        typed(workspace, "run", session_id, "--no-wait")
        until(lambda: place.exists() and place.read_text() != "", "a worker is at a stage")

        begun = time.monotonic()
        supervisor.terminate()
        supervisor.communicate(timeout=60)

        assert time.monotonic() - begun <= END_SECONDS
        assert supervisor.returncode == 0
        assert workers_running(workspace.data) == 0
    with workers(workspace, 1):
        until(lambda: is_done(workspace, session_id), "the report is there", 60.0)
    once_each(workspace, [session_id])


@pytest.mark.parametrize("settings", ["embedded"], indirect=True)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_watcher_that_does_the_work_itself_ends_within_ten_seconds(
    workspace: Workspace, tmp_path: Path, number: signal.Signals
) -> None:
    queue = workspace.settings.queue.model_copy(update={"broker": "embedded"})
    workspace.settings = workspace.settings.model_copy(update={"queue": queue})
    session_id, hang = session_with_a_file(workspace, tmp_path / "a"), hanging(tmp_path)
    place = Path(str(hang["HANG_AT"]))
    stage_run.request(workspace, session_id, "report_generation")
    watcher = subprocess.Popen(command(workspace, "watch"), env=environment(workspace, **hang))  # noqa: S603 - our own program
    until(lambda: place.exists() and place.read_text() != "", "it is at a stage")

    begun = time.monotonic()
    watcher.send_signal(number)
    code = watcher.wait(60)

    assert time.monotonic() - begun <= END_SECONDS
    assert code in (0, 130)
    typed(workspace, "run", session_id, code=3)
    once_each(workspace, [session_id])


def test_a_watcher_ends_within_ten_seconds_while_the_server_is_away(workspace: Workspace, server: Server) -> None:
    session_id = new_session(workspace)
    watcher = subprocess.Popen(command(workspace, "watch"), env=environment(workspace))  # noqa: S603 - our own program
    until(lambda: watcher_is_running(workspace.data), "it watches")
    server.kill()
    (dropped,) = drop(workspace, session_id, {"plan.txt": b"A plan."})

    begun = time.monotonic()
    watcher.terminate()
    code = watcher.wait(60)

    assert time.monotonic() - begun <= END_SECONDS
    assert code == 0
    assert dropped.path.exists()


# --- what is written of it --------------------------------------------------------------------------------------------


def test_an_outage_fills_no_log(workspace: Workspace, server: Server, tmp_path: Path) -> None:
    log = workspace.data / "errors.log"
    with workers(workspace, 1):
        server.kill()
        until(lambda: log.exists() and "connection error" in log.read_text(), "the queue's threads have noticed")
        # They notice every few seconds; the server is back when they would have said it again
        time.sleep(8)
        server.start()
        session_id = session_with_a_file(workspace, tmp_path / "a")
        typed(workspace, "run", session_id, code=3)

    assert log.read_text().count("connection error") == 1


def test_what_a_library_repeats_is_written_once_in_a_while_with_how_often_it_was_left_out() -> None:
    now = [0.0]
    seldom = Seldom(clock=lambda: now[0], seconds=60)

    def said(name: str, text: str, *filled: Any) -> str | None:
        record = logging.LogRecord(name, logging.CRITICAL, "", 0, text, filled, None)
        return record.getMessage() if seldom.filter(record) else None

    assert said("dramatiq.worker.ConsumerThread(review)", "away: %s", "refused") == "away: refused"
    assert said("dramatiq.worker.ConsumerThread(review.DQ)", "away: %s", "no answer") is None
    assert said("dramatiq.worker.WorkerThread", "another thing") == "another thing"
    assert said("registry_review.worker", "ours") == said("registry_review.worker", "ours") == "ours"
    now[0] = 61.0
    assert said("dramatiq.worker.ConsumerThread(review)", "away: %s", "refused") == (
        "away: refused (said 1 times more since it was written here last)"
    )
