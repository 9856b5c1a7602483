"""Several real processes on one home: nothing lost, nothing half, whoever dies whenever."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.errors import TryAgain
from pipeline.home.workspace import Workspace
from pipeline.models import ProjectMetadata
from pipeline.settings import load_settings

ELM = ProjectMetadata(project_name="Elm Farm")

OPEN = """
import sys, threading
from datetime import UTC, datetime
from pathlib import Path
from pipeline.models import DocumentRecord, ProjectMetadata
from pipeline.settings import load_settings
from pipeline.home.workspace import Workspace

home, name, session_id, number = sys.argv[1:]
ws = Workspace.open(load_settings(home=Path(home), environ={}).settings)

def add(key):
    with ws.sessions.transaction(session_id, name) as tx:
        tx.put_document(DocumentRecord(document_id=key, sha256=key.encode().hex().rjust(64, "0"), size=1,
            filename=key, path=key, names=(key,), source_id="inbox", source_type="inbox",
            added_at=datetime(2026, 1, 1, tzinfo=UTC)))
        seen = tx.record.vanished.get("count", ("0",))[0]
        tx.update(vanished={"count": (str(int(seen) + 1),)})
        tx.log("added", key=key)

print("ready", flush=True)
"""
ADD_MANY = (
    OPEN
    + """
sys.stdin.readline()
def work(thread):
    for step in range(int(number)):
        add(f"{name}-{thread}-{step}")
threads = [threading.Thread(target=work, args=(t,)) for t in range(2)]
[t.start() for t in threads]; [t.join() for t in threads]
ws.close()
"""
)
ADD_UNTIL_KILLED = (
    OPEN
    + """
for step in range(1_000_000):
    add(f"{name}-{step}")
    print(step, flush=True)
"""
)
CREATE_MANY = (
    OPEN
    + """
ws.sessions._now = lambda: datetime(2026, 1, 31, tzinfo=UTC)
sys.stdin.readline()
for _ in range(int(number)):
    print(ws.sessions.create(ProjectMetadata(project_name=name)).session_id, flush=True)
ws.close()
"""
)
HOLD_A_LEASE = (
    OPEN
    + """
with ws.sessions.lease(session_id, 0), ws.content.lock():
    print("held", flush=True)
    sys.stdin.readline()
"""
)


def start(code: str, home: Path, name: str, session_id: str = "-", number: int = 0) -> subprocess.Popen[str]:
    """A process that runs `code`; returns when it says that it is ready."""
    process = subprocess.Popen(  # noqa: S603 - our own code, above
        [sys.executable, "-c", code, str(home), name, session_id, str(number)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert _line(process) == "ready"
    return process


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def go_together(processes: Sequence[subprocess.Popen[str]]) -> list[str]:
    """Let waiting processes run at once; what each printed, when all have ended well."""
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    printed = [process.communicate(timeout=100)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return printed


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def _open(home: Path) -> Workspace:
    return Workspace.open(load_settings(home=home, environ={}).settings)


def test_two_processes_with_two_threads_each_lose_nothing_of_one_session(home: Path) -> None:
    with _open(home) as ws:
        session_id = ws.sessions.create(ELM).session_id
        go_together([start(ADD_MANY, home, name, session_id, 40) for name in ("p", "q")])
        record = ws.sessions.read(session_id)
        expected = {f"{name}-{thread}-{step}" for name in "pq" for thread in range(2) for step in range(40)}
        assert set(record.documents) == expected
        assert record.vanished["count"] == ("160",)
        assert record.revision == 161
        ws.sessions.verify_audit(session_id)
        assert [e.seq for e in ws.sessions.audit(session_id)] == list(range(1, 162))
        assert ws.catalog.content_of(session_id) == {d.sha256 for d in record.documents.values()}


def test_processes_that_make_sessions_in_the_same_second_get_one_each(home: Path) -> None:
    _open(home).close()
    printed = go_together([start(CREATE_MANY, home, name, number=15) for name in ("p", "q", "r")])
    made = [line for one in printed for line in one.split()]
    assert len(made) == 45
    stem = "session-20260131-000000"
    expected = {stem, *(f"{stem}-{number}" for number in range(2, 46))}
    assert set(made) == expected
    with _open(home) as ws:
        assert set(ws.sessions.ids()) == expected
        assert {row.session_id for row in ws.catalog.list()} == expected
        assert {one.name for one in ws.inbox.iterdir()} == expected


def test_a_process_killed_while_it_writes_leaves_a_readable_session_and_loses_no_finished_write(home: Path) -> None:
    chance = random.Random(7)  # noqa: S311 - moments to kill at, no secrets
    with _open(home) as ws:
        session_id = ws.sessions.create(ELM).session_id
        finished: set[str] = set()
        for life in range(8):
            name = f"life{life}"
            with start(ADD_UNTIL_KILLED, home, name, session_id) as process:
                for _ in range(chance.randrange(3, 12)):
                    finished.add(f"{name}-{_line(process)}")
                # A few more writes are under way; the kill falls somewhere into one of them.
                end = time.monotonic() + chance.random() * 0.01
                while time.monotonic() < end:
                    pass
                process.send_signal(signal.SIGKILL)
                assert process.stdout
                finished |= {f"{name}-{line.strip()}" for line in process.stdout if line.endswith("\n")}
            # Readable at once, by somebody who takes the dead process's lock over
            record = ws.sessions.read(session_id)
            assert finished <= set(record.documents)
            assert record.vanished["count"] == (str(len(record.documents)),)
            with ws.sessions.transaction(session_id, "next") as tx:
                tx.log("took over")
            ws.sessions.verify_audit(session_id)
            assert ws.catalog.content_of(session_id) == {d.sha256 for d in record.documents.values()}
    json.loads((home / "data/sessions" / session_id / "session.json").read_bytes())


def test_a_reader_without_a_lock_never_sees_half_of_a_commit(home: Path) -> None:
    with _open(home) as ws:
        session_id = ws.sessions.create(ELM).session_id
        with start(ADD_UNTIL_KILLED, home, "writer", session_id) as process:
            revisions = set()
            end = time.monotonic() + 30
            # Each commit adds one document and counts it in another table: both or neither.
            while len(revisions) < 60 and time.monotonic() < end:
                record = ws.sessions.read(session_id)
                assert len(record.documents) == record.revision - 1 == int(record.vanished.get("count", ("0",))[0])
                revisions.add(record.revision)
            process.kill()
        assert len(revisions) == 60


def test_a_lease_and_the_content_lock_die_with_their_process(home: Path) -> None:
    with _open(home) as ws:
        session_id = ws.sessions.create(ELM).session_id
        with start(HOLD_A_LEASE, home, "holder", session_id) as process:
            assert _line(process) == "held"
            assert ws.sessions.leased(session_id)
            with pytest.raises(TryAgain), ws.sessions.lease(session_id, 0):
                pass
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert not ws.sessions.leased(session_id)
        with ws.content.lock(), ws.sessions.lease(session_id, 0):
            pass
