"""`backup`, `restore`, `gc` and `doctor --deep`, typed: what they say and the exit codes they end with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from test_cli import ROOT, Typist, program


@pytest.fixture
def typed(tmp_path: Path) -> Typist:
    return Typist(tmp_path / "home")


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.txt"
    path.write_text("A letter.\n")
    return path


def test_a_home_is_backed_up_and_restored_and_the_doctor_finds_it_well(
    typed: Typist, tmp_path: Path, letter: Path
) -> None:
    session_id = typed.create()
    typed("add", session_id, letter)
    file = tmp_path / "home.tar"
    made = typed.json("backup", file)
    assert (made["path"], made["sessions"], made["contents"], made["left_out"]) == (str(file), 1, 1, [])
    other = Typist(tmp_path / "other")
    assert "1 session and 1 document restored" in other("restore", file).stdout
    checks = other.json("doctor", "--deep")["checks"]
    assert [c["message"] for c in checks if c["check_id"].startswith("deep_") and c["outcome"] != "ok"] == []
    assert other("status", session_id).stdout.startswith(session_id)


def test_a_home_that_is_not_empty_is_wrong_usage_and_a_broken_backup_a_failure(
    typed: Typist, tmp_path: Path, letter: Path
) -> None:
    typed("add", typed.create(), letter)
    file = tmp_path / "home.tar"
    typed("backup", file)
    assert "--replace" in typed("restore", file, code=2).stderr
    assert "What was there before lies in" in typed("restore", file, "--replace").stdout
    file.write_bytes(file.read_bytes()[:1500])
    assert "nothing was changed" in Typist(tmp_path / "other")("restore", file, code=1).stderr
    assert "no file" in Typist(tmp_path / "other")("restore", tmp_path / "none.tar", code=2).stderr


def test_a_backup_that_lacks_a_document_is_partly_done_and_names_it(
    typed: Typist, tmp_path: Path, letter: Path
) -> None:
    typed("add", typed.create(), letter)
    (content,) = (typed.home / "data" / "content").glob("*/*")
    content.unlink()
    assert content.name in typed("backup", tmp_path / "home.tar", code=4).stderr
    assert "is gone" in typed("doctor", "--deep", code=1).stdout


def test_mending_needs_the_deep_look(typed: Typist) -> None:
    assert "--deep" in typed("doctor", "--mend", code=2).stderr
    typed("doctor", "--deep", "--mend")


def test_what_would_go_is_said_before_it_goes(typed: Typist, letter: Path) -> None:
    typed("add", typed.create(), letter)
    assert "Nothing" in typed("gc").stdout
    old = typed.home / "data" / "readings" / f"{'0' * 64}.1-old.json"
    old.parent.mkdir(exist_ok=True)
    old.write_text("{}")
    os.utime(old, (1, 1))
    assert "1 readings of no document, or of older readers would go" in typed("gc", "--dry-run").stdout
    assert old.exists()
    piles = {pile["kind"]: pile["count"] for pile in typed.json("gc")["piles"]}
    assert piles["readings"] == 1
    assert not old.exists()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_backup_that_is_killed_never_stands_under_its_name(
    typed: Typist, tmp_path: Path, end: signal.Signals
) -> None:
    # Given a home whose backup takes a while, since a document in it is large
    session_id = typed.create()
    large = tmp_path / "large.txt"
    with large.open("wb") as stream:
        for number in range(60):
            stream.write(str(number).encode() * 500_000)
    typed("add", session_id, large)
    file = tmp_path / "home.tar"
    command = [sys.executable, str(ROOT / "cli.py"), "--home", str(typed.home), "backup", str(file)]
    with subprocess.Popen(command) as process:  # noqa: S603 - our own program
        while process.poll() is None and not list(tmp_path.glob("home.tar.*.tmp")):
            pass
        process.send_signal(end)
        process.wait()
    # Then nothing has its name, unless it was quicker than the signal and is whole
    if file.exists():
        Typist(tmp_path / "other")("restore", file)
    # And another one can be made
    assert program("--home", typed.home, "backup", file).returncode == 0
    Typist(tmp_path / "another")("restore", file)
