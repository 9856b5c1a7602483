"""The quarantine: no file without its reason, none half there, whenever the program dies."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from commands.text.answers import overview
from pipeline.errors import TryAgain
from pipeline.home import health, quarantine
from pipeline.home.workspace import Workspace
from pipeline.stages.add_documents import take_inbox_files
from pipeline.status.session import look_around
from pipeline.upkeep.check_up import Patient
from pipeline.upkeep.collecting import collect
from pipeline.upkeep.doctor import examine
from tests.queue_fixtures import drop, new_session


class Killed(BaseException):
    """Stands for the end of the process."""


def dies_at(monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    def reach(name: str) -> None:
        if name == point:
            raise Killed

    monkeypatch.setattr(quarantine, "reach", reach)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("point", ["quarantine.reason", "quarantine.move", "quarantine.moved"])
def test_whoever_dies_while_a_file_is_set_aside_leaves_none_without_its_reason(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    # Given a refused file, and a program that dies on its way into the quarantine
    session_id = new_session(workspace)
    (file,) = drop(workspace, session_id, {"papers/empty.pdf": b""})
    with monkeypatch.context() as patched:
        dies_at(patched, point)
        with pytest.raises(Killed):
            quarantine.move_in(workspace, session_id, file.path, file.relative, "It is empty.")
    # Then it lies in the inbox, or in the quarantine with its reason
    set_aside = names_in(workspace.quarantine)
    assert file.path.exists() or set_aside == ["empty.pdf", "empty.pdf.reason.json"]
    assert "empty.pdf" not in set_aside or "empty.pdf.reason.json" in set_aside
    # And the next try finishes it, under the same name
    if file.path.exists():
        quarantine.move_in(workspace, session_id, file.path, file.relative, "It is empty.")
    assert names_in(workspace.quarantine) == ["empty.pdf", "empty.pdf.reason.json"]


def test_a_second_file_of_that_name_gets_a_place_and_a_reason_of_its_own(workspace: Workspace) -> None:
    session_id = new_session(workspace)
    for reason in ("first", "second"):
        (file,) = drop(workspace, session_id, {"empty.pdf": b""})
        quarantine.move_in(workspace, session_id, file.path, file.relative, reason)

    place = workspace.quarantine / session_id
    assert names_in(place) == ["empty (2).pdf", "empty (2).pdf.reason.json", "empty.pdf", "empty.pdf.reason.json"]
    assert json.loads((place / "empty (2).pdf.reason.json").read_text())["reason"] == "second"


def test_a_file_that_is_gone_leaves_no_reason(workspace: Workspace) -> None:
    session_id = new_session(workspace)
    (file,) = drop(workspace, session_id, {"empty.pdf": b""})
    file.path.unlink()

    assert quarantine.move_in(workspace, session_id, file.path, file.relative, "It is empty.") is None
    assert names_in(workspace.quarantine) == []


@pytest.mark.parametrize("name", ["a" * 251 + ".pdf", "ä" * 125 + ".pdf"])
def test_the_longest_name_a_disk_holds_can_be_set_aside(workspace: Workspace, name: str) -> None:
    session_id = new_session(workspace)
    (file,) = drop(workspace, session_id, {name: b""})

    place = quarantine.move_in(workspace, session_id, file.path, file.relative, "It is empty.")

    assert place is not None
    assert place.exists()
    assert place.with_name(place.name + quarantine.REASON_ENDING).exists()


def test_a_copy_that_is_cut_off_is_not_taken_for_the_file(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id, content = new_session(workspace), tmp_path / "content"
    content.write_bytes(b"A plan.")

    def half(_source: Path, target: Path) -> None:
        target.write_bytes(b"A p")
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(quarantine.shutil, "copyfile", half)
        with pytest.raises(Killed):
            quarantine.keep_copy(workspace, session_id, content, "plan.txt", "cancelled", "0" * 64)
    assert names_in(workspace.quarantine) == ["plan.txt.reason.json"]

    quarantine.keep_copy(workspace, session_id, content, "plan.txt", "cancelled", "0" * 64)

    assert (workspace.quarantine / session_id / "plan.txt").read_bytes() == b"A plan."
    assert names_in(workspace.quarantine) == ["plan.txt", "plan.txt.reason.json"]


def test_what_a_killed_program_left_half_written_there_is_swept(workspace: Workspace) -> None:
    folder = workspace.quarantine / new_session(workspace) / "papers"
    folder.mkdir(parents=True)
    old, young = folder / "plan.txt.1-2.tmp", folder / "plan.txt.3-4.tmp"
    for path, age in ((old, timedelta(hours=2)), (young, timedelta(minutes=1))):
        path.touch()
        moment = (workspace.now() - age).timestamp()
        os.utime(path, (moment, moment))
    (workspace.data / ".swept").unlink(missing_ok=True)

    workspace.sweep_orphans()

    assert names_in(folder) == [young.name]


def test_what_grows_in_the_quarantine_is_counted_and_named_where_it_matters(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = new_session(workspace)
    assert look_around(workspace).quarantine.files == 0
    for number in range(3):
        (file,) = drop(workspace, session_id, {f"papers/{number}.txt": b"x" * 1000})
        quarantine.move_in(workspace, session_id, file.path, file.relative, "Not wanted.")
    (empty,) = drop(workspace, session_id, {"empty.pdf": b""})
    take_inbox_files(workspace, session_id, [empty])

    # Then the overview says what was refused and what lies there
    told = overview(workspace, 0)
    assert "empty.pdf: the file is empty" in told.text
    assert quarantine.kept(workspace).files == 4
    assert f"{quarantine.kept(workspace)}" in told.text
    assert told.value["surroundings"].quarantine == quarantine.kept(workspace, session_id)
    # And gc leaves it and says so, and nobody is alarmed by so little
    assert any("refused file" in one for one in collect(workspace, dry_run=True).kept)
    assert health.troubles(workspace) == ()
    # But when it is much
    monkeypatch.setattr(health, "CROWDED_FILES", 1)
    (trouble,) = health.troubles(workspace)
    assert "the quarantine grows" in trouble
    (found,) = [one for one in examine(Patient(workspace.settings)) if one.check_id == "quarantine"]
    assert (found.outcome, found.message) == ("warning", trouble)
    # And a disk without room is said to hold it
    monkeypatch.setattr(health, "free_bytes", lambda _folder: 50_000_000)
    assert "refused file" in (health.obstacle(workspace) or "")


def test_a_copy_into_the_quarantine_leaves_the_room_that_is_to_stay_free(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = new_session(workspace)
    content = tmp_path / "content"
    content.write_bytes(b"x" * 1000)
    monkeypatch.setattr(quarantine, "free_bytes", lambda _folder: 200_000_500)

    with pytest.raises(TryAgain, match="full"):
        quarantine.keep_copy(workspace, session_id, content, "a.pdf", "Cancelled.", "0" * 64)

    assert quarantine.kept(workspace) == quarantine.Kept(files=0, size=0)
    assert names_in(workspace.quarantine) == []
