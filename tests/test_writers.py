"""Who has a file open for writing, with real files held by real processes; then what was taken and is written to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.home import quarantine
from pipeline.home.workspace import Workspace
from pipeline.intake.inbox import leaving
from pipeline.intake.inbox.looks import look_at
from pipeline.intake.sources import InboxFile
from pipeline.intake.writers import Writers, lease_says, leases_tell
from pipeline.stages.add_documents import take_inbox_files
from tests.queue_fixtures import new_session

#: Does with its file what its standard input says, and answers each line when it is done.
WRITER = """
import mmap, os, sys
path, mode, mapped = sys.argv[1], sys.argv[2], None
file = open(path, mode)
for line in sys.stdin:
    what = line.rstrip("\\n")
    if what.startswith("write "):
        file.write(what[6:].encode()); file.flush()
    elif what == "map":
        mapped = mmap.mmap(file.fileno(), 0)
    elif what == "close":
        file.close()
    elif what == "unmap":
        mapped.close()
    elif what == "reopen":
        file = open(path, mode)
    print("done", flush=True)
"""


@contextmanager
def writer(path: Path, mode: str = "ab") -> Iterator[Callable[[str], None]]:
    """A process that holds `path` open and does as it is told."""
    with subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-c", WRITER, os.fspath(path), mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as held:
        assert held.stdin
        assert held.stdout

        def tell(what: str) -> None:
            assert held.stdin
            assert held.stdout
            held.stdin.write(f"{what}\n")
            held.stdin.flush()
            assert held.stdout.readline() == "done\n"

        tell("")
        yield tell
        held.stdin.close()


@pytest.fixture
def session(workspace: Workspace) -> str:
    return new_session(workspace)


def settled(ws: Workspace, session_id: str, name: str, content: bytes) -> InboxFile:
    path = ws.inbox / session_id / name
    path.write_bytes(content)
    look = look_at(str(path))
    assert look
    return InboxFile(path=path, relative=name, identity=look.identity)


def documents(ws: Workspace, session_id: str) -> dict[bytes, bool]:
    """Each content of the session, and whether another superseded it."""
    found = ws.sessions.read(session_id).documents.values()
    return {ws.content.path(d.sha256).read_bytes(): d.superseded_by is not None for d in found}


def lying_in(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


# --- asking -----------------------------------------------------------------------------------------------------------


def test_a_file_is_written_while_another_process_has_it_open_or_mapped_and_not_after(tmp_path: Path) -> None:
    path, writers = tmp_path / "held.txt", Writers(lambda: 0.0)
    path.write_bytes(b"begun")
    assert writers.of(path) is False
    with writer(path, "r+b") as tell:
        assert writers.of(path) is True
        tell("map")
        tell("close")
        assert writers.of(path) is True
        tell("unmap")
        assert writers.of(path) is False


def test_a_reader_is_no_writer(tmp_path: Path) -> None:
    path = tmp_path / "read.txt"
    path.write_bytes(b"text")
    with writer(path, "rb"):
        assert Writers(lambda: 0.0).of(path) is False


def test_asking_neither_ends_this_process_nor_fails_the_writer_that_opens_meanwhile(tmp_path: Path) -> None:
    """Two processes, one asking all the time, one opening for writing all the time: both live, nothing is lost."""
    path = tmp_path / "busy.txt"
    path.write_bytes(b"")
    asking = "import sys, pathlib\nfrom pipeline.intake.writers import Writers\nw = Writers(lambda: 0.0)\n"
    asking += "for _ in range(4000): w.of(pathlib.Path(sys.argv[1]))\nprint('asked')"
    opening = "import sys\nfor _ in range(2000):\n    with open(sys.argv[1], 'ab') as f: f.write(b'x')\n"
    opening += "print('written')"
    both = [
        subprocess.Popen([sys.executable, "-c", code, os.fspath(path)], stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
        for code in (asking, opening)
    ]
    assert [one.communicate()[0] for one in both] == ["asked\n", "written\n"]
    assert [one.returncode for one in both] == [0, 0]
    assert path.stat().st_size == 2000


def test_where_leases_are_refused_what_proc_shows_is_believed_when_it_shows_all(tmp_path: Path) -> None:
    path = tmp_path / "held.txt"
    path.write_bytes(b"begun")
    asked: list[float] = [0.0]
    writers = Writers(lambda: asked[0], lease=lambda _descriptor: None)
    with writer(path):
        assert writers.of(path) is True
    asked[0] += 60.0
    assert writers.of(path) in ((False,) if os.geteuid() == 0 else (False, None))


def test_a_process_that_cannot_be_looked_at_leaves_the_question_open(tmp_path: Path) -> None:
    path, proc = tmp_path / "held.txt", tmp_path / "proc"
    path.write_bytes(b"begun")
    proc.mkdir()
    assert Writers(lambda: 0.0, lease=lambda _descriptor: None, proc=proc).of(path) is None


def test_on_a_network_file_system_a_lease_proves_nothing(tmp_path: Path) -> None:
    path, mounts = tmp_path / "share.txt", tmp_path / "mountinfo"
    path.write_bytes(b"begun")
    mounts.write_text(f"36 35 98:0 / {tmp_path} rw - nfs4 server:/share rw\n")
    writers = Writers(lambda: 0.0, mountinfo=mounts)

    assert writers.of(path) is None
    with writer(path):
        assert Writers(lambda: 0.0, mountinfo=mounts).of(path) is True  # of this machine, at least


def test_a_folder_is_tried_before_it_is_said_that_leases_tell_there(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        assert lease_says(descriptor) is None  # no regular file
    finally:
        os.close(descriptor)
    assert leases_tell(tmp_path)
    assert list(tmp_path.iterdir()) == []


# --- taking -----------------------------------------------------------------------------------------------------------


def test_a_settled_file_that_is_open_for_writing_again_is_left_and_told(workspace: Workspace, session: str) -> None:
    file = settled(workspace, session, "notes.txt", b"first half, ")
    with writer(file.path) as tell:
        result = take_inbox_files(workspace, session, [file])
        tell("write second half")

    assert [one.outcome for one in result.files] == ["refused"]
    assert "still being written" in str(result.files[0].reason)
    assert documents(workspace, session) == {}
    assert lying_in(workspace.inbox / session) == {"notes.txt": b"first half, second half"}
    assert not workspace.quarantine.exists()


def test_a_file_that_is_opened_for_writing_while_it_is_copied_is_left_whole(
    workspace: Workspace, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [settled(workspace, session, name, name.encode()) for name in ("a.txt", "b.txt")]
    real, opened = workspace.content.stage, []

    def stage(*args: object, **options: object) -> object:
        copy = real(*args, **options)  # type: ignore[arg-type]  # handed on
        if not opened:
            opened.append(files[0].path.open("ab"))  # the lease cares about the file, not about who holds it
        return copy

    monkeypatch.setattr(workspace.content, "stage", stage)
    result = take_inbox_files(workspace, session, files)
    opened[0].close()

    assert sorted(one.outcome for one in result.files) == ["added", "refused"]
    assert documents(workspace, session) == {b"b.txt": False}
    assert lying_in(workspace.inbox / session) == {"a.txt": b"a.txt"}


def test_what_a_writer_adds_to_a_file_after_it_was_taken_becomes_a_new_version(
    workspace: Workspace, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a file that is opened for writing in the very moment in which it leaves the inbox
    file = settled(workspace, session, "notes.txt", b"first half, ")
    late: list[int] = []
    real = Path.rename

    def rename(path: Path, target: Path) -> Path:
        if path == file.path:
            late.append(os.open(path, os.O_WRONLY | os.O_APPEND))
        return real(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    take_inbox_files(workspace, session, [file])
    monkeypatch.undo()
    assert lying_in(workspace.inbox / session) == {}

    # When it is swept while its writer goes on, nothing goes; once that has closed it, it comes back
    assert leaving.sweep(workspace, 0) == [f"{session}/notes.txt"]
    os.write(late[0], b"second half")
    assert leaving.sweep(workspace, 0) == [f"{session}/notes.txt"]
    os.close(late[0])
    assert leaving.sweep(workspace, 0) == []
    assert lying_in(workspace.inbox / session) == {"notes.txt": b"first half, second half"}

    # Then it is taken again, as a newer version of the same document
    look = look_at(str(file.path))
    assert look
    again = InboxFile(path=file.path, relative=file.relative, identity=look.identity)
    assert take_inbox_files(workspace, session, [again]).files[0].outcome == "new_version"
    assert documents(workspace, session) == {b"first half, ": True, b"first half, second half": False}
    leaving.sweep(workspace, 0)
    assert not (workspace.inbox / leaving.FOLDER).exists()


def test_what_comes_back_takes_nobodys_name(workspace: Workspace, session: str) -> None:
    file = settled(workspace, session, "notes.txt", b"first half, ")
    take_inbox_files(workspace, session, [file])
    (rested,) = (workspace.inbox / leaving.FOLDER).rglob(".0")
    rested.write_bytes(b"first half, and more")
    file.path.write_bytes(b"something else under the same name")

    leaving.sweep(workspace, 0)

    assert lying_in(workspace.inbox / session) == {
        "notes.txt": b"something else under the same name",
        "notes (2).txt": b"first half, and more",
    }


def test_nothing_is_put_back_outside_the_inbox_whatever_is_written_down(workspace: Workspace, session: str) -> None:
    file = settled(workspace, session, "notes.txt", b"text")
    take_inbox_files(workspace, session, [file])
    (about,) = (workspace.inbox / leaving.FOLDER).rglob("about.json")
    (rested,) = (workspace.inbox / leaving.FOLDER).rglob(".0")
    rested.write_bytes(b"changed")
    for path in (b"../../elsewhere.txt", b"/tmp/elsewhere.txt", b"", b"a\0b"):
        about.write_text(json.dumps({"files": {".0": {"path": path.hex(), "sha256": ["x"]}}}))
        leaving.sweep(workspace, 0)
        assert rested.read_bytes() == b"changed"


def test_what_has_not_rested_stays_and_a_killed_sweep_is_finished_by_the_next(
    workspace: Workspace, session: str
) -> None:
    files = [settled(workspace, session, f"{n}.txt", b"%d" % n) for n in range(3)]
    take_inbox_files(workspace, session, files)
    (rest,) = (workspace.inbox / leaving.FOLDER).iterdir()
    os.utime(rest, (workspace.now().timestamp(),) * 2)
    leaving.sweep(workspace)
    assert len([p for p in (workspace.inbox / leaving.FOLDER).rglob(".*") if p.is_file()]) == 3
    next((workspace.inbox / leaving.FOLDER).rglob(".1")).unlink()

    leaving.sweep(workspace, 0)

    assert not (workspace.inbox / leaving.FOLDER).exists()
    assert sorted(documents(workspace, session)) == [b"0", b"1", b"2"]


def test_a_refused_file_that_is_open_for_writing_is_not_put_aside(
    workspace: Workspace, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = settled(workspace, session, "empty.txt", b"")
    moved: list[str] = []
    monkeypatch.setattr(quarantine, "move_in", lambda *_args: moved.append("moved"))
    with writer(file.path):
        take_inbox_files(workspace, session, [file])
    assert moved == []

    take_inbox_files(workspace, session, [file])
    assert moved == ["moved"]
