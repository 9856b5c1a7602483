"""What the command line says: commands that lead to the same home, errors for people and programs, where results go."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from commands import output_files as output
from commands.text.typed import Way, called, typed_members
from commands.text.typed import typed as as_typed
from pipeline.errors import ReviewError
from pipeline.home.presence import watching
from pipeline.intake.inbox.state import WaitingFile, WatcherState, write_state
from tests.disks import rights_bind
from tests.test_cli import ROOT, Typist, program


@pytest.fixture
def typed(tmp_path: Path) -> Typist:
    return Typist(tmp_path / "my home")


@pytest.fixture
def filled(typed: Typist, tmp_path: Path) -> str:
    """A session that holds a letter nobody has looked at."""
    session_id = typed.create()
    (tmp_path / "a.txt").write_text("A letter.\n")
    typed("add", session_id, tmp_path / "a.txt")
    return session_id


# --- commands ---------------------------------------------------------------------------------------------------------


def commands(*texts: str) -> Iterator[str]:
    for text in texts:
        yield from re.findall(r"registry-review (?!\d).*", text)


def test_every_command_that_is_printed_leads_to_the_same_home(typed: Typist, filled: str, tmp_path: Path) -> None:
    empty, gone = typed.create("Marsh Farm"), typed.create("Moor Farm")
    (typed.home / "data" / "sessions" / gone / "session.json").write_text("{")
    (typed.home / "inbox" / filled / "b.txt").write_text("Another letter.\n")
    (typed.home / "inbox" / "new" / "Stray").mkdir(parents=True)
    asked: list[tuple[int, tuple[str, ...]]] = [
        (0, ("status",)), (0, ("status", empty)), (0, ("show", empty)), (2, ("show", filled, "7")),
        (2, ("remove", filled, "z", "--by", "me", "--reason", "x")), (3, ("run", empty)), (3, ("report", empty)),
        (75, ("run", filled, "--no-wait")), (2, ("failed", "retry", filled)), (0, ("status", "--json")),
        (2, ("reopen", filled, "--by", "me", "--reason", "x")), (2, ("delete", filled[:-1], "--by", "me")),
        (2, ("own", filled, "--json")), (2, ("serve", "--host", "192.0.2.1")), (2, ("keys", "revoke", "nobody")),
        (2, ("doctor", "--mend")), (1, ("doctor",)), (1, ("doctor", "--json")),
    ]  # fmt: skip
    said: list[str] = []
    for code, words in asked:
        answer = typed(*words, code=code)
        texts = strings(json.loads(answer.stdout)) if "--json" in words else (answer.stdout,)
        said += commands(answer.stderr, *texts)
    option = f"registry-review --home {shlex.quote(str(typed.home))} "
    assert len(said) >= 18
    assert [one for one in said if not one.startswith(option)] == []


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(one)


def test_the_next_step_of_an_empty_session_can_be_done_from_anywhere(typed: Typist) -> None:
    session_id = typed.create()
    action = typed.json("status", session_id)["next_action"]
    assert f"{typed.home / 'inbox' / session_id}/" in action
    words = shlex.split(action[action.index("registry-review ") :])
    assert words == ["registry-review", "--home", str(typed.home), "add", session_id, "FOLDER"]


def test_a_settings_file_that_was_given_is_repeated_too(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(f'[home]\ndata = "{tmp_path}/data"\ninbox = "{tmp_path}/inbox"\n')
    done = program("--config", "c.toml", "status", cwd=tmp_path)
    assert f"registry-review --config {tmp_path / 'c.toml'} create" in done.stdout, done.stderr


def test_words_of_others_are_never_changed() -> None:
    told = {
        "quote": "as the registry-review report says", "filename": "registry-review run.txt",
        "next_action": "registry-review run s", "checks": [{"message": "registry-review run s"}],
    }  # fmt: skip
    with called(lambda: Way("--home /h", "/h/inbox")):
        assert typed_members(told) == {**told, "next_action": "registry-review --home /h run s"}
        assert as_typed(as_typed("See `doctor`.")) == "See `registry-review --home /h doctor`."
    assert as_typed("registry-review run s") == "registry-review run s"


# --- what is called for -----------------------------------------------------------------------------------------------


def test_status_does_not_call_for_files_that_have_come_and_are_settling(typed: Typist) -> None:
    session_id = typed.create()
    (typed.home / "inbox" / session_id / "plan.txt").write_text("A plan.\n")
    unwatched = typed.json("status", session_id)
    assert "watch --once" in unwatched["next_action"]
    assert unwatched["waits"] == []

    with watching(typed.home / "data"):
        settling = WaitingFile(name=f"{session_id}/plan.txt", reason="it is still changing")
        state = WatcherState(at=datetime.now(UTC), pid=os.getpid(), mode="events", waiting=(settling,))
        write_state(typed.home / "data", state)
        watched, seen = typed.json("status", session_id), typed("status").stdout
    assert watched["waits"] == []
    assert watched["next_action"] == "Wait: 1 file in the inbox is not taken yet (it is still changing)."
    assert "no files yet" not in seen + json.dumps(watched)


def test_a_report_of_an_empty_session_waits_for_files_and_is_not_its_own_cure(typed: Typist) -> None:
    session_id = typed.create()
    for words in (("report", session_id), ("report", session_id, "--format", "json", "-o", "-")):
        refused = typed(*words, code=3)
        assert refused.stdout == ""
        assert " report " not in refused.stderr.partition("cure:")[2]
        assert f"add {session_id}" in refused.stderr


def test_deleting_by_the_start_of_an_id_needs_somebody_to_be_asked(typed: Typist) -> None:
    session_id = typed.create()
    assert session_id in typed("delete", session_id[:-2], "--by", "me", code=2).stderr
    assert typed.json("list")["sessions"] != []
    typed("delete", session_id[:-2], "--by", "me", "--yes")
    assert typed.json("list")["sessions"] == []


# --- where a result goes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("report",), ("revision-letter",)])
def test_a_place_that_cannot_be_written_is_told_before_any_work(
    typed: Typist, filled: str, tmp_path: Path, command: tuple[str, ...]
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    (tmp_path / "file").touch()
    places = {"absent/r.md": "no folder", ".": "is a folder", "file/r.md": "is no folder", "closed/r.md": "this user"}
    for place, says in places.items():
        with rights_bind():
            assert says in typed(*command, filled, "-o", tmp_path / place, code=2).stderr
    progress = typed.json("status", filled)["workflow_progress"]
    assert progress["document_discovery"]["status"] == "queued"


def test_a_pipe_that_is_named_for_the_result_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert output.place(str(pipe)) == pipe
        output.write(pipe, b"a report")
        assert os.read(reader, 100) == b"a report"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_full_standard_output_is_not_taken_for_the_disk_of_the_home(typed: Typist, form: tuple[str, ...]) -> None:
    typed.create()
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, str(ROOT / "cli.py"), "--home", str(typed.home), *form, "list"],
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=100, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("error: The result could not be written to the standard output: No space left")
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.parametrize("words", [("--help",), ("--version",)])
def test_a_full_standard_output_is_told_of_help_as_well(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, str(ROOT / "cli.py"), *words],
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=100, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("error: The standard output could not be written: No space left")
    assert len(done.stderr.splitlines()) == 2


def test_a_file_that_is_full_is_named_and_no_disk_of_ours(tmp_path: Path) -> None:
    with pytest.raises(ReviewError, match=r"^/dev/full could not be written: No space left"):
        output.write(Path("/dev/full"), b"a letter")


def test_a_reader_that_has_had_enough_is_no_error(typed: Typist) -> None:
    typed.create()
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(ROOT / "cli.py"), "--home", str(typed.home), "list"],
        stdout=write, stderr=subprocess.PIPE, text=True, timeout=100, check=False,
    )  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


# --- errors for programs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        (("--json", "status", "nobody"), "session-not-found", 2),
        (("status", "nobody", "--json"), "session-not-found", 2),
        (("--json", "create"), "usage", 2),
        (("create", "--json", "--bogus"), "usage", 2),
        (("--json", "--bogus"), "usage", 2),
        (("--json", "crate", "X"), "usage", 2),
        (("--json", "review", "override"), "usage", 2),
        (("--json", "show", "nobody", "--why"), "usage", 2),
        (("--json", "create", "  "), "usage", 2),
        (("--json", "keys", "revoke", "nobody"), "usage", 2),
    ],
)
def test_with_json_an_error_is_one_document_too(typed: Typist, words: tuple[str, ...], kind: str, code: int) -> None:
    told = json.loads((answer := typed(*words, code=code)).stdout)
    assert (told["type"], told["exit_code"], told["schema_version"]) == (f"urn:registry-review:{kind}", code, 1)
    assert told["title"]
    assert told["detail"]
    assert isinstance(told["hint"], str)
    assert answer.stderr


def test_a_document_says_what_waits_where_that_is_the_error(typed: Typist) -> None:
    session_id = typed.create()
    told = typed.json("report", session_id, code=3)
    assert (told["type"], told["exit_code"]) == ("urn:registry-review:not-ready", 3)
    assert told["waits"][0].startswith("no files yet")


# --- interrupts -------------------------------------------------------------------------------------------------------

#: An interrupt that comes in a finalizer, whose exception Python drops; and one that comes while the program ends.
LOST = (
    "class Late:\n    def __del__(self):\n        signal.raise_signal(signal.SIGINT)\n"
    "def overview(*_):\n    late = Late()\n    del late\n    return a.Answer({}, 'done')\n"
    "a.overview = overview\n"
)
ENDING = "atexit.register(lambda: signal.raise_signal(signal.SIGINT))\n"


@pytest.mark.parametrize(("when", "codes"), [(LOST, {130}), (ENDING, {-signal.SIGINT})])
def test_an_interrupt_is_never_answered_with_0(typed: Typist, when: str, codes: set[int]) -> None:
    typed.create()
    code = (
        "import atexit, signal, sys, cli, commands.text.answers as a\n"
        f"signal.signal(signal.SIGINT, signal.default_int_handler)\n{when}"
        f"sys.argv = ['registry-review', '--home', {str(typed.home)!r}, 'status']\ncli.main()\n"
    )
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode in codes, done.stderr
