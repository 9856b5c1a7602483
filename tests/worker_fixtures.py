"""The program's worker processes and commands as a test starts them, on a home whose settings name a real server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.home.presence import workers_running
from pipeline.home.workspace import Workspace
from pipeline.workflow import freshness, order
from tests.queue_fixtures import until
from tests.redis_server import PASSWORD

ROOT = Path(__file__).parent.parent
HEARTBEAT = 2.0
#: What a worker process does at its first stage when a test says so: it hangs, so that it can be killed there. The
#: first process that gets there leaves word of its id.
HANG = """
import os, time
from pathlib import Path
from pipeline.stages import run
real, place = run._compute, Path(os.environ["HANG_AT"])

def once(ws, session_id, key, tell):
    try:
        descriptor = os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError:
        return real(ws, session_id, key, tell)
    with os.fdopen(descriptor, "w") as file:
        file.write(str(os.getpid()))
    time.sleep(600)

run._compute = once
"""


def environment(ws: Workspace, **more: object) -> dict[str, str]:
    queue = ws.settings.queue
    told = {f"REGISTRY_REVIEW_QUEUE_{name}".upper(): value for name, value in queue.model_dump(mode="json").items()}
    return {**os.environ, **{name: str(value) for name, value in (told | more).items()}}


def command(ws: Workspace, *words: object) -> list[str]:
    return [sys.executable, str(ROOT / "cli.py"), "--home", str(ws.data.parent), *map(str, words)]


def typed(ws: Workspace, *words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(  # noqa: S603 - our own program
        command(ws, *words), env=environment(ws), capture_output=True, text=True, timeout=90, check=False
    )
    assert PASSWORD not in done.stdout + done.stderr
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done


@contextmanager
def workers(ws: Workspace, processes: int = 2, **more: object) -> Iterator[subprocess.Popen[str]]:
    supervisor = subprocess.Popen(  # noqa: S603 - our own program
        command(ws, "worker", "--processes", processes),
        env=environment(ws, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: workers_running(ws.data) == processes or supervisor.poll() is not None, "the workers are there")
        assert supervisor.poll() is None, supervisor.communicate()
        yield supervisor
    finally:
        if supervisor.poll() is None:
            supervisor.terminate()
        try:
            supervisor.communicate(timeout=60)
        finally:
            supervisor.kill()


def children_of(supervisor: subprocess.Popen[str]) -> set[int]:
    listed = Path(f"/proc/{supervisor.pid}/task/{supervisor.pid}/children").read_text(encoding="ascii")
    return set(map(int, listed.split()))


def is_done(ws: Workspace, session_id: str, to: str = "report") -> bool:
    record = ws.sessions.read(session_id)
    goal = order.VERBS[to]
    stage = record.stages.get(goal)
    return stage is not None and stage.status == "completed" and freshness.due(ws, record, goal) is None


def finished(ws: Workspace, session_id: str) -> Counter[str]:
    return Counter(e.details["stage"] for e in ws.sessions.audit(session_id) if e.action == "stage_finished")


def handed_over(ws: Workspace, ids: list[str]) -> bool:
    return all(ws.sessions.read(session_id).advance_to == "report_generation" for session_id in ids)


def hanging(folder: Path) -> dict[str, object]:
    """Variables with which the first stage of the first worker process hangs; it leaves its id at HANG_AT."""
    place = folder / "hang"
    place.mkdir()
    (place / "sitecustomize.py").write_text(HANG)
    return {"PYTHONPATH": place, "HANG_AT": folder / "hangs"}
