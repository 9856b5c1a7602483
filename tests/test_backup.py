"""A backup is made while the home is at work, is whole or not there, and gives the same home back."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Clock

from pipeline.errors import ReviewError, TryAgain, UsageError
from pipeline.home.presence import watching, working
from pipeline.home.workspace import Workspace
from pipeline.settings import Settings, load_settings
from pipeline.stages.add_documents import add_documents
from pipeline.stages.initialize import create_session
from pipeline.stages.remove import delete_session, remove_document
from pipeline.store.content import ContentStore
from pipeline.upkeep.backup import MANIFEST, back_up
from pipeline.upkeep.check_up import Patient
from pipeline.upkeep.deep import DeepFinding, examine_deep, look_deep
from pipeline.upkeep.restore import restore


def upload(**files: str) -> dict[str, object]:
    import base64

    rows = [
        {"filename": name, "content_base64": base64.b64encode(text.encode()).decode()} for name, text in files.items()
    ]
    return {"type": "upload", "files": rows}


@pytest.fixture
def filled(workspace: Workspace) -> Workspace:
    """Two sessions that share a document, one with a file in the quarantine, one file that waits in the inbox."""
    one = create_session(workspace, "Meadow Farm").session_id
    two = create_session(workspace, "Hill Farm").session_id
    add_documents(workspace, one, upload(plan="A plan.\n", letter="A letter.\n"))
    add_documents(workspace, two, upload(letter="A letter.\n"), check_duplicates=False)
    waiting = workspace.inbox / one / "later" / "map.txt"
    waiting.parent.mkdir(parents=True)
    waiting.write_text("A map that waits.\n")
    os.utime(waiting, (workspace.now().timestamp() - 60,) * 2)
    refused = workspace.quarantine / two / "odd.txt"
    refused.parent.mkdir(parents=True)
    refused.write_text("odd")
    refused.with_name("odd.txt.reason.json").write_text('{"reason": "It is odd."}')
    return workspace


@pytest.fixture
def elsewhere(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path / "elsewhere", environ={}).settings


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder / "home.tar"


def troubles(found: tuple[DeepFinding, ...]) -> list[str]:
    return [f"{one.check_id}: {one.message}" for one in found if one.outcome != "ok"]


def truth(ws: Workspace) -> dict[str, object]:
    """All that matters of a home."""
    files = {}
    for root in (ws.data / "sessions", ws.data / "content", ws.inbox):
        for path in root.rglob("*"):
            if path.is_file() and path.suffix not in (".lock", ".tmp"):
                files[path.relative_to(root.parent).as_posix()] = path.read_bytes()
    return files


# --- what comes back --------------------------------------------------------------------------------------------------


def test_a_home_comes_back_as_it_was_and_nothing_in_it_is_amiss(
    filled: Workspace, elsewhere: Settings, target: Path, clock: Clock
) -> None:
    made = back_up(filled, target)
    assert (made.path, made.sessions, made.contents, made.left_out) == (target, 2, 2, ())
    put_back = restore(elsewhere, target, clock())
    assert (put_back.sessions, put_back.contents, put_back.inbox_files, put_back.aside) == (2, 2, 3, None)
    with Workspace.open(elsewhere, now=clock) as again:
        assert truth(again) == truth(filled)
        assert [row.session_id for row in again.catalog.list()] == [row.session_id for row in filled.catalog.list()]
        assert troubles(examine_deep(again)) == []


def test_the_whole_doctor_finds_nothing_in_a_restored_home(
    filled: Workspace, elsewhere: Settings, target: Path, clock: Clock
) -> None:
    back_up(filled, target)
    restore(elsewhere, target, clock())
    assert [f.message for f in look_deep(Patient(elsewhere, now=clock)) if f.outcome == "fail"] == []


def test_the_same_home_gives_the_same_bytes_and_so_does_the_restored_one(
    filled: Workspace, elsewhere: Settings, target: Path, clock: Clock
) -> None:
    back_up(filled, target)
    second = target.with_name("second.tar")
    back_up(filled, second)
    assert second.read_bytes() == target.read_bytes()
    restore(elsewhere, target, clock())
    with Workspace.open(elsewhere, now=clock) as again:
        back_up(again, second)
    assert second.read_bytes() == target.read_bytes()


def test_a_backup_is_private_and_a_folder_gets_a_file_named_by_the_time(filled: Workspace, target: Path) -> None:
    made = back_up(filled, target.parent)
    assert made.path.name == "registry-review-20260131-094500.tar"
    assert made.path.stat().st_mode & 0o777 == 0o600
    with tarfile.open(made.path) as tar:
        assert {(entry.uid, entry.uname) for entry in tar} == {(0, "")}


def test_a_packed_backup_comes_back_too(filled: Workspace, elsewhere: Settings, target: Path, clock: Clock) -> None:
    packed = target.with_name("home.tar.gz")
    back_up(filled, packed)
    assert packed.read_bytes()[:2] == b"\x1f\x8b"
    assert restore(elsewhere, packed, clock()).sessions == 2


def test_what_is_derived_or_of_this_machine_alone_is_left_out_and_new_kinds_of_files_are_not(
    filled: Workspace, target: Path
) -> None:
    for name in ("errors.log", "queue.name", "watcher.json", "readings/x.json", "uploads/slot.json", "keys.json"):
        path = filled.data / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
    back_up(filled, target)
    with tarfile.open(target) as tar:
        names = set(tar.getnames())
    assert {"data/uploads/slot.json", "data/keys.json"} <= names
    assert not [n for n in names if n.startswith(("data/readings", "data/staging", "data/catalog", "data/queue"))]
    assert not [n for n in names if n.endswith((".lock", ".log", ".tmp"))]


def test_a_file_that_is_still_being_written_is_named_and_stays_where_it_is(filled: Workspace, target: Path) -> None:
    fresh = filled.inbox / filled.sessions.ids()[0] / "fresh.txt"
    fresh.write_text("ha")
    os.utime(fresh, (filled.now().timestamp(),) * 2)
    assert back_up(filled, target).unsettled == (f"{filled.sessions.ids()[0]}/fresh.txt",)


# --- while the home is at work ----------------------------------------------------------------------------------------


def test_backups_made_while_files_come_and_go_are_each_whole(
    workspace: Workspace, tmp_path: Path, target: Path, clock: Clock
) -> None:
    sessions = [create_session(workspace, f"Farm {n}").session_id for n in range(3)]
    stop = threading.Event()
    wrong: list[BaseException] = []

    def work(session_id: str) -> None:
        number = 0
        try:
            while not stop.is_set():
                number += 1
                source = upload(**{f"{session_id}-{number}": f"{session_id} {number}", "shared": f"shared {number}"})
                add_documents(workspace, session_id, source, check_duplicates=False)
                if number % 3 == 0:
                    record = workspace.sessions.read(session_id)
                    remove_document(workspace, session_id, next(iter(record.documents)), "anna", "taken out again")
        except BaseException as error:  # noqa: BLE001 - told below
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(one,)) for one in sessions]
    for thread in threads:
        thread.start()
    try:
        made = []
        for number in range(6):
            made.append(back_up(workspace, target.with_name(f"{number}.tar")))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert [one.left_out for one in made] == [()] * 6
    for number in range(6):
        home = load_settings(home=tmp_path / f"again-{number}", environ={}).settings
        assert restore(home, target.with_name(f"{number}.tar"), clock()).sessions == 3
        with Workspace.open(home, now=clock) as again:
            assert troubles(examine_deep(again)) == []


def test_a_session_deleted_between_listing_and_copying_is_simply_not_in_it(
    filled: Workspace, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, doomed = filled.sessions.ids()
    ids = filled.sessions.ids

    def listed() -> list[str]:
        found = ids()
        if doomed in found:
            delete_session(filled, doomed, "anna")
        return found

    monkeypatch.setattr(filled.sessions, "ids", listed)
    assert back_up(filled, target).sessions == 1
    with tarfile.open(target) as tar:
        assert not [name for name in tar.getnames() if doomed in name and name.startswith("data/sessions")]
        assert [name for name in tar.getnames() if other in name]


# --- what is wrong is told --------------------------------------------------------------------------------------------


def test_a_lost_and_a_changed_content_are_named_and_the_rest_is_copied(
    filled: Workspace, elsewhere: Settings, target: Path, clock: Clock
) -> None:
    record = filled.sessions.read(filled.sessions.ids()[0])
    gone, changed = sorted(document.sha256 for document in record.documents.values())
    filled.content.path(gone).unlink()
    path = filled.content.path(changed)
    path.chmod(0o600)
    path.write_bytes(b"something else")
    made = back_up(filled, target)
    assert {one.name.rpartition("/")[2] for one in made.left_out} == {gone, changed}
    put_back = restore(elsewhere, target, clock())
    assert (put_back.contents, len(put_back.left_out)) == (0, 2)
    assert not (elsewhere.home.data / "content" / changed[:2] / changed).exists()


def test_a_damaged_session_is_copied_as_it_is_with_the_contents_it_was_known_to_hold(
    filled: Workspace, elsewhere: Settings, target: Path, clock: Clock
) -> None:
    first = filled.sessions.ids()[0]
    (filled.sessions.folder(first) / "session.json").write_text("{")
    made = back_up(filled, target)
    assert (made.sessions, made.contents) == (2, 2)
    assert "damaged" in made.left_out[0].reason
    assert restore(elsewhere, target, clock()).damaged == (first,)
    assert (elsewhere.home.data / "sessions" / first / "session.json").read_text() == "{"


# --- whole or not there -----------------------------------------------------------------------------------------------


def test_an_interrupted_backup_leaves_no_file_and_the_one_before_stays(
    filled: Workspace, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.write_bytes(b"the one before")

    def interrupt(*_: object) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(ContentStore, "new_copy", interrupt)
    with pytest.raises(KeyboardInterrupt):
        back_up(filled, target)
    assert [path.name for path in target.parent.iterdir()] == ["home.tar"]
    assert target.read_bytes() == b"the one before"
    assert list(filled.staging.rglob("*")) == [
        p for p in filled.staging.rglob("*") if p.is_dir() or p.suffix == ".lock"
    ]


def test_what_a_killed_backup_left_is_swept_and_no_other_file(filled: Workspace, target: Path) -> None:
    ours, others = (target.parent / name for name in ("registry-review-2026.tar.1-ab.tmp", "thesis.tmp"))
    for path in (ours, others):
        path.write_bytes(b"half")
        os.utime(path, (filled.now().timestamp() - 7200,) * 2)
    back_up(filled, target)
    assert not ours.exists()
    assert others.exists()


def test_a_backup_into_the_home_itself_or_nowhere_is_refused(filled: Workspace, tmp_path: Path) -> None:
    for place in (filled.data / "b.tar", filled.inbox, tmp_path / "no" / "such", f"{tmp_path}/none/"):
        with pytest.raises(UsageError):
            back_up(filled, place)


# --- restoring --------------------------------------------------------------------------------------------------------


def test_a_home_that_holds_something_is_left_alone_unless_told_and_then_moved_aside(
    filled: Workspace, target: Path, clock: Clock
) -> None:
    back_up(filled, target)
    filled.close()
    before = truth(filled)
    with pytest.raises(UsageError, match="not empty"):
        restore(filled.settings, target, clock())
    assert truth(filled) == before
    aside = restore(filled.settings, target, clock(), replace=True).aside
    assert aside is not None
    assert len(list((aside / "sessions").glob("session-*"))) == 2
    assert truth(filled) == before


def test_an_inbox_file_of_the_same_name_is_not_overwritten(filled: Workspace, target: Path, clock: Clock) -> None:
    back_up(filled, target)
    filled.close()
    waiting = filled.inbox / filled.sessions.ids()[0] / "later/map.txt"
    waiting.write_text("Another map.\n")
    restore(filled.settings, target, clock(), replace=True)
    assert waiting.read_text() == "Another map.\n"
    assert (waiting.parent / "map (restored 2026-01-31).txt").read_text() == "A map that waits.\n"


@pytest.mark.parametrize("at_work", [watching, working])
def test_nothing_is_restored_under_somebody_who_is_at_work(
    filled: Workspace, elsewhere: Settings, target: Path, clock: Clock, at_work: Callable[[Path], object]
) -> None:
    back_up(filled, target)
    Workspace.open(elsewhere).close()
    with at_work(elsewhere.home.data), pytest.raises(TryAgain):  # type: ignore[attr-defined] # both are context managers
        restore(elsewhere, target, clock())


def test_nothing_is_restored_while_somebody_takes_files(
    filled: Workspace, elsewhere: Settings, target: Path, clock: Clock
) -> None:
    back_up(filled, target)
    with Workspace.open(elsewhere) as other:
        other.content.new_copy()
        with pytest.raises(TryAgain, match="taking files"):
            restore(elsewhere, target, clock())


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _changed(data: bytes) -> bytes:
    return data.replace(b"A letter.", b"A better.")


def _without_manifest(data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(data)) as old, tarfile.open(fileobj=out, mode="w") as new:
        for entry in old:
            if entry.name != MANIFEST:
                new.addfile(entry, old.extractfile(entry))
    return out.getvalue()


@pytest.mark.parametrize(
    "damage", [_cut, _changed, _without_manifest, lambda d: _cut(gzip.compress(d)), lambda _: b"x"]
)
def test_a_backup_that_was_cut_off_or_changed_changes_nothing(
    filled: Workspace, elsewhere: Settings, target: Path, clock: Clock, damage: Callable[[bytes], bytes]
) -> None:
    back_up(filled, target)
    target.write_bytes(damage(target.read_bytes()))
    with pytest.raises(ReviewError, match="cannot be restored"):
        restore(elsewhere, target, clock())
    assert [p.name for p in elsewhere.home.data.iterdir() if p.suffix != ".lock"] == []


@pytest.mark.parametrize(
    "name",
    ["../out", "/out", "data/../../out", "data/content/ab/short", "data/sessions/nobody/x", "etc/passwd", "data//x"],
)
def test_a_backup_made_to_lead_out_of_the_home_is_refused(
    filled: Workspace, elsewhere: Settings, tmp_path: Path, clock: Clock, name: str
) -> None:
    hostile = tmp_path / "hostile.tar"
    files = {name: {"sha256": "0" * 64, "size": 1}}
    manifest = {"format": 1, "schema_version": 1, "sessions": [], "left_out": [], "files": files}
    with tarfile.open(hostile, "w") as tar:
        for entry_name, data in ((name, b"x"), (MANIFEST, json.dumps(manifest).encode())):
            entry = tarfile.TarInfo(entry_name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    with pytest.raises(ReviewError, match="cannot be restored"):
        restore(elsewhere, hostile, clock())
    assert not (tmp_path / "out").exists()


def test_links_in_a_backup_are_refused(elsewhere: Settings, tmp_path: Path, clock: Clock) -> None:
    hostile = tmp_path / "hostile.tar"
    with tarfile.open(hostile, "w") as tar:
        entry = tarfile.TarInfo("data/keys.json")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(entry)
    with pytest.raises(ReviewError, match="no file of a home"):
        restore(elsewhere, hostile, clock())


def test_a_backup_of_a_newer_program_is_refused(elsewhere: Settings, tmp_path: Path, clock: Clock) -> None:
    newer = tmp_path / "newer.tar"
    data = json.dumps({"format": 99, "files": {}, "sessions": []}).encode()
    with tarfile.open(newer, "w") as tar:
        entry = tarfile.TarInfo(MANIFEST)
        entry.size = len(data)
        tar.addfile(entry, io.BytesIO(data))
    with pytest.raises(ReviewError, match="newer version"):
        restore(elsewhere, newer, clock())


def test_a_restore_that_was_killed_is_cleared_away_by_the_next(
    filled: Workspace, elsewhere: Settings, target: Path, clock: Clock
) -> None:
    back_up(filled, target)
    left = elsewhere.home.data / ".restoring-0badc0de" / "data"
    left.mkdir(parents=True)
    (left / "half").write_bytes(b"half")
    restore(elsewhere, target, clock())
    assert not left.parent.exists()
