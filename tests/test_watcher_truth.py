"""Whatever happens to names and events in the inbox: nothing is missed, nothing is taken twice or half."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import unicodedata
from pathlib import Path

import pytest

from pipeline.home.workspace import Workspace
from pipeline.intake.inbox import leaving
from pipeline.intake.inbox.folders import Bindings, Place, folders_of
from pipeline.intake.inbox.looks import look_at
from pipeline.intake.sources import InboxFile
from pipeline.stages.add_documents import take_inbox_files
from pipeline.stages.initialize import create_for_folder
from pipeline.status.session import look_around
from tests.queue_fixtures import PATIENCE, StageWork, drop, new_session, until
from tests.test_inbox_follow import Scene
from tests.test_watcher import process, running, settings, work  # noqa: F401 - fixtures

SETTLE = 0.4  # of the settings that these tests have from the watcher's own
COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "Près d'Été") for form in ("NFC", "NFD"))


@pytest.fixture
def session(workspace: Workspace) -> str:
    return new_session(workspace)


@pytest.fixture
def scene(workspace: Workspace) -> Scene:
    return Scene(workspace)


def contents(ws: Workspace, session_id: str) -> dict[str, bytes]:
    """The documents of a session by path, with their bytes."""
    found = ws.sessions.read(session_id).documents.values()
    return {document.path: ws.content.path(document.sha256).read_bytes() for document in found}


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


# --- events that are lost ---------------------------------------------------------------------------------------------


def test_a_kernel_queue_that_overflows_while_the_watcher_is_held_up_loses_no_file(
    workspace: Workspace, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a watcher that scans only when it must, and is held up
    monkeypatch.setenv("REGISTRY_REVIEW_INBOX_RESCAN_SECONDS", "3600")
    room = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    texts = {f"{n:03}.txt": f"text {n}".encode() for n in range(120)}
    with process(workspace.data.parent) as watch:
        until(lambda: look_around(workspace).watcher_mode == "events", "events come")
        watch.send_signal(signal.SIGSTOP)

        # When more happens than the kernel notes: files are dropped, and one is opened again and again before the last
        for name, text in list(texts.items())[:60]:
            (workspace.inbox / session / name).write_bytes(text)
        noise = workspace.inbox / session / "000.txt"
        for _ in range(room // 2 + 1):  # opened, closed: two events, never the same one twice in a row
            os.close(os.open(noise, os.O_RDONLY))
        for name, text in list(texts.items())[60:]:
            (workspace.inbox / session / name).write_bytes(text)
        watch.send_signal(signal.SIGCONT)

        # Then every file is taken, those of the lost events too, once
        until(lambda: len(workspace.sessions.read(session).documents) == len(texts), "all are taken", 2 * PATIENCE)
        until(lambda: files_in(workspace.inbox / session) == [], "the inbox is empty")
    assert contents(workspace, session) == texts


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # the death that is caused here
def test_the_reader_of_the_systems_events_that_dies_alone_is_replaced_and_misses_nothing(
    workspace: Workspace,
    session: str,
    work: StageWork,  # noqa: F811 - the fixture
) -> None:
    with running(workspace) as watch:
        # Given that the thread that reads from the kernel ends, which nobody is told of
        reader = watch.events._reader
        assert reader is not None
        readers = [reader]
        for thread in readers:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit))

        # When files are dropped before and after it is noticed
        (workspace.inbox / session / "one.txt").write_bytes(b"one")
        until(lambda: not any(thread.is_alive() for thread in readers), "the thread has ended")
        (workspace.inbox / session / "two.txt").write_bytes(b"two")

        # Then both are taken
        assert watch.until_taken(session, 2) == {"one.txt": 3, "two.txt": 3}
        assert watch.events._reader is not reader


def test_a_root_that_is_deleted_and_made_again_is_watched_again(
    workspace: Workspace,
    session: str,
    work: StageWork,  # noqa: F811 - the fixture
) -> None:
    with running(workspace) as watch:
        for number in range(3):
            shutil.rmtree(workspace.inbox)
            (workspace.inbox / session).mkdir(parents=True, exist_ok=True)
            (workspace.inbox / session / f"{number}.txt").write_bytes(b"text %d" % number)
            watch.until_taken(session, number + 1)
            until(lambda: watch.events.trouble() is None, "events come again")
    assert len(contents(workspace, session)) == 3


# --- many at once -----------------------------------------------------------------------------------------------------


def test_a_tree_of_ten_thousand_files_that_is_moved_in_is_one_batch_of_all_of_them(
    scene: Scene, session: str, tmp_path: Path
) -> None:
    # Given a tree elsewhere on the disk
    tree = tmp_path / "tree"
    for folder in range(100):
        place = tree / f"{folder // 10}" / f"{folder:02}"
        place.mkdir(parents=True)
        for number in range(100):
            (place / f"{number:02}.txt").write_bytes(b"%d" % (100 * folder + number))
    scene.after(1.0)

    # When it is moved in, and only the folder is told of
    tree.rename(scene.ws.inbox / session / "tree")
    scene.events.hints.rescan = True

    # Then it is one batch, each file once
    ((_, taken),) = scene.after(3 * SETTLE, step=0.5)
    assert len(taken) == len(set(taken)) == 10_000
    assert files_in(scene.ws.inbox / session) == []


def test_a_tree_moved_in_under_a_watcher_at_work_is_taken_whole(
    workspace: Workspace,
    session: str,
    work: StageWork,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    tree = tmp_path / "tree"
    for folder in range(20):
        (tree / f"{folder}").mkdir(parents=True)
        for number in range(30):
            (tree / f"{folder}" / f"{number}.txt").write_bytes(b"text %d" % (100 * folder + number))
    with running(workspace) as watch:
        tree.rename(workspace.inbox / session / "tree")
        until(lambda: len(watch.documents(session)) == 600, "all are taken", 2 * PATIENCE)
        until(lambda: files_in(workspace.inbox / session) == [], "the inbox is empty")


# --- names ------------------------------------------------------------------------------------------------------------


def test_hard_links_are_one_content_and_the_link_outside_stays(
    workspace: Workspace, session: str, tmp_path: Path
) -> None:
    # Given one file under two names in the inbox and a third outside
    outside = tmp_path / "original.txt"
    outside.write_bytes(b"one file")
    for name in ("a.txt", "b.txt"):
        (workspace.inbox / session / name).hardlink_to(outside)
    seen = []
    for name in ("a.txt", "b.txt"):
        path = workspace.inbox / session / name
        look = look_at(str(path))
        assert look
        seen.append(InboxFile(path=path, relative=name, identity=look.identity))

    # When they are taken: removing the first changes the others' time of change
    result = take_inbox_files(workspace, session, seen)

    # Then there is one document with two names, both are gone from the inbox, and the original is as it was
    assert sorted(file.outcome for file in result.files) == ["added", "duplicate"]
    assert files_in(workspace.inbox / session) == []
    assert outside.read_bytes() == b"one file"
    leaving.sweep(workspace, rest_seconds=0)
    assert outside.stat().st_nlink == 1


def test_a_file_renamed_over_a_waiting_one_takes_its_place_and_settles_anew(scene: Scene, session: str) -> None:
    scene.put(f"{session}/plan.pdf", b"%PDF-1.7\nfirst\n%%EOF\n")
    scene.after(SETTLE / 2)
    newer = scene.put(f"{session}/.incoming", b"%PDF-1.7\nsecond, and longer\n%%EOF\n")
    newer.rename(scene.ws.inbox / session / "plan.pdf")
    assert scene.after(SETTLE - 0.1) == []

    assert scene.after(SETTLE + 1) == [(session, ["plan.pdf"])]


def test_a_file_renamed_over_one_that_was_handed_over_and_stays_is_something_new(scene: Scene, session: str) -> None:
    scene.queue.removes = False
    scene.put(f"{session}/plan.pdf")
    assert scene.after(SETTLE + 1) == [(session, ["plan.pdf"])]
    scene.put(f"{session}/.incoming").rename(scene.ws.inbox / session / "plan.pdf")  # the same size, another file
    scene.events.hints.rescan = True

    assert scene.after(SETTLE + 1) == [(session, ["plan.pdf"])]
    assert scene.queue.identities[0] != scene.queue.identities[1]


def test_a_name_that_changes_its_case_alone_is_taken_once_under_the_last_one(scene: Scene, session: str) -> None:
    first = scene.put(f"{session}/PLAN.PDF")
    scene.after(SETTLE / 2)
    last = first.with_name("Plan.pdf")
    first.rename(last)
    scene.closed(last)

    assert scene.after(3 * SETTLE) == [(session, ["Plan.pdf"])]


@pytest.mark.parametrize(("first", "second"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_a_project_folder_spelt_in_both_forms_of_unicode_is_one_session(
    workspace: Workspace, first: str, second: str
) -> None:
    bindings = Bindings(workspace, create_for_folder)
    session_id = bindings.session_for(Place("new", first))

    assert bindings.session_for(Place("new", second)) == session_id
    assert Bindings(workspace, create_for_folder).session_for(Place("new", second)) == session_id  # as after a restart
    assert bindings.last(second) == session_id
    record = workspace.sessions.read(session_id)
    assert record.project_metadata.project_name == COMPOSED
    (workspace.inbox / "new" / first).mkdir(parents=True)
    (workspace.inbox / "new" / second).mkdir()
    assert set(folders_of(workspace, record)) == {(session_id,), ("new", first), ("new", second)}


def test_files_in_both_spellings_of_a_project_go_into_one_session_and_none_is_lost(scene: Scene) -> None:
    for name, text in ((COMPOSED, b"one"), (DECOMPOSED, b"two")):
        scene.put(f"new/{name}/{text.decode()}.txt", text)

    taken = scene.after(SETTLE + 1)

    (session_id,) = scene.ws.sessions.ids()
    assert sorted(taken) == [(session_id, ["one.txt"]), (session_id, ["two.txt"])]


def test_two_files_whose_names_differ_by_unicode_form_alone_are_both_kept(workspace: Workspace, session: str) -> None:
    files = drop(workspace, session, {f"{COMPOSED}.txt": b"one", f"{DECOMPOSED}.txt": b"two"})

    take_inbox_files(workspace, session, files)

    assert sorted(contents(workspace, session).values()) == [b"one", b"two"]
    names = {document.filename for document in workspace.sessions.read(session).documents.values()}
    assert names == {f"{COMPOSED}.txt"}


def test_a_name_used_for_new_content_again_and_again_loses_none_that_stood_still(
    workspace: Workspace,
    session: str,
    work: StageWork,  # noqa: F811 - the fixture
) -> None:
    # Given a program that writes the next content under the same name as soon as the one before is gone
    path = workspace.inbox / session / "export.csv"
    with running(workspace) as watch:
        for number in range(4):
            path.write_bytes(b"a;b\n%d;same length\n" % number)
            until(lambda: not path.exists(), "it is taken")
        assert watch.queue.wait_idle(PATIENCE)

    # Then each of them is kept
    kept = {p.read_bytes() for p in (workspace.data / "content").rglob("*") if p.is_file()}
    assert {b"a;b\n%d;same length\n" % number for number in range(4)} <= kept


def test_a_name_that_is_used_again_between_the_copy_and_the_removal_keeps_the_new_file(
    workspace: Workspace, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = drop(workspace, session, {"export.csv": b"first"})
    path, real = files[0].path, workspace.content.put_all

    def replaced(copies: object) -> None:
        real(copies)  # type: ignore[arg-type]  # whatever is filed is handed on
        path.with_name("next").write_bytes(b"other")  # as long as the one before, within the same second
        path.with_name("next").rename(path)

    monkeypatch.setattr(workspace.content, "put_all", replaced)
    take_inbox_files(workspace, session, files)

    assert path.read_bytes() == b"other"
    assert contents(workspace, session) == {"export.csv": b"first"}
