"""Worker processes behind a real server: killed ones are replaced, their messages come back, outages are outlasted."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from actors import shared_in_flight
from actors.broker import QUEUE
from actors.redis_queue import ENOUGH_WAITING, Remote
from examples.portfolio import write_portfolio
from pipeline.home.presence import workers_running, working
from pipeline.home.workspace import Workspace
from pipeline.settings import Settings
from pipeline.stages.add_documents import add_documents
from pipeline.workflow import order
from tests.queue_fixtures import drop, new_session, session_with_a_file, until
from tests.redis_server import PASSWORD, Server, a_server
from tests.worker_fixtures import (
    HEARTBEAT,
    children_of,
    command,
    environment,
    finished,
    handed_over,
    hanging,
    is_done,
    typed,
    workers,
)

#: Long enough that a test can kill in the middle of it.
LONG = 600.0


@pytest.fixture
def server() -> Iterator[Server]:
    with a_server() as running:
        yield running


@pytest.fixture
def settings(settings: Settings, server: Server) -> Settings:
    queue = {"broker": server.url, "heartbeat_seconds": HEARTBEAT, "sweep_seconds": 0.5}
    return settings.model_copy(update={"queue": settings.queue.model_copy(update=queue)})


@pytest.fixture
def hang(tmp_path: Path) -> dict[str, object]:
    return hanging(tmp_path)


# --- the work ---------------------------------------------------------------------------------------------------------


def test_a_command_waits_until_the_workers_have_done_the_work(workspace: Workspace, tmp_path: Path) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")
    with workers(workspace):
        done = typed(workspace, "--json", "run", session_id, code=3)  # these files answer no requirement

        assert json.loads(done.stdout)["workflow_progress"]["report_generation"]["status"] == "completed"
        assert "report: started" in done.stderr
    assert finished(workspace, session_id) == Counter(dict.fromkeys(order.ORDER, 1))


def test_no_wait_hands_over_and_a_worker_that_comes_later_does_it(workspace: Workspace, tmp_path: Path) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")

    told = typed(workspace, "run", session_id, "--no-wait")

    assert "No worker is running" in told.stderr
    with workers(workspace, 1):
        until(lambda: is_done(workspace, session_id), "the report is there")


def test_the_inbox_is_watched_here_and_worked_on_there(workspace: Workspace) -> None:
    session_id = new_session(workspace)
    drop(workspace, session_id, {"plan.txt": b"A plan.", "empty.pdf": b""})
    with workers(workspace):
        done = typed(workspace, "--json", "watch", "--once", "--to", "report", code=4)

    outcomes = {f["filename"]: f["outcome"] for f in json.loads(done.stdout)["files"]}
    assert outcomes == {"plan.txt": "added", "empty.pdf": "refused"}
    assert is_done(workspace, session_id)


def test_what_was_added_is_begun_without_asking(workspace: Workspace, tmp_path: Path) -> None:
    session_id = new_session(workspace)
    (tmp_path / "plan.txt").write_text("A plan.")
    with workers(workspace, 1):
        typed(workspace, "add", session_id, tmp_path / "plan.txt")
        until(lambda: is_done(workspace, session_id, "discover"), "the discovery is there")


# --- the batch --------------------------------------------------------------------------------------------------------


def without_times(portfolio: Path) -> object:
    """A portfolio but for how long each farm's report took, which is measured and no two runs have in common."""
    text = portfolio.read_text(encoding="utf-8")
    if portfolio.suffix == ".csv":
        rows = csv.DictReader(StringIO(text))
        return [{key: cell for key, cell in row.items() if "report, s" not in key} for row in rows]
    if portfolio.suffix == ".json":
        return re.sub(r'"times": \{[^}]*\}', "", text)
    return text


def test_the_batch_is_done_by_the_workers_with_the_same_bytes_as_without_them(
    workspace: Workspace, tmp_path: Path
) -> None:
    # Given a home with farms, and a copy of it
    for one in write_portfolio(tmp_path / "sent", 4):
        session_id = new_session(workspace, one.folder.name)
        add_documents(workspace, session_id, {"type": "path", "path": str(one.folder)}, check_duplicates=False)
    home = workspace.data.parent
    copy = Path(shutil.copytree(home, tmp_path / "copy"))
    # When one is renewed by workers and the other without a server
    with workers(workspace):
        done = typed(workspace, "batch-report", "--json")
    alone = [*command(workspace, "batch-report", "--json"), "--home", str(copy)]
    embedded = {**environment(workspace), "REGISTRY_REVIEW_QUEUE_BROKER": "embedded"}
    other = subprocess.run(alone, env=embedded, capture_output=True, text=True, timeout=90, check=True)  # noqa: S603 - our own program
    # Then both say and wrote the same, and each stage was carried out once
    assert done.stderr == ""
    assert json.loads(done.stdout)["renewed"] == json.loads(other.stdout)["renewed"] == workspace.sessions.ids()
    for name in ("portfolio.html", "portfolio.csv", "portfolio.json"):
        written, beside = (place / "data" / "batch" / name for place in (home, copy))
        assert without_times(written) == without_times(beside)
    for session_id in workspace.sessions.ids():
        assert finished(workspace, session_id) == Counter(dict.fromkeys(order.ORDER, 1))
    # And when nothing is new, cron has nothing to mail
    with workers(workspace, 1):
        done = typed(workspace, "batch-report")
    assert (done.stdout, done.stderr) == ("", "")


def test_a_batch_that_nobody_would_work_on_says_so_and_begins_nothing(
    workspace: Workspace, server: Server, tmp_path: Path
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")

    without_workers = typed(workspace, "batch-report", code=75)
    server.kill()
    without_server = typed(workspace, "batch-report", code=75)

    assert "no worker is running" in without_workers.stderr
    assert f"registry-review --home {workspace.data.parent} worker" in without_workers.stderr
    assert "is away" in without_server.stderr
    assert workspace.sessions.read(session_id).advance_to == "document_discovery"
    assert not (workspace.data / "batch" / "portfolio.html").exists()


def test_a_batch_outlasts_a_server_that_comes_back(
    workspace: Workspace, server: Server, tmp_path: Path, hang: dict[str, object]
) -> None:
    ids = [session_with_a_file(workspace, tmp_path / str(n), f"Farm {n}") for n in range(6)]
    place = Path(str(hang["HANG_AT"]))
    with workers(workspace, 2, **hang):
        batch = subprocess.Popen(  # noqa: S603 - our own program
            command(workspace, "batch-report"), env=environment(workspace), stderr=subprocess.PIPE, text=True
        )
        until(lambda: handed_over(workspace, ids) and place.exists() and place.read_text() != "", "it is at work")
        server.kill()
        os.kill(int(place.read_text()), signal.SIGKILL)
        server.start()
        _, said = batch.communicate(timeout=60)

    assert batch.returncode == 0, said
    assert all(is_done(workspace, session_id) for session_id in ids)
    assert (workspace.data / "batch" / "last-success").is_file()


def test_a_batch_that_is_left_alone_ends_with_one_sentence_and_shows_what_there_is(
    workspace: Workspace, tmp_path: Path, hang: dict[str, object]
) -> None:
    ids = [session_with_a_file(workspace, tmp_path / str(n), f"Farm {n}") for n in range(3)]
    place = Path(str(hang["HANG_AT"]))
    with workers(workspace, 1, **hang) as supervisor:
        batch = subprocess.Popen(  # noqa: S603 - our own program
            command(workspace, "batch-report"), env=environment(workspace), stderr=subprocess.PIPE, text=True
        )
        until(lambda: handed_over(workspace, ids) and place.exists() and place.read_text() != "", "it is at work")
        supervisor.kill()
        os.kill(int(place.read_text()), signal.SIGKILL)
        _, said = batch.communicate(timeout=60)

    assert batch.returncode == 75, said
    (line,) = (one for one in said.splitlines() if one.startswith("error:"))
    assert "could not be finished" in line
    assert "no worker is running" in line
    assert (workspace.data / "batch" / "portfolio.html").is_file()
    assert not (workspace.data / "batch" / "last-success").exists()


def test_so_many_are_handed_over_that_every_worker_finds_one_and_few_have_to_wait(
    workspace: Workspace, tmp_path: Path
) -> None:
    # Given one thread here, a worker that fetches nothing for now, and more farms than anybody could work on at once
    queue = workspace.settings.queue.model_copy(update={"threads": 1})
    workspace.settings = workspace.settings.model_copy(update={"queue": queue})
    ids = [session_with_a_file(workspace, tmp_path / str(n), f"Farm {n}") for n in range(ENOUGH_WAITING + 4)]
    with working(workspace.data), Remote(workspace) as queue_here:
        # When they are handed over while there is room
        sent = 0
        while queue_here.room(sent):
            queue_here.advance(ids[sent], "report_generation", wait=False)
            sent += 1
        # Then it is their number that counts, and not that of the threads here
        assert sent == ENOUGH_WAITING
    with workers(workspace, 1), Remote(workspace) as queue_here:
        until(lambda: queue_here.room(sent), "what was fetched makes room")


# --- killed processes -------------------------------------------------------------------------------------------------


def test_a_killed_worker_is_replaced_and_its_message_comes_back_in_time(
    workspace: Workspace, tmp_path: Path, hang: dict[str, object]
) -> None:
    # Without a sweep in time, so that the message itself must come back.
    queue = workspace.settings.queue.model_copy(update={"sweep_seconds": LONG})
    workspace.settings = workspace.settings.model_copy(update={"queue": queue})
    place = Path(str(hang["HANG_AT"]))
    with workers(workspace, 2, **hang) as supervisor:
        before = children_of(supervisor)
        session_id = session_with_a_file(workspace, tmp_path / "a")
        typed(workspace, "discover", session_id, "--no-wait")
        until(lambda: place.exists() and place.read_text() != "", "a worker is at the stage")
        victim = int(place.read_text())
        assert victim in before

        os.kill(victim, signal.SIGKILL)
        killed = time.monotonic()
        until(lambda: is_done(workspace, session_id, "discover"), "the stage was done by another worker")
        took = time.monotonic() - killed

        assert took <= HEARTBEAT + 5.0
        until(lambda: workers_running(workspace.data) == 2, "the killed one is replaced")
        now = children_of(supervisor)
        assert before - {victim} <= now  # the other one was not disturbed
        assert len(now) == 2
        assert supervisor.poll() is None


def test_workers_end_with_their_supervisor_however_it_ends(workspace: Workspace) -> None:
    with workers(workspace) as supervisor:
        supervisor.kill()
        until(lambda: workers_running(workspace.data) == 0, "the workers have ended as well")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_lets_the_work_be_finished(
    workspace: Workspace, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")
    with workers(workspace, 1) as supervisor:
        typed(workspace, "run", session_id, "--no-wait")
        supervisor.send_signal(number)
        _, said = supervisor.communicate(timeout=60)

    assert supervisor.returncode == code, said
    assert workers_running(workspace.data) == 0
    assert "running" not in {stage.status for stage in workspace.sessions.read(session_id).stages.values()}


# --- outages ----------------------------------------------------------------------------------------------------------


def test_a_server_that_is_killed_and_comes_back_loses_no_work(
    workspace: Workspace, server: Server, tmp_path: Path
) -> None:
    ids = [session_with_a_file(workspace, tmp_path / str(n), f"Farm {n}") for n in range(4)]
    with workers(workspace) as supervisor:
        before = children_of(supervisor)
        for session_id in ids:
            typed(workspace, "run", session_id, "--no-wait")
        server.kill()
        assert "does not answer" in typed(workspace, "status").stdout

        server.start()

        until(lambda: all(is_done(workspace, session_id) for session_id in ids), "every report is there", 60.0)
        assert children_of(supervisor) == before
    assert all(finished(workspace, session_id) == Counter(dict.fromkeys(order.ORDER, 1)) for session_id in ids)


def test_without_the_server_every_command_that_needs_it_says_so_and_asks_for_nothing(
    workspace: Workspace, server: Server, tmp_path: Path
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")
    server.kill()

    for words in (("run", session_id), ("run", session_id, "--no-wait"), ("watch", "--once"), ("worker",)):
        done = typed(workspace, *words, code=75)
        assert "is away" in done.stderr
        assert "Traceback" not in done.stderr

    assert workspace.sessions.read(session_id).advance_to == "document_discovery"


def test_status_and_doctor_say_how_broker_and_workers_are(workspace: Workspace, server: Server) -> None:
    with workers(workspace, 1):
        at_work = typed(workspace, "status").stdout
    alone = typed(workspace, "status").stdout
    session_id = new_session(workspace)
    drop(workspace, session_id, {"plan.txt": b"A plan."})
    with workers(workspace, 1):
        typed(workspace, "watch", "--once", "--to", "discover")
    typed(workspace, "run", session_id, "--no-wait")
    server.kill()
    waits = json.loads(typed(workspace, "--json", "status", session_id).stdout)["workflow_progress"]
    away = json.loads(typed(workspace, "--json", "status").stdout)["surroundings"]
    listed = json.loads(typed(workspace, "--json", "doctor", code=1).stdout)["checks"]
    found: dict[str, Any] = {one["check_id"]: one for one in listed}

    assert "answers" in at_work
    assert "Workers: 1" in at_work
    assert f"none is running: registry-review --home {workspace.data.parent} worker" in alone
    assert "does not answer" in away["broker_trouble"]
    assert waits["requirement_mapping"]["reason"].startswith("waits for the broker, which does not answer")
    assert str(server.socket) in away["broker"]
    assert (found["broker"]["outcome"], found["workers"]["outcome"]) == ("fail", "warning")


def test_files_wait_in_the_inbox_while_the_server_is_away_and_are_taken_when_it_is_back(
    workspace: Workspace, server: Server
) -> None:
    session_id = new_session(workspace)
    server.kill()
    watcher = subprocess.Popen(  # noqa: S603 - our own program
        command(workspace, "watch", "--to", "discover"),
        env=environment(workspace, REGISTRY_REVIEW_INBOX_RESCAN_SECONDS=0.5),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert watcher.stderr is not None
        (dropped,) = drop(workspace, session_id, {"plan.txt": b"A plan."})
        line = next(line for line in watcher.stderr if "is away" in line)
        assert PASSWORD not in line
        assert dropped.path.exists()

        server.start()
        with workers(workspace, 1):
            until(lambda: is_done(workspace, session_id, "discover"), "the file was taken", 60.0)
    finally:
        watcher.terminate()
        watcher.communicate(timeout=30)


def test_a_taking_that_a_living_worker_forgot_holds_no_inbox_while_one_that_runs_does(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a message that was handed out and begun, and whose worker lives and will never be done with it
    monkeypatch.setattr(shared_in_flight, "BELIEVED_SECONDS", 1)
    monkeypatch.setattr(shared_in_flight, "SENDING_SECONDS", 0)
    session_id = new_session(workspace)
    with Remote(workspace) as queue:
        queue.take(session_id, drop(workspace, session_id, {"plan.txt": b"A plan."}), "document_discovery")
        handed_out = queue._broker.consume(QUEUE, prefetch=1, timeout=1000)
        message = next(handed_out)
        assert message is not None
        queue.underway.before_process_message(queue._broker, message)
        assert queue.taking(session_id)
        # When nobody takes anything
        # Then the session's next files need not wait for it
        until(lambda: not queue.taking(session_id), "the message counts as forgotten", 20.0)
        # But a taking that lasts longer than its note is believed holds them
        with workspace.sessions.filling(session_id):
            assert queue.taking(session_id)
        assert not queue.taking(session_id)


def test_work_that_is_sent_anew_between_two_questions_is_never_taken_for_over(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a message that waits, and a moment in which it is sent anew under another number, as a retry is
    monkeypatch.setattr(shared_in_flight, "SENDING_SECONDS", 0)
    session_id = new_session(workspace)
    with Remote(workspace) as queue:
        queue.take(session_id, drop(workspace, session_id, {"plan.txt": b"A plan."}), "document_discovery")
        message = next(queue._broker.consume(QUEUE, prefetch=1, timeout=1000))
        assert message is not None

        def sent_anew(_message_id: str) -> bool:
            again = message.copy(options={**message.options, "redis_message_id": "another"})
            queue.underway.before_enqueue(queue._broker, again, None)
            return False

        monkeypatch.setattr(queue.underway, "_is_there", sent_anew)
        # Then whoever asks just then is not told that nothing is left
        assert queue.underway.unstarted(message.actor_name, session_id)


def test_waiting_ends_with_a_sentence_when_nobody_works(workspace: Workspace, tmp_path: Path) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")

    done = typed(workspace, "run", session_id, code=75)

    assert "no worker is running" in done.stderr
    assert f"registry-review --home {workspace.data.parent} worker" in done.stderr


def test_the_embedded_queue_has_no_workers(workspace: Workspace) -> None:
    queue = workspace.settings.queue.model_copy(update={"broker": "embedded"})
    workspace.settings = workspace.settings.model_copy(update={"queue": queue})

    assert "embedded" in typed(workspace, "worker", code=2).stderr
