"""Which names are never taken, which are refused, and how the others are shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import filenames
from pipeline.errors import FileRefused

IGNORED = [
    ".hidden",
    "._plan.pdf",
    ".DS_Store",
    "Thumbs.db",
    "THUMBS.DB",
    "Desktop.ini",
    "~$plan.docx",
    ".~lock.plan.odt#",
    "plan.pdf~",
    "#plan.txt#",
    "plan.tmp",
    "plan.TEMP",
    "plan.pdf.part",
    "plan.pdf.partial",
    "plan.filepart",
    "plan.pdf.crdownload",
    "plan.download",
    "plan.opdownload",
    "plan.!ut",
    ".syncthing.plan.pdf.tmp",
    "~syncthing~plan.pdf",
    ".goutputstream-AB12CD",
    ".plan.pdf.Xa81Bc",
    "batch.done",
]
TAKEN = ["plan.pdf", "Plan (2).PDF", "partial plan.pdf", "template.pdf", "a~b.pdf", "#1 map.pdf", "done.pdf", "x.CSV"]
IGNORED_FOLDERS = [
    ".stfolder",
    ".stversions",
    "@eaDir",
    ".Spotlight-V100",
    ".Trashes",
    ".localized",
    "__MACOSX",
    "#recycle",
    "lost+found",
    ".git",
    ".quarantine",
]


@pytest.mark.parametrize("name", IGNORED)
def test_hidden_temporary_and_half_copied_files_are_ignored(name: str) -> None:
    assert filenames.is_ignored(name)


@pytest.mark.parametrize("name", TAKEN)
def test_ordinary_names_are_not_ignored(name: str) -> None:
    assert not filenames.is_ignored(name)


@pytest.mark.parametrize("name", IGNORED_FOLDERS)
def test_folders_of_systems_and_sync_programs_are_ignored_with_all_below(name: str) -> None:
    assert filenames.is_ignored_folder(name)
    assert filenames.is_ignored_path(f"project/{name}/plan.pdf")
    assert not filenames.is_ignored_path("project/maps/plan.pdf")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("../plan.pdf", "leads out"),
        ("maps/../../plan.pdf", "leads out"),
        ("..", "leads out"),
        ("..\\..\\plan.pdf", "leads out"),
        ("maps/ .. /plan.pdf", "leads out"),
        ("/etc/passwd", "absolute"),
        ("\\\\server\\plan.pdf", "absolute"),
        ("C:\\Users\\plan.pdf", "absolute"),
        ("c:/plan.pdf", "absolute"),
        ("", "no name"),
        ("   ", "no name"),
        ("maps/", "a folder"),
        ("pl\nan.pdf", "control"),
        ("plan\x00.pdf", "control"),
        ("plan\x7f.pdf", "control"),
        ("plan\u2028.pdf", "control"),
        ("plan\u202efdp.exe", "control"),
        ("x" * 252 + ".pdf", "255 bytes"),
        ("\u00e9" * 126 + ".pdf", "255 bytes"),
        ("d/" * 1600 + "plan.pdf", "too long"),
        ("CON", "device"),
        ("con.pdf", "device"),
        ("Aux.tar.gz", "device"),
        ("maps/LPT1.txt", "device"),
        ("nul /plan.pdf", "device"),
    ],
)
def test_a_hostile_name_is_refused_and_the_message_says_what_to_do(name: str, says: str) -> None:
    with pytest.raises(FileRefused) as refused:
        filenames.check(name)
    assert says in refused.value.message
    assert refused.value.cure
    assert refused.value.message.isprintable()
    assert len(refused.value.message) < 4000


@pytest.mark.parametrize(
    ("name", "filename"),
    [
        ("plan.pdf", "plan.pdf"),
        ("plan.pdf ", "plan.pdf"),
        ("plan.pdf...", "plan.pdf"),
        (" plan.pdf", "plan.pdf"),
        ("Baseline Monitoring Round /plan.pdf", "plan.pdf"),
        ("e\u0301tude.pdf", "\u00e9tude.pdf"),
        ("plan: final?.pdf", "plan: final?.pdf"),
        ("plan.pdf.pdf", "plan.pdf.pdf"),
        ("console.pdf", "console.pdf"),
    ],
)
def test_an_untidy_name_is_taken_and_shown_tidy(name: str, filename: str) -> None:
    safe = filenames.check(name)
    assert safe.filename == filename
    assert safe.path == name


def test_bytes_that_are_no_utf8_are_kept_apart_and_can_be_written_down() -> None:
    one, other = (filenames.check(os.fsdecode(raw)) for raw in (b"caf\xe9.pdf", b"caf\xe8.pdf"))
    assert one.filename == "caf\\xe9.pdf"
    assert one.path != other.path
    assert one.path.encode("utf-8")


def test_a_name_that_is_only_dots_and_spaces_is_refused() -> None:
    with pytest.raises(FileRefused):
        filenames.check("maps/. . .")


@given(st.text(max_size=40))
def test_whatever_is_not_refused_stays_below_its_folder_and_can_be_shown(name: str) -> None:
    try:
        safe = filenames.check(name)
    except FileRefused:
        return
    base = Path("/base")
    assert Path(os.path.normpath(base / safe.path)).is_relative_to(base)
    assert "/" not in safe.filename
    assert safe.filename == safe.filename.strip()
    assert not any(ord(c) < 32 for c in safe.path)
    safe.path.encode("utf-8")


@given(st.text(min_size=1, max_size=300))
def test_a_free_name_is_always_one_name_that_the_disk_can_hold(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    place = filenames.free_name(folder, name, ".reason.json")
    assert place.parent == folder
    assert len(place.name.encode()) + len(".reason.json") <= 255
    place.touch()
    assert filenames.free_name(folder, name, ".reason.json") != place


def test_a_number_avoids_a_clash_with_the_file_and_with_what_stands_beside_it(tmp_path: Path) -> None:
    (tmp_path / "plan.pdf").touch()
    (tmp_path / "plan (2).pdf.reason.json").touch()
    assert filenames.free_name(tmp_path, "plan.pdf", ".reason.json").name == "plan (3).pdf"


def test_printable_escapes_what_a_terminal_would_obey() -> None:
    assert filenames.printable("a\x1b[2Jb\u202e") == "a\\x1b[2Jb\\u202e"
    assert filenames.printable("plain \u00e9") == "plain \u00e9"
