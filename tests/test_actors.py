"""The actors, run by a real Dramatiq worker over a real home; only what a stage computes is a test's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import engine, file_parcel, stages
from actors.broker import QUEUE, get_broker, queue_name
from actors.dispatch import STAGE_ACTORS
from actors.embedded import Embedded, WithWorker
from actors.progress_news import News
from actors.worker_process import Working
from pipeline.errors import ChecklistError, SettingsError, StageFailed, UsageError
from pipeline.home.workspace import Workspace
from pipeline.intake.sources import InboxFile
from pipeline.settings import Settings
from pipeline.stages import retry, run
from pipeline.workflow import freshness, order
from tests.queue_fixtures import PATIENCE, StageWork, drop, new_session, session_with_a_file

OpenQueue = Callable[..., WithWorker]


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> StageWork:
    computes = StageWork()
    monkeypatch.setattr(run, "_compute", computes)
    monkeypatch.setattr(stages, "MIN_BACKOFF_MS", 10)
    monkeypatch.setattr(stages, "BUSY_SECONDS", 0.02)
    return computes


@pytest.fixture
def queue(open_queue: OpenQueue, workspace: Workspace, work: StageWork) -> Iterator[WithWorker]:
    with open_queue(workspace) as running:
        yield running


def finished(ws: Workspace, session_id: str) -> Counter[str]:
    return Counter(e.details["stage"] for e in ws.sessions.audit(session_id) if e.action == "stage_finished")


# --- stages -----------------------------------------------------------------------------------------------------------


def test_a_session_goes_through_every_stage_once_and_in_order(
    queue: WithWorker, workspace: Workspace, work: StageWork, tmp_path: Path
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")

    record = queue.advance(session_id, "report_generation")

    assert work.order == list(order.ORDER)
    assert {key: stage.status for key, stage in record.stages.items()} == dict.fromkeys(order.ORDER, "completed")
    assert all(queue.underway.runs(name) == 1 for name in STAGE_ACTORS.values())


def test_advancing_stops_at_the_stage_that_was_asked_for(
    queue: WithWorker, workspace: Workspace, work: StageWork, tmp_path: Path
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")

    queue.advance(session_id, "requirement_mapping")

    assert queue.wait_idle(PATIENCE)
    assert work.order == ["document_discovery", "requirement_mapping"]


def test_advancing_again_does_nothing_again(
    queue: WithWorker, workspace: Workspace, work: StageWork, tmp_path: Path
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")
    queue.advance(session_id, "report_generation")

    queue.advance(session_id, "report_generation")

    assert len(work.order) == len(order.ORDER)


def test_a_message_that_comes_twice_finds_its_work_done(
    queue: WithWorker, workspace: Workspace, work: StageWork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "BUSY_SECONDS", 0.5)
    session_id = session_with_a_file(workspace, tmp_path / "a")
    second_came = threading.Event()
    # The first is at work until the second has found the session busy.
    work.during = lambda _session_id, _key: assert_set(second_came)

    def listen(news: News) -> None:
        if news.kind == "busy":
            second_came.set()

    with queue.listening(listen):
        for _ in range(2):
            queue._dispatch.broker.get_actor("discover_documents").send(session_id)
        assert queue.wait_idle(PATIENCE)

    assert queue.underway.runs("discover_documents") == 3
    assert work.computed[session_id, "document_discovery"] == 1


def test_a_message_for_a_later_stage_sends_the_stage_that_is_due(
    queue: WithWorker, workspace: Workspace, work: StageWork, tmp_path: Path
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")
    run.request(workspace, session_id, "requirement_mapping")

    queue._dispatch.broker.get_actor("map_requirements").send(session_id)

    assert queue.wait_idle(PATIENCE)
    assert work.order == ["document_discovery", "requirement_mapping"]


def test_a_session_without_files_has_nothing_to_do(queue: WithWorker, workspace: Workspace, work: StageWork) -> None:
    session_id = new_session(workspace)

    record = queue.advance(session_id, "report_generation")

    assert record.advance_to == "report_generation"
    assert work.order == []


def test_progress_is_told_while_a_stage_runs(queue: WithWorker, workspace: Workspace, tmp_path: Path) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")
    heard: list[News] = []

    queue.advance(session_id, "document_discovery", on_event=heard.append)

    assert ("halfway", 1, 2) in [(n.message, n.done, n.total) for n in heard if n.kind == "progress"]
    assert [n.stage for n in heard if n.kind == "stage_done"] == ["document_discovery"]


def test_a_listener_that_fails_stops_no_work(
    queue: WithWorker, workspace: Workspace, work: StageWork, tmp_path: Path
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")

    def broken(_news: News) -> None:
        raise RuntimeError("a progress bar broke")

    with queue.listening(broken):
        queue.advance(session_id, "report_generation")

    assert len(work.order) == len(order.ORDER)


def test_asking_for_the_same_work_many_times_queues_it_once(
    queue: WithWorker, workspace: Workspace, work: StageWork, tmp_path: Path
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")
    others = [session_with_a_file(workspace, tmp_path / str(n), f"Farm {n}") for n in range(2)]
    go_on = threading.Event()
    work.during = lambda _session_id, _key: assert_set(go_on)
    for other in others:  # both threads of the worker are taken
        queue.advance(other, "document_discovery", wait=False)
    for _ in range(10):
        queue.advance(session_id, "document_discovery", wait=False)

    queued = queue.underway.of(session_id)
    go_on.set()

    assert queued == 1
    assert queue.wait_idle(PATIENCE)


def test_a_message_is_counted_before_anybody_can_see_it(workspace: Workspace) -> None:
    queue = Embedded(workspace)  # without its worker running
    broker = queue._dispatch.broker
    seen: list[int] = []
    put = broker.queues[QUEUE].put

    def looking(message: bytes) -> None:
        seen.append(queue.underway.of("session-x"))
        put(message)

    broker.queues[QUEUE].put = looking

    broker.get_actor("discover_documents").send("session-x")

    assert seen == [1]


def test_an_interrupted_command_does_not_wait_for_the_work_to_end(
    open_queue: OpenQueue, workspace: Workspace, work: StageWork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "INTERRUPTED_SECONDS", 0.2)
    session_id = session_with_a_file(workspace, tmp_path / "a")
    begun, go_on = threading.Event(), threading.Event()

    def hold(_session_id: str, _key: str) -> None:
        begun.set()
        assert_set(go_on)

    work.during = hold
    queue = open_queue(workspace).__enter__()
    queue.advance(session_id, "document_discovery", wait=False)
    assert begun.wait(PATIENCE)

    ended = time.monotonic()
    queue.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)

    assert time.monotonic() - ended < 5.0
    go_on.set()
    assert queue.wait_idle(PATIENCE)


# --- failures ---------------------------------------------------------------------------------------------------------


def test_a_passing_failure_is_tried_a_few_times_and_then_given_up(
    queue: WithWorker, workspace: Workspace, work: StageWork, tmp_path: Path
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")
    work.fail[session_id, "requirement_mapping"] = OSError("the disk is away")

    with pytest.raises(StageFailed, match="the disk is away"):
        queue.advance(session_id, "report_generation")

    stage = workspace.sessions.read(session_id).stages["requirement_mapping"]
    assert work.computed[session_id, "requirement_mapping"] == freshness.MAX_ATTEMPTS
    assert stage.status == "failed"
    assert stage.error is not None
    assert stage.error.attempts == freshness.MAX_ATTEMPTS
    assert queue.wait_idle(PATIENCE)


@pytest.mark.parametrize("settings", ["redis"], indirect=True)
def test_work_that_is_just_being_sent_again_counts_as_underway(
    workspace: Workspace, work: StageWork, tmp_path: Path
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")
    work.fail[session_id, "requirement_mapping"] = OSError("the disk is away")
    seen: list[int] = []
    with Working(workspace) as queue:
        broker: Any = queue._dispatch.broker
        sends = broker.do_enqueue

        def looks_first(*words: object) -> object:
            seen.append(queue.underway.of(session_id))
            return sends(*words)

        broker.do_enqueue = looks_first

        with pytest.raises(StageFailed):
            queue.advance(session_id, "report_generation")

    assert len(seen) > freshness.MAX_ATTEMPTS  # a try that is sent again is delayed first, and then sent anew
    assert all(seen)


def test_a_failure_that_passes_is_forgotten_when_the_next_try_succeeds(
    queue: WithWorker, workspace: Workspace, work: StageWork, tmp_path: Path
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")
    place = (session_id, "requirement_mapping")
    work.fail[place] = OSError("the disk is away")

    def mend(_session_id: str, _key: str) -> None:
        if work.computed[place] == 2:
            work.fail.pop(place, None)

    work.during = mend

    record = queue.advance(session_id, "report_generation")

    assert work.computed[place] == 2
    assert record.stages["requirement_mapping"].status == "completed"


@pytest.mark.parametrize("error", [UsageError("cannot be"), ChecklistError("a typo"), ValueError("a defect")])
def test_a_lasting_failure_is_not_tried_again(
    queue: WithWorker, workspace: Workspace, work: StageWork, tmp_path: Path, error: Exception
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")
    work.fail[session_id, "evidence_extraction"] = error

    # The words of a defect may quote a document: its kind and place are told in their stead.
    said = "ValueError in " if isinstance(error, ValueError) else str(error)
    with pytest.raises(StageFailed, match=said):
        queue.advance(session_id, "report_generation")

    assert work.computed[session_id, "evidence_extraction"] == 1
    assert work.computed[session_id, "cross_validation"] == 0


def test_a_stage_that_gave_up_runs_again_when_somebody_asks(
    queue: WithWorker, workspace: Workspace, work: StageWork, tmp_path: Path
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")
    work.fail[session_id, "evidence_extraction"] = UsageError("cannot be")
    with pytest.raises(StageFailed):
        queue.advance(session_id, "report_generation")
    work.fail.clear()

    with pytest.raises(StageFailed):
        queue.advance(session_id, "report_generation")  # asking for the goal alone is not asking for a retry
    retry.retry(workspace, session_id, "evidence_extraction", "reviewer")
    record = queue.advance(session_id, "report_generation")

    assert record.stages["report_generation"].status == "completed"


def test_one_session_that_fails_stops_no_other(
    queue: WithWorker, workspace: Workspace, work: StageWork, tmp_path: Path
) -> None:
    bad = session_with_a_file(workspace, tmp_path / "a", "Hill Farm")
    good = session_with_a_file(workspace, tmp_path / "b", "Dale Farm")
    work.fail[bad, "document_discovery"] = ValueError("a defect")

    queue.advance(bad, "report_generation", wait=False)
    queue.advance(good, "report_generation")

    assert workspace.sessions.read(good).stages["report_generation"].status == "completed"


def test_a_session_that_is_deleted_meanwhile_ends_its_messages_quietly(
    queue: WithWorker, workspace: Workspace, work: StageWork, tmp_path: Path
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")
    workspace.sessions.delete(session_id)

    queue._dispatch.broker.get_actor("discover_documents").send(session_id)

    assert queue.wait_idle(PATIENCE)
    assert work.order == []
    assert queue.underway.runs("discover_documents") == 1


def test_a_stage_that_never_ends_is_stopped_and_recorded(
    open_queue: OpenQueue, workspace: Workspace, work: StageWork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "TIME_LIMIT_MS", 100)
    session_id = session_with_a_file(workspace, tmp_path / "a")

    def loop(_session_id: str, _key: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            time.sleep(0.001)

    work.during = loop
    with open_queue(workspace) as queue:
        with pytest.raises(StageFailed, match="was stopped"):
            queue.advance(session_id, "document_discovery")
        sent = queue.sweep()

    error = workspace.sessions.read(session_id).stages["document_discovery"].error
    assert error is not None
    assert error.code == "time_limit"
    assert sent == []  # or it would loop again at every sweep
    assert not workspace.sessions.leased(session_id)


# --- several processes ------------------------------------------------------------------------------------------------


def test_a_leased_session_is_waited_for(
    queue: WithWorker, workspace: Workspace, work: StageWork, tmp_path: Path
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")
    busy = threading.Event()

    def listen(news: News) -> None:
        if news.kind == "busy":
            busy.set()

    with queue.listening(listen):
        with workspace.sessions.lease(session_id, 0):
            queue.advance(session_id, "report_generation", wait=False)
            assert busy.wait(PATIENCE)
            assert work.order == []
        assert queue.wait_idle(PATIENCE)

    assert finished(workspace, session_id) == Counter(dict.fromkeys(order.ORDER, 1))


ADVANCE = """
import sys
from pathlib import Path
from actors.embedded import Embedded, WithWorker
from pipeline.stages import run
from pipeline.settings import load_settings
from pipeline.home.workspace import Workspace
from tests.queue_fixtures import StageWork
import time

run._compute = StageWork()
run._compute.during = lambda session_id, key: time.sleep(0.3)
with Workspace.open(load_settings(home=Path(sys.argv[1])).settings) as ws, Embedded(ws) as queue:
    print("ready", flush=True)
    sys.stdin.readline()
    queue.advance(sys.argv[2], "report_generation")
"""


def test_two_processes_that_advance_one_session_do_its_work_once(workspace: Workspace, tmp_path: Path) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")
    root = Path(__file__).parent.parent
    command = [sys.executable, "-c", ADVANCE, str(workspace.data.parent), session_id]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    processes = [
        subprocess.Popen(  # noqa: S603 - our own interpreter and script
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"

    answers = [process.communicate("go\n", timeout=PATIENCE) for process in processes]

    assert [p.returncode for p in processes] == [0, 0], answers
    assert finished(workspace, session_id) == Counter(dict.fromkeys(order.ORDER, 1))
    workspace.sessions.verify_audit(session_id)


def test_work_that_was_queued_when_the_process_ended_is_not_lost(
    open_queue: OpenQueue, workspace: Workspace, work: StageWork, tmp_path: Path
) -> None:
    ids = [session_with_a_file(workspace, tmp_path / str(n), f"Farm {n}") for n in range(4)]
    begun, go_on = threading.Event(), threading.Event()

    def hold(_session_id: str, _key: str) -> None:
        begun.set()
        go_on.wait(PATIENCE)

    work.during = hold
    first = open_queue(workspace, drain_seconds=PATIENCE)
    with first:
        for session_id in ids:
            first.advance(session_id, "report_generation", wait=False)
        assert begun.wait(PATIENCE)
        threading.Timer(0.05, go_on.set).start()
    assert not first.idle  # it left with messages in its queue
    first._dispatch.broker.close()  # asking has connected it again

    with open_queue(workspace) as second:
        second.sweep()
        assert second.wait_idle(PATIENCE)

    for session_id in ids:
        assert finished(workspace, session_id) == Counter(dict.fromkeys(order.ORDER, 1))


# --- taking files -----------------------------------------------------------------------------------------------------


def test_fifty_files_are_one_take_and_one_discovery(queue: WithWorker, workspace: Workspace, work: StageWork) -> None:
    session_id = new_session(workspace)
    files = drop(workspace, session_id, {f"maps/{n}.txt": f"map {n}".encode() for n in range(50)})

    queue.take(session_id, files, "requirement_mapping")

    assert queue.wait_idle(PATIENCE)
    assert len(workspace.sessions.read(session_id).documents) == 50
    assert queue.underway.runs("take_files") == 1
    assert queue.underway.runs("read_document") == 50
    assert queue.underway.runs("discover_documents") == 1
    assert work.order == ["document_discovery", "requirement_mapping"]
    assert [p for p in (workspace.inbox / session_id).rglob("*") if p.is_file()] == []


def test_contents_are_read_before_the_discovery_asks_for_them(
    queue: WithWorker, workspace: Workspace, work: StageWork
) -> None:
    session_id = new_session(workspace)
    files = drop(workspace, session_id, {f"{n}.txt": f"text {n}".encode() for n in range(8)})
    cold: list[str] = []

    def look(_session_id: str, _key: str) -> None:
        record = workspace.sessions.read(session_id)
        cold.extend(d.filename for d in record.documents.values() if workspace.reader.cached(d.sha256) is None)

    work.during = look

    queue.take(session_id, files, "document_discovery")

    assert queue.wait_idle(PATIENCE)
    # The other thread of the two may still be at the last one.
    assert len(cold) <= 1


def test_the_same_claim_twice_changes_nothing_the_second_time(
    queue: WithWorker, workspace: Workspace, work: StageWork
) -> None:
    session_id = new_session(workspace)
    files = drop(workspace, session_id, {"plan.txt": b"A plan."})
    queue.take(session_id, files, "document_discovery")
    assert queue.wait_idle(PATIENCE)
    before = workspace.sessions.read(session_id)

    queue.take(session_id, files, "document_discovery")

    assert queue.wait_idle(PATIENCE)
    assert workspace.sessions.read(session_id).documents == before.documents
    assert len(work.order) == 1


def test_what_became_of_each_file_is_told(queue: WithWorker, workspace: Workspace) -> None:
    session_id = new_session(workspace)
    files = drop(workspace, session_id, {"a.txt": b"same", "b.txt": b"same", "empty.pdf": b""})
    heard: list[News] = []

    with queue.listening(heard.append):
        queue.take(session_id, files, "document_discovery")
        assert queue.wait_idle(PATIENCE)

    (taken,) = [n.result for n in heard if n.kind == "taken"]
    assert taken is not None
    assert sorted(f.outcome for f in taken.files) == ["added", "duplicate", "refused"]
    assert (workspace.inbox / ".quarantine" / session_id / "empty.pdf").exists()


def test_files_for_a_session_that_is_gone_stay_where_they_are(queue: WithWorker, workspace: Workspace) -> None:
    session_id = new_session(workspace)
    workspace.sessions.delete(session_id)
    files = drop(workspace, session_id, {"plan.txt": b"A plan."})
    heard: list[News] = []

    with queue.listening(heard.append):
        queue.take(session_id, files, "document_discovery")
        assert queue.wait_idle(PATIENCE)

    assert [n.kind for n in heard] == ["not_taken"]
    assert files[0].path.read_bytes() == b"A plan."


def test_a_defect_while_taking_is_told_and_leaves_the_files(
    queue: WithWorker, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = new_session(workspace)
    files = drop(workspace, session_id, {"plan.txt": b"A plan."})
    heard: list[News] = []

    def broken(*_args: object, **_more: object) -> None:
        raise KeyError("a defect")

    monkeypatch.setattr("pipeline.stages.add_documents.take_inbox_files", broken)
    with queue.listening(heard.append):
        queue.take(session_id, files, "document_discovery")
        assert queue.wait_idle(PATIENCE)

    assert [n.kind for n in heard] == ["not_taken"]
    assert files[0].path.exists()


def _fits_a_disk(name: str) -> bool:
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return False
    return name not in (".", "..")


names = st.lists(
    st.text(st.characters(blacklist_characters="/\0", blacklist_categories=()), min_size=1, max_size=20).filter(
        _fits_a_disk
    ),
    min_size=1,
    max_size=3,
)


@given(folder=names, numbers=st.tuples(*[st.integers(0, 2**63 - 1)] * 4))
def test_a_claim_carries_every_name_unchanged(folder: list[str], numbers: tuple[int, int, int, int]) -> None:
    inbox = Path("/home/inbox")
    relative = "/".join(folder)
    file = InboxFile(path=inbox / "session-1" / relative, relative=relative, identity=numbers)

    packed = file_parcel.pack([file], inbox)

    assert packed.encode()  # no lone surrogate is left in it
    assert file_parcel.unpack(packed, inbox) == (file,)


@pytest.mark.parametrize("path", ["/etc/hostname", "../secret.txt", "session-1/../../secret.txt", "linked/secret.txt"])
def test_a_claim_that_leads_out_of_the_inbox_takes_nothing(workspace: Workspace, tmp_path: Path, path: str) -> None:
    # Given somebody else who can write to the broker's server, and knows a file of this machine well
    outside = workspace.inbox.parent / "secret.txt"
    outside.write_text("secret")
    (workspace.inbox / "linked").symlink_to(outside.parent, target_is_directory=True)
    seen = outside.stat()
    identity = (seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)
    forged = json.dumps([[path, "secret.txt", *identity]])
    # When a worker gets such a message
    with pytest.raises(UsageError, match="not in the inbox"):
        file_parcel.unpack(forged, workspace.inbox)
    # Then the file is where it was
    assert outside.read_text() == "secret"


# --- the broker -------------------------------------------------------------------------------------------------------


def with_broker(settings: Settings, broker: str) -> Settings:
    return settings.model_copy(update={"queue": settings.queue.model_copy(update={"broker": broker})})


def test_a_redis_broker_connects_when_it_is_used_and_looks_for_the_dead_each_time(workspace: Workspace) -> None:
    broker = get_broker(with_broker(workspace.settings, "redis://user:hunter2@queue.example:6379/0"))

    assert broker.heartbeat_timeout == 10_000
    assert broker.maintenance_chance == 1_000_000


def test_two_homes_on_one_server_share_no_messages(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()

    assert queue_name(tmp_path / "a") == queue_name(tmp_path / "a")
    assert queue_name(tmp_path / "a") != queue_name(tmp_path / "b")


def test_an_address_that_cannot_be_used_is_told_without_its_password(workspace: Workspace) -> None:
    with pytest.raises(SettingsError, match=r"queue\.example") as caught:
        get_broker(with_broker(workspace.settings, "redis://user:hunter2@queue.example:port/0"))

    assert "hunter2" not in str(caught.value)


def test_an_unknown_broker_is_a_mistake_in_the_settings(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="embeded"):
        get_broker(with_broker(settings, "embeded"))


def test_two_brokers_share_no_messages(settings: Settings) -> None:
    assert get_broker(settings) is not get_broker(settings)


def test_waiting_for_an_idle_queue_ends_when_the_patience_does(
    queue: WithWorker, workspace: Workspace, work: StageWork, tmp_path: Path
) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "a")
    go_on = threading.Event()
    work.during = lambda _session_id, _key: assert_set(go_on)

    queue.advance(session_id, "document_discovery", wait=False)

    assert not queue.wait_idle(0.05)
    go_on.set()
    assert queue.wait_idle(PATIENCE)


def assert_set(event: threading.Event) -> None:
    assert event.wait(PATIENCE)


def test_the_end_of_a_short_command_is_quick(open_queue: OpenQueue, workspace: Workspace, work: StageWork) -> None:
    begun = time.monotonic()
    with open_queue(workspace):
        pass

    assert time.monotonic() - begun < 2.0
