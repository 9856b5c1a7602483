"""The first folder under the inbox says whose a file is; what is nobody's stays where it is and is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import SessionCorrupt
from pipeline.home.workspace import Workspace
from pipeline.intake.inbox.folders import Bindings, Place, left_alone, name_trouble, place_of
from pipeline.models import Package, ProjectMetadata
from pipeline.stages.initialize import create_for_folder

SESSIONS = {"session-20260131-094500"}


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("session-20260131-094500/plan.pdf", Place("session", "session-20260131-094500")),
        ("session-20260131-094500/maps/2024/a.pdf", Place("session", "session-20260131-094500")),
        ("session-20991231-000000/plan.pdf", Place("unknown", "session-20991231-000000")),
        ("some folder/plan.pdf", Place("unknown", "some folder")),
        ("plan.pdf", Place("loose", "plan.pdf")),
        ("new/plan.pdf", Place("loose", "new/plan.pdf")),
        ("new/Hill Farm/plan.pdf", Place("new", "Hill Farm")),
        ("new/Hill Farm/maps/a.pdf", Place("new", "Hill Farm")),
        ("new/\x1b[2J/plan.pdf", Place("unknown", "new/\x1b[2J")),
        (".quarantine/session-20260131-094500/plan.pdf", Place("unknown", ".quarantine")),
    ],
)
def test_the_first_folder_says_whose_a_file_is(path: str, place: Place) -> None:
    assert place_of(tuple(path.split("/")), SESSIONS) == place


@pytest.mark.parametrize("name", ["Hill Farm 2024", "Økologisk gård", "Søn & Co.", "田中農場", "101"])
def test_an_ordinary_name_can_be_a_projects(name: str) -> None:
    assert name_trouble(name) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("two\nlines", "control"),
        ("\x1b[31mred", "control"),
        ("gnp.\u202efdp", "control or invisible"),
        ("bytes\udcff", "UTF-8"),
        ("x" * 201, "longer"),
        ("...", "neither a letter nor a digit"),
        ("   ", "neither a letter nor a digit"),
    ],
)
def test_a_hostile_name_is_told_by_its_reason(name: str, words: str) -> None:
    trouble = name_trouble(name)

    assert trouble is not None
    assert words in trouble


def test_what_belongs_to_nobody_is_named_with_its_reason_and_left_alone(workspace: Workspace) -> None:
    record = workspace.sessions.create(ProjectMetadata(project_name="Hill Farm"))
    inbox = workspace.inbox
    (inbox / "some folder").mkdir()
    (inbox / "some folder" / "plan.pdf").write_bytes(b"x")
    (inbox / "session-20991231-000000").mkdir()
    (inbox / "loose.pdf").write_bytes(b"x")
    (inbox / "new" / "Good Name").mkdir(parents=True)
    (inbox / "new" / "bad\x1bname").mkdir()
    (inbox / "new" / "loose.pdf").write_bytes(b"x")
    (inbox / "shortcut").symlink_to(inbox / record.session_id)
    (inbox / ".quarantine").mkdir(exist_ok=True)
    (inbox / ".DS_Store").write_bytes(b"x")
    (inbox / "loose.pdf.part").write_bytes(b"x")

    found = {entry.name: entry.reason for entry in left_alone(workspace)}

    assert set(found) == {
        "some folder",
        "session-20991231-000000",
        "loose.pdf",
        "new/bad\\x1bname",
        "new/loose.pdf",
        "shortcut",
    }
    assert "no session has this id" in found["session-20991231-000000"]
    assert "symbolic link" in found["shortcut"]
    assert "control" in found["new/bad\\x1bname"]
    assert (inbox / "some folder" / "plan.pdf").exists()


def test_an_inbox_that_is_away_leaves_nothing_to_name(workspace: Workspace) -> None:
    workspace.inbox.rename(workspace.inbox.with_name("elsewhere"))

    assert left_alone(workspace) == ()


def test_a_new_folder_makes_one_session_with_its_name_and_keeps_it(workspace: Workspace) -> None:
    first = Bindings(workspace, create_for_folder).session_for(Place("new", "Hill Farm"))
    again = Bindings(workspace, create_for_folder).session_for(Place("new", "Hill Farm"))  # as after a restart

    assert first == again
    assert workspace.sessions.ids() == [first]
    record = workspace.sessions.read(first)
    assert record.project_metadata.project_name == "Hill Farm"
    assert record.bound_folder == "Hill Farm"
    assert workspace.sessions.audit(first)[0].actor == "inbox"


def test_a_completed_session_gives_its_folder_free(workspace: Workspace) -> None:
    bindings = Bindings(workspace, create_for_folder)
    first = bindings.session_for(Place("new", "Hill Farm"))
    signed = Package(version=1, by="reviewer", at=workspace.now(), statement="Reviewed.", filename="package-v1.zip")
    with workspace.sessions.transaction(first, "reviewer") as tx:
        tx.update(packages={"1": signed})
        tx.log("completed")

    second = bindings.session_for(Place("new", "Hill Farm"))

    assert second != first
    assert bindings.session_for(Place("new", "Hill Farm")) == second


def test_a_deleted_session_gives_its_folder_free(workspace: Workspace) -> None:
    bindings = Bindings(workspace, create_for_folder)
    first = bindings.session_for(Place("new", "Hill Farm"))
    workspace.sessions.delete(first)

    second = bindings.session_for(Place("new", "Hill Farm"))

    assert workspace.sessions.ids() == [second]


def test_a_damaged_session_keeps_its_folder_until_somebody_decides(workspace: Workspace) -> None:
    bindings = Bindings(workspace, create_for_folder)
    first = bindings.session_for(Place("new", "Hill Farm"))
    (workspace.sessions.folder(first) / "session.json").write_bytes(b"{")

    with pytest.raises(SessionCorrupt):
        bindings.session_for(Place("new", "Hill Farm"))
    assert workspace.sessions.ids() == [first]


def test_two_folders_whose_names_look_alike_are_two_projects(workspace: Workspace) -> None:
    bindings = Bindings(workspace, create_for_folder)

    assert bindings.session_for(Place("new", "Farm 101")) != bindings.session_for(Place("new", "Farm 102"))


def test_a_folder_of_a_session_is_that_session(workspace: Workspace, tmp_path: Path) -> None:
    record = workspace.sessions.create(ProjectMetadata(project_name="Hill Farm"))

    assert Bindings(workspace, create_for_folder).session_for(Place("session", record.session_id)) == record.session_id
