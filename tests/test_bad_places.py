"""One bad place in the inbox costs that place only: too deep, too full, closed, gone, or no folder at all."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.home import quarantine
from pipeline.home.workspace import Workspace
from pipeline.intake.inbox import scan as scanning
from pipeline.intake.inbox.scan import MOST_ENTRIES, MOST_WATCHED, OVERFULL, TOO_DEEP, UNLISTED, scan
from pipeline.models import Package
from pipeline.stages.add_documents import add_documents
from pipeline.stages.remove import delete_session
from pipeline.status.session import look_around
from pipeline.upkeep import doctor
from pipeline.upkeep.backup import back_up
from pipeline.upkeep.check_up import Check, Patient, Result
from pipeline.upkeep.doctor import examine
from pipeline.upkeep.leftovers import leftovers
from tests.deep_folders import dug
from tests.queue_fixtures import StageWork, drop, new_session
from tests.test_cli import Typist, typed  # noqa: F401 - a fixture
from tests.test_watcher import running, settings, work  # noqa: F401 - fixtures

#: Past what functions that call themselves reach (1,000), and past what the system opens (4,096 bytes).
DEPTHS = (1_200, 2_600)


@pytest.fixture
def session(workspace: Workspace) -> str:
    return new_session(workspace)


@pytest.fixture
def other(workspace: Workspace) -> str:
    return new_session(workspace, "Lake Farm")


def seen_in(ws: Workspace, **how: object) -> tuple[list[str], dict[str, str]]:
    """What a scan sees, by file name, and what it tells of."""
    told: dict[str, str] = {}
    found = scan(ws.inbox, set(ws.sessions.ids()), told.__setitem__, **how)  # type: ignore[arg-type]
    return sorted(Path(seen.path).name for seen in found), told


# --- the scan ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", DEPTHS)
def test_however_deep_a_folder_is_files_elsewhere_are_seen(
    workspace: Workspace, session: str, other: str, depth: int
) -> None:
    drop(workspace, other, {"plan.txt": b"A plan."})
    drop(workspace, session, {"beside.txt": b"A letter."})
    with dug(workspace.inbox / session, depth):
        names, told = seen_in(workspace)

    assert {"plan.txt", "beside.txt"} <= set(names)
    assert ("deep.txt" in names) is (not told)
    assert set(told.values()) <= {TOO_DEEP}
    assert all(folder.startswith(f"{session}/d/d") for folder in told)


def test_a_place_with_too_many_entries_has_its_share_and_the_others_are_seen_whole(
    workspace: Workspace, session: str, other: str
) -> None:
    drop(workspace, session, {f"{n}.txt": b"x" for n in range(30)})
    drop(workspace, other, {f"plan-{n}.txt": b"x" for n in range(10)})
    drop(workspace, "new/Hill Farm", {f"map-{n}.txt": b"x" for n in range(10)})

    names, told = seen_in(workspace, most=10)

    assert [sum(name.startswith(start) for name in names) for start in ("plan-", "map-")] == [10, 10]
    assert len(names) == 30
    assert told == {session: OVERFULL}
    assert workspace.settings.inbox.max_files_per_session <= MOST_ENTRIES


def test_a_place_with_many_folders_does_not_use_up_the_systems_watches(workspace: Workspace, session: str) -> None:
    for number in range(MOST_WATCHED + 50):
        (workspace.inbox / session / str(number)).mkdir()
    watched: list[str] = []
    seen_in(workspace, entering=watched.append)

    assert len([folder for folder in watched if folder.startswith(f"{workspace.inbox / session}")]) == MOST_WATCHED
    assert str(workspace.inbox) in watched


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermissionError(13, "Permission denied"), UNLISTED),
        (OSError(5, "Input/output error"), "this folder cannot be listed (Input/output error)"),
        (FileNotFoundError(2, "No such file or directory"), None),
        (NotADirectoryError(20, "Not a directory"), None),
    ],
)
def test_a_folder_that_is_closed_or_goes_away_meanwhile_stops_no_other(
    workspace: Workspace, session: str, other: str, monkeypatch: pytest.MonkeyPatch, error: OSError, told: str | None
) -> None:
    drop(workspace, session, {"closed/plan.txt": b"x"})
    drop(workspace, other, {"letter.txt": b"x"})
    scandir = os.scandir

    def refusing(place: str) -> Iterator[os.DirEntry[str]]:
        if str(place).endswith("/closed"):
            raise error
        return scandir(place)

    monkeypatch.setattr(scanning.os, "scandir", refusing)
    names, reported = seen_in(workspace)

    assert names == ["letter.txt"]
    assert [why.startswith(told or "") for why in reported.values()] == ([True] if told else [])


def test_what_is_no_file_is_seen_without_being_opened(workspace: Workspace, session: str) -> None:
    os.mkfifo(workspace.inbox / session / "pipe")
    (workspace.inbox / session / "loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(workspace.inbox / session)  # the address of a socket has a hundred characters at most
        try:
            listener.bind("socket")
        finally:
            os.chdir(here)

        assert seen_in(workspace) == (["loop", "pipe", "socket"], {})


def test_a_file_where_a_folder_is_expected_is_named_and_stops_nobody(workspace: Workspace, session: str) -> None:
    gone = new_session(workspace, "Lake Farm")
    (workspace.inbox / gone).rmdir()
    (workspace.inbox / gone).write_text("no folder")
    (workspace.inbox / "new").write_text("no folder")
    drop(workspace, session, {"plan.txt": b"x"})

    around = look_around(workspace)

    assert seen_in(workspace) == (["plan.txt"], {})
    assert {alone.name for alone in around.left_alone} == {gone, "new"}


# --- everybody who walks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_watcher_goes_on_by_events_for_all_others(
    workspace: Workspace,
    session: str,
    other: str,
    depth: int,
    work: StageWork,  # noqa: F811 - the fixture
) -> None:
    with dug(workspace.inbox / session, depth), running(workspace) as watch:
        (workspace.inbox / other / "one.txt").write_text("one")
        watch.until_taken(other)
        shutil.move(workspace.inbox / session / "d", workspace.inbox / session / "e")
        shutil.move(workspace.inbox / session / "e", workspace.inbox / session / "d")
        (workspace.inbox / other / "maps").mkdir()
        (workspace.inbox / other / "maps" / "two.txt").write_text("two")

        assert set(watch.until_taken(other, 2)) == {"one.txt", "maps/two.txt"}
        assert watch.mode() == "events"
        assert watch.events.trouble() is None


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_doctor_and_the_status_look_at_the_rest_and_name_the_place(
    workspace: Workspace, session: str, depth: int
) -> None:
    with dug(workspace.inbox / session, depth):
        found = {one.check_id: one for one in examine(Patient(workspace.settings))}
        around = look_around(workspace)

    assert [one.check_id for one in found.values() if one.outcome == "not_run" and "defect" in one.message] == []
    assert found["inotify_limits"].outcome == "ok"
    if depth == max(DEPTHS):
        assert f"{session}/d/d/" in found["inbox_folders"].message
        assert TOO_DEEP in found["inbox_folders"].cure
        assert [file.reason for file in around.waiting] == [TOO_DEEP]
        assert len(around.waiting[0].name) < 200


def test_a_check_that_breaks_costs_its_own_answer_only(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_patient: Patient) -> Result:
        raise RecursionError("maximum recursion depth exceeded")

    last = doctor.CHECKS[-1]
    monkeypatch.setattr(doctor, "CHECKS", (Check("broken", "Broken", breaks), last))

    broken, other = examine(Patient(workspace.settings))

    assert (broken.outcome, other.outcome) == ("not_run", "ok")
    assert "RecursionError" in broken.message
    assert broken.cure


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_backup_takes_what_can_be_opened_and_names_what_cannot(
    workspace: Workspace, session: str, other: str, depth: int, tmp_path: Path
) -> None:
    (waiting,) = drop(workspace, other, {"plan.txt": b"A plan."})
    old = (workspace.now() - timedelta(hours=1)).timestamp()
    os.utime(waiting.path, (old, old))
    (workspace.quarantine / session).mkdir(parents=True)
    with dug(workspace.inbox / session, depth), dug(workspace.quarantine / session, depth):
        made = back_up(workspace, tmp_path / "backup.tar")

    named = [one for one in made.left_out if "/d/d/" in one.name]
    assert len(named) == (2 if depth == max(DEPTHS) else 0)
    assert made.sessions == 2


@pytest.mark.parametrize("depth", DEPTHS)
def test_tidying_and_deleting_do_not_mind_how_deep_anything_lies(
    workspace: Workspace, session: str, depth: int
) -> None:
    (workspace.quarantine / session).mkdir(parents=True)
    with dug(workspace.inbox / session, depth), dug(workspace.quarantine / session, depth):
        workspace.sweep_orphans()
        assert leftovers(workspace) == ()
        delete_session(workspace, session, "Ana")

        assert session not in workspace.sessions.ids()
        assert (workspace.inbox / session).is_dir()  # a file is in it


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_folder_that_is_added_gives_what_can_be_opened(
    workspace: Workspace, session: str, depth: int, tmp_path: Path
) -> None:
    (tmp_path / "sent").mkdir()
    (tmp_path / "sent" / "plan.txt").write_text("A plan.")
    with dug(tmp_path / "sent", depth):
        added = add_documents(workspace, session, {"type": "path", "path": str(tmp_path / "sent")})

    outcomes = {file.filename: (file.outcome, file.reason) for file in added.files}
    assert outcomes["plan.txt"] == ("added", None)
    if depth == max(DEPTHS):
        assert "too deep" in (outcomes["d"][1] or "")
    else:
        assert outcomes["deep.txt"] == ("added", None)


def test_a_refused_file_from_far_below_gets_a_place_that_can_be_opened(workspace: Workspace, session: str) -> None:
    relative = "/".join(["d" * 3] * 900 + ["empty.pdf"])
    file = workspace.inbox / session / "empty.pdf"
    file.write_bytes(b"")

    place = quarantine.move_in(workspace, session, file, relative, "It is empty.")

    assert place is not None
    assert place.exists()
    assert relative in place.with_name(f"{place.name}.reason.json").read_text()
    assert {folder.stat().st_mode & 0o777 for folder in (workspace.quarantine, place.parent)} == {0o700}


# --- one run ----------------------------------------------------------------------------------------------------------


def test_one_run_names_every_file_that_nobody_takes_and_ends_with_4(
    typed: Typist,  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REGISTRY_REVIEW_INBOX_SETTLE_SECONDS", "0.2")
    deleted, signed, mine = (typed.create(name) for name in ("Hill Farm", "Lake Farm", "Meadow Farm"))
    inbox = typed.home / "inbox"
    from pipeline.settings import load_settings

    with Workspace.open(load_settings(home=typed.home).settings) as ws:
        package = Package(version=1, by="Ana", at=ws.now(), statement="Reviewed.", filename="package-v1.zip")
        with ws.sessions.transaction(signed, "Ana") as tx:
            tx.update(packages={"1": package})
            tx.log("completed")
        delete_session(ws, deleted, "Ana")
    (inbox / "nobody" / ".git").mkdir(parents=True)
    (inbox / "nobody" / ".git" / "config").write_text("hidden names are meant for nobody")
    assert typed.json("watch", "--once")["untaken"] == []

    lying = [f"{deleted}/a/late.txt", f"{signed}/late.txt", "loose.txt", "new/loose.txt", "nobody/plan.txt"]
    for relative in [*lying, f"{mine}/mine.txt"]:
        (inbox / relative).parent.mkdir(parents=True, exist_ok=True)
        (inbox / relative).write_text(relative)

    told = typed.json("watch", "--once", code=4)
    again = typed("watch", "--once", code=4)

    assert sorted(one["name"] for one in told["untaken"]) == sorted(lying)
    assert all(one["reason"] for one in told["untaken"])
    assert [file["filename"] for file in told["files"]] == ["mine.txt"]
    assert all(f"{relative} stays in the inbox" in again.stderr for relative in lying)
    assert not (inbox / mine / "mine.txt").exists()
    assert all((inbox / relative).exists() for relative in lying)


def test_many_files_of_nobodys_are_counted_and_not_all_named(workspace: Workspace) -> None:
    from pipeline.intake.inbox import folders, untaken

    for number in range(folders.MOST_NAMED + 5):
        (workspace.inbox / f"{number:04}.txt").write_text("x")
    drop(workspace, "nobody", {f"{n}.txt": b"x" for n in range(20)})

    alone = folders.left_alone(workspace)

    assert len(alone) == folders.MOST_NAMED + 1
    assert alone[-1].name == "and 6 more"
    assert len(untaken.untaken(workspace)) == folders.MOST_NAMED + 5 + 20


