"""SIGTERM ends the program whatever it is at, also while code that is not ours holds the interpreter."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import pytest

from pipeline.home.presence import workers_running
from pipeline.home.workspace import Workspace
from pipeline.reading.process import ReadingProcess
from pipeline.settings import Settings
from tests.held import GRACE_SECONDS
from tests.queue_fixtures import new_session, session_with_a_file, until
from tests.redis_server import Server

ROOT = Path(__file__).resolve().parent.parent
#: What is promised is ten seconds, told by hand in docs/reliability.md; a busy machine gets more here.
PATIENCE = 60.0


@contextmanager
def program(*words: object, script: str = "tests.held", **how: object) -> Iterator[subprocess.Popen[str]]:
    """The program in a process of its own, with a stage that holds the interpreter."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "REGISTRY_REVIEW_INBOX_SETTLE_SECONDS": "0.2"}
    started = subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-m", script, *map(str, words)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment | how.pop("env", {}),  # type: ignore[operator]
        **how,  # type: ignore[call-overload]
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


def children(pid: int) -> list[int]:
    """Processes that this one started, as far as they live."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(one) for one in task.read_text().split()]
    return found


def lives(pid: int) -> bool:
    """False for a process that has ended, whether or not anybody has asked how."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def held(ws: Workspace, session_id: str) -> bool:
    return (ws.data / f"held-{session_id}").exists()


def ends_hard(started: subprocess.Popen[str]) -> None:
    """It ends on SIGTERM, is killed since it could not end itself, says so, and leaves no process behind."""
    with_it = children(started.pid)
    assert with_it
    started.send_signal(signal.SIGTERM)
    _, said = started.communicate(timeout=PATIENCE)

    assert started.returncode == -signal.SIGKILL, said
    assert f"did not end within {GRACE_SECONDS:g} s" in said
    until(lambda: not any(map(lives, with_it)), "its children have ended", PATIENCE)


def test_the_watcher_ends_while_a_stage_holds_the_interpreter_and_the_next_one_goes_on(workspace: Workspace) -> None:
    session_id = new_session(workspace)
    (workspace.inbox / session_id / "plan.txt").write_text("A plan.")
    with program("--home", workspace.data.parent, "watch") as watch:
        until(lambda: held(workspace, session_id), "the stage has begun", PATIENCE)
        ends_hard(watch)

    with program("--home", workspace.data.parent, "discover", session_id, script="cli") as again:
        _, said = again.communicate(timeout=PATIENCE)
    assert again.returncode == 0, said
    assert [d.filename for d in workspace.sessions.read(session_id).documents.values()] == ["plan.txt"]
    workspace.sessions.verify_audit(session_id)


def test_the_server_ends_while_a_stage_holds_the_interpreter(workspace: Workspace, tmp_path: Path) -> None:
    session_id = session_with_a_file(workspace, tmp_path / "farm")
    with program("--home", workspace.data.parent, "serve", "--port", "0") as server:
        assert server.stderr is not None
        said = next(line for line in iter(server.stderr.readline, "") if "Serving" in line)
        address = said.partition(" at ")[2].partition(";")[0]

        def ask() -> None:
            with suppress(httpx2.HTTPError):
                httpx2.post(f"{address}/sessions/{session_id}/discover?wait=1", timeout=1)

        threading.Thread(target=ask, daemon=True).start()
        until(lambda: held(workspace, session_id), "the stage has begun", PATIENCE)
        ends_hard(server)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_worker_that_holds_the_interpreter_ends_when_its_supervisor_is_told_to_or_killed(
    tmp_path: Path, settings: Settings, redis_server: Server, number: signal.Signals
) -> None:
    redis = redis_server
    queue = settings.queue.model_copy(update={"broker": redis.url, "sweep_seconds": 0.5})
    with Workspace.open(settings.model_copy(update={"queue": queue})) as ws:
        session_id = session_with_a_file(ws, tmp_path / "farm")
        told = {"REGISTRY_REVIEW_QUEUE_BROKER": redis.url, "REGISTRY_REVIEW_QUEUE_SWEEP_SECONDS": "0.5"}
        with program("--home", ws.data.parent, "worker", "--processes", 1, env=told) as supervisor:
            until(lambda: workers_running(ws.data) == 1, "a worker is at work", PATIENCE)
            with program("--home", ws.data.parent, "discover", session_id, "--no-wait", script="cli", env=told) as ask:
                assert ask.wait(PATIENCE) == 0
            until(lambda: held(ws, session_id), "the stage has begun", PATIENCE)
            workers = children(supervisor.pid)
            with_them = [*workers, *(child for worker in workers for child in children(worker))]
            supervisor.send_signal(number)
            assert supervisor.wait(PATIENCE) == (0 if number == signal.SIGTERM else -number)
            until(lambda: not any(map(lives, with_them)), "the worker and what it started have ended", PATIENCE)
    assert len(with_them) >= 2


# --- the parts --------------------------------------------------------------------------------------------------------

#: A reading process, and then code that never lets another thread have the interpreter.
BUSY = """
import json, re, sys
from pipeline.store.lifeline import tie
tie(json.loads(sys.argv[1])["lifeline"])
print(json.dumps({"ready": True}), flush=True)
re.match(r"(?:a+)+$", "a" * 64 + "b")
"""
#: A program with such a process, which is then killed.
PARENT = """
import sys
from pipeline.reading import process
began = process.subprocess.Popen
process.subprocess.Popen = lambda words, **how: began([words[0], "-c", sys.argv[1], words[-1]], **how)
child = process.ReadingProcess({})
print(child.pid, flush=True)
sys.stdin.read()
"""


def test_a_reading_process_ends_with_its_program_while_it_holds_its_own_interpreter() -> None:
    parent = subprocess.Popen(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", PARENT, BUSY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert lives(child)
        parent.kill()
        parent.wait()
        until(lambda: not lives(child), "the reading process has ended", PATIENCE)
    finally:
        parent.kill()
        parent.communicate()


def test_a_reading_process_that_is_closed_leaves_no_pipe_open(settings: Settings) -> None:
    def opened() -> set[str]:
        return {path.name for path in Path("/proc/self/fd").iterdir()}

    before = opened()
    ReadingProcess(json.loads(settings.reading.model_dump_json())).close()
    assert opened() <= before


def guard(ward: int, told: bytes) -> subprocess.CompletedProcess[str]:
    """A guard over some process, told of signals and then left alone."""
    command = [sys.executable, "-I", "-S", str(ROOT / "actors" / "guard.py"), str(ward), "0.1"]
    return subprocess.run(command, input=told.decode(), capture_output=True, text=True, timeout=PATIENCE, check=False)  # noqa: S603 - ours


@pytest.mark.parametrize("told", [b"", bytes([signal.SIGCHLD, signal.SIGWINCH])])
def test_a_guard_ends_with_its_program_and_minds_no_other_signal(told: bytes) -> None:
    done = guard(os.getpid(), told)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_guard_that_has_outlived_its_program_kills_nobody() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        source, sink = os.pipe()
        command = [sys.executable, "-I", "-S", str(ROOT / "actors" / "guard.py"), str(stranger.pid), "0.1"]
        with subprocess.Popen(command, stdin=source, stderr=subprocess.PIPE) as watching:  # noqa: S603 - ours
            os.write(sink, bytes([signal.SIGTERM]))
            assert watching.wait(PATIENCE) == 0
        assert stranger.poll() is None
        os.close(sink)
        os.close(source)
        stranger.communicate(b"\n")
        assert stranger.returncode == 0
