"""The scan is the truth about the inbox; here it walks over real folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.intake.inbox.scan import UNLISTED, scan, wanted
from pipeline.intake.mounts import filesystem_of, why_silent
from tests.disks import rights_bind

SESSION = "session-20260131-094500"


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    root = tmp_path / "inbox"
    (root / SESSION).mkdir(parents=True)
    return root


def put(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def names(inbox: Path) -> list[str]:
    return sorted(os.path.relpath(seen.path, inbox) for seen in scan(inbox, {SESSION}))


def test_every_file_of_a_session_and_of_a_new_project_is_seen(inbox: Path) -> None:
    put(inbox / SESSION / "plan.pdf")
    put(inbox / SESSION / "maps" / "2024" / "north.pdf")
    put(inbox / "new" / "Hill Farm" / "plan.pdf")

    assert names(inbox) == ["new/Hill Farm/plan.pdf", f"{SESSION}/maps/2024/north.pdf", f"{SESSION}/plan.pdf"]


def test_nothing_is_seen_outside_a_known_folder(inbox: Path) -> None:
    put(inbox / "plan.pdf")
    put(inbox / "new" / "plan.pdf")
    put(inbox / "unknown" / "plan.pdf")
    put(inbox / "session-20991231-000000" / "plan.pdf")
    put(inbox / "new" / "bad\x07name" / "plan.pdf")
    put(inbox / ".quarantine" / SESSION / "plan.pdf")

    assert names(inbox) == []


@pytest.mark.parametrize(
    "name",
    [
        ".hidden.pdf",
        "._plan.pdf",
        "Thumbs.db",
        "~$plan.xlsx",
        "plan.pdf~",
        "plan.pdf.part",
        "plan.pdf.crdownload",
        ".plan.pdf.Ab12Cd",
        "@eaDir/plan.pdf",
        "__MACOSX/plan.pdf",
        ".stfolder/plan.pdf",
        "deep/.git/plan.pdf",
    ],
)
def test_temporary_and_hidden_names_are_passed_over(inbox: Path, name: str) -> None:
    put(inbox / SESSION / name)
    put(inbox / "new" / "Hill Farm" / name)

    assert names(inbox) == []
    assert wanted((SESSION, *name.split("/")), {SESSION}) is None


def test_a_link_is_seen_as_itself_and_never_followed(inbox: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    put(outside / "secret.pdf", b"x" * 500)
    (inbox / SESSION / "file.pdf").symlink_to(outside / "secret.pdf")
    (inbox / SESSION / "folder").symlink_to(outside)
    (inbox / SESSION / "loop").symlink_to(inbox / SESSION)

    seen = list(scan(inbox, {SESSION}))

    assert names(inbox) == [f"{SESSION}/file.pdf", f"{SESSION}/folder", f"{SESSION}/loop"]
    assert all(s.look.size != 500 for s in seen)


def test_a_session_folder_that_is_a_link_is_not_entered(inbox: Path, tmp_path: Path) -> None:
    put(tmp_path / "outside" / "plan.pdf")
    (inbox / "session-20260131-094501").symlink_to(tmp_path / "outside")

    assert list(scan(inbox, {"session-20260131-094501"})) == []


def test_a_name_of_stray_bytes_is_seen(inbox: Path) -> None:
    path = os.fsencode(inbox / SESSION) + b"/plan-\xff.pdf"
    Path(os.fsdecode(path)).write_bytes(b"x")

    assert [os.fsencode(seen.path) for seen in scan(inbox, {SESSION})] == [path]


def test_a_folder_that_cannot_be_listed_is_reported_and_the_others_are_seen(inbox: Path) -> None:
    put(inbox / SESSION / "closed" / "plan.pdf")
    put(inbox / SESSION / "open" / "plan.pdf")
    (inbox / SESSION / "closed").chmod(0)
    reported: dict[str, str] = {}
    try:
        with rights_bind():
            seen = list(scan(inbox, {SESSION}, reported.__setitem__))
    finally:
        (inbox / SESSION / "closed").chmod(0o700)

    assert [os.path.relpath(s.path, inbox) for s in seen] == [f"{SESSION}/open/plan.pdf"]
    assert reported == {f"{SESSION}/closed": UNLISTED}


def test_an_inbox_that_is_away_holds_nothing(tmp_path: Path) -> None:
    assert list(scan(tmp_path / "absent", {SESSION})) == []


def test_a_look_tells_inode_size_and_times(inbox: Path) -> None:
    path = put(inbox / SESSION / "plan.pdf", b"12345")

    (seen,) = scan(inbox, {SESSION})

    stat = path.stat()
    assert seen.look == (stat.st_ino, 5, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_blocks)


# --- file systems that tell nothing -----------------------------------------------------------------------------------

MOUNTS = r"""
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /srv/share rw shared:2 - nfs4 server:/export rw
31 30 8:2 / /srv/share/local rw - xfs /dev/sdb1 rw
32 22 0:41 / /srv/a\040name rw - cifs //server/x rw
33 22 0:42 / /home/me/cloud rw master:1 - fuse.sshfs me@host: rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/x", "ext4"),
        ("/srv/share", "nfs4"),
        ("/srv/share/inbox", "nfs4"),
        ("/srv/shared", "ext4"),
        ("/srv/share/local/inbox", "xfs"),
        ("/srv/a name/inbox", "cifs"),
        ("/home/me/cloud/inbox", "fuse.sshfs"),
    ],
)
def test_the_deepest_mount_decides_the_file_system(tmp_path: Path, path: str, kind: str) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTS.strip())

    assert filesystem_of(Path(path), table) == kind


def test_without_a_mount_table_nothing_is_claimed(tmp_path: Path) -> None:
    assert filesystem_of(tmp_path, tmp_path / "absent") is None


def test_a_local_folder_is_expected_to_tell_of_changes(tmp_path: Path) -> None:
    assert why_silent(tmp_path) is None


def test_a_network_folder_is_said_to_be_silent_and_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.intake.mounts.filesystem_of", lambda _path, _table: "nfs4")

    assert "nfs4" in (why_silent(tmp_path) or "")
