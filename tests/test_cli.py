"""The command line: exit codes, what goes where, and answers a person can act on."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from commands_page import PAGE, command_paths, page

from cli import cli
from examples import write_submission
from pipeline.home.presence import watching

ROOT = Path(__file__).resolve().parent.parent


class Typist:
    """Types commands at one home, inside this process."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *words: object, code: int = 0, **how: Any) -> Result:
        result = CliRunner().invoke(cli, ["--home", str(self.home), *map(str, words)], **how)
        assert result.exit_code == code, f"{result.exit_code}\n{result.stdout}\n{result.stderr}\n{result.exception!r}"
        return result

    def json(self, *words: object, code: int = 0) -> Any:
        return json.loads(self("--json", *words, code=code).stdout)

    def create(self, name: str = "Meadow Farm 2026") -> str:
        return self("create", name).stdout.strip()


@pytest.fixture
def typed(tmp_path: Path) -> Typist:
    return Typist(tmp_path / "home")


def program(*words: object, **how: Any) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own."""
    command = [sys.executable, str(ROOT / "cli.py"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False, **how)  # noqa: S603 - ours


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    folder = tmp_path / "letters"
    folder.mkdir()
    for name in ("a", "b", "c"):
        (folder / f"{name}.txt").write_text(f"Letter {name}\n")
    return folder


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Typist, str]:
    """A made-up submission that was added and reported once for every test that only looks."""
    folder = tmp_path_factory.mktemp("reviewed")
    submission = write_submission(folder / "submission")
    typed = Typist(folder / "home")
    session_id = typed.create(submission.project_name)
    typed("add", session_id, submission.folder)
    typed("run", session_id)
    return typed, session_id


# --- where things go --------------------------------------------------------------------------------------------------


def test_create_prints_just_the_session_id(typed: Typist) -> None:
    result = typed("create", "Meadow Farm 2026", "--proponent", "A. Person")
    assert re.fullmatch(r"session-\d{8}-\d{6}\n", result.stdout)
    assert result.stderr == ""
    assert (typed.home / "inbox" / result.stdout.strip()).is_dir()


def test_global_options_may_stand_before_the_command_or_after_it(typed: Typist) -> None:
    before = json.loads(typed("--json", "create", "Meadow Farm 2026").stdout)
    after = json.loads(typed("create", "Meadow Farm 2026", "--json").stdout)
    assert before["project_name"] == after["project_name"] == "Meadow Farm 2026"
    assert after["status"] == "initialized"


@pytest.mark.parametrize("words", [("status",), ("list",), ("failed", "list"), ("config", "show"), ("doctor",)])
def test_json_is_one_document_with_a_schema_version(typed: Typist, words: tuple[str, ...]) -> None:
    typed.create()
    assert typed.json(*words)["schema_version"] == 1


def test_quiet_leaves_only_the_result(typed: Typist, letters: Path) -> None:
    session_id = typed.create()
    typed("add", session_id, letters)
    loud, quiet = typed("discover", session_id), typed("discover", session_id, "--quiet")
    assert quiet.stderr == ""
    assert quiet.stdout == loud.stdout


def test_an_error_says_what_happened_and_the_cure_on_stderr_alone(typed: Typist) -> None:
    result = typed("status", "session-20200101-000000", code=2)
    assert result.stdout == ""
    assert result.stderr.startswith("error: There is no session")
    assert "\ncure: " in result.stderr


def test_colour_appears_when_forced_and_never_against_no_color(typed: Typist) -> None:
    forced = typed("status", "nobody", code=2, env={"FORCE_COLOR": "1"})
    refused = typed("status", "nobody", code=2, env={"FORCE_COLOR": "1", "NO_COLOR": "1"})
    assert "\x1b[" in forced.stderr
    assert "\x1b[" not in refused.stderr


def test_a_hostile_name_cannot_steer_the_terminal(typed: Typist, tmp_path: Path) -> None:
    session_id = typed.create()
    evil = tmp_path / "\x1b[2Jevil.txt"
    evil.write_text("text")
    result = typed("add", session_id, evil, code=4)
    assert "\x1b" not in result.output
    assert "evil.txt" in result.output


def test_a_defect_becomes_a_sentence_and_a_private_log(typed: Typist, monkeypatch: pytest.MonkeyPatch) -> None:
    typed.create()
    monkeypatch.setattr("commands.text.answers.overview", lambda *_: 1 / 0)
    result = typed("status", code=1)
    assert "Traceback" not in result.output
    log = typed.home / "data" / "errors.log"
    assert str(log) in result.stderr
    assert "ZeroDivisionError" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0


# --- naming things ----------------------------------------------------------------------------------------------------


def test_the_start_of_an_id_is_enough_while_it_is_the_only_one(typed: Typist) -> None:
    first = typed.create("Meadow Farm 2026")
    assert typed.json("status", first[:12])["session_id"] == first
    assert typed.json("status", first.removeprefix("session-")[:6])["session_id"] == first
    second = typed.create("Marsh Farm 2026")
    result = typed("status", "session-", code=2)
    assert first in result.stderr
    assert second in result.stderr


def test_an_unknown_session_is_answered_with_the_near_ones(typed: Typist) -> None:
    session_id = typed.create()
    wrong = session_id[:-1] + ("1" if session_id[-1] != "1" else "2")
    assert session_id in typed("show", wrong, code=2).stderr


@pytest.mark.parametrize(
    "words",
    [("nonsense",), ("create",), ("add", "x"), ("report", "x", "--format", "doc"), ("run", "x", "--to", "moon"),
     ("remove", "x", "y", "--by", "me"), ("delete", "x")],
)  # fmt: skip
def test_wrong_usage_is_2(typed: Typist, words: tuple[str, ...]) -> None:
    typed(*words, code=2)


def test_a_misspelt_setting_is_2_and_proposes_the_right_one(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[inbox]\nsettle_second = 1\n")
    result = CliRunner().invoke(cli, ["--config", str(config), "status"])
    assert result.exit_code == 2
    assert "settle_seconds" in result.stderr


def test_config_show_says_where_each_value_came_from(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[queue]\nbroker = 'redis://me:secret@localhost:6379/0'\n")
    arguments = ["--json", "--config", str(config), "--home", str(tmp_path / "h"), "config", "show"]
    result = CliRunner().invoke(cli, arguments, env={"REGISTRY_REVIEW_QUEUE_THREADS": "3"})
    shown = json.loads(result.stdout)["settings"]
    assert shown["home.data"]["origin"] == "--home"
    assert shown["queue.threads"] == {"value": 3, "origin": "environment"}
    assert str(config) in shown["queue.broker"]["origin"]
    assert shown["inbox.rescan_seconds"]["origin"] == "default"
    assert "secret" not in result.stdout


# --- adding -----------------------------------------------------------------------------------------------------------


def test_add_names_what_became_of_each_file_of_each_source(typed: Typist, letters: Path, tmp_path: Path) -> None:
    session_id = typed.create()
    twin = tmp_path / "twin.txt"
    twin.write_bytes((letters / "a.txt").read_bytes())
    shown = typed.json("add", session_id, letters, twin)
    assert {f["filename"]: f["outcome"] for f in shown["files"]} == {
        "a.txt": "added", "b.txt": "added", "c.txt": "added", "twin.txt": "duplicate",
    }  # fmt: skip
    assert shown["files_added"] == 3
    assert shown["session_id"] == session_id
    assert len(shown["results"]) == 2


def test_a_refused_file_is_4_and_the_others_are_added(typed: Typist, letters: Path) -> None:
    session_id = typed.create()
    (letters / "link.txt").symlink_to(letters / "a.txt")
    result = typed("add", session_id, letters, code=4)
    assert re.search(r"REFUSED +link\.txt +\S+", result.stdout)
    assert len(typed.json("status", session_id)["document_sources"]) == 1


def test_a_source_that_is_not_there_is_2_and_the_others_are_added(typed: Typist, letters: Path) -> None:
    session_id = typed.create()
    result = typed("--json", "add", session_id, letters / "gone.txt", letters / "a.txt", code=2)
    assert "gone.txt" in result.stderr
    assert json.loads(result.stdout)["files_added"] == 1


@pytest.fixture
def twice(typed: Typist, letters: Path) -> tuple[str, str]:
    """One session that holds the letters, and an empty one of nearly the same name."""
    first = typed.create("Meadow Farm 2026")
    typed("add", first, letters)
    return first, typed.create("Meadow Farms 2026")


def test_a_likeness_without_a_terminal_adds_nothing_says_so_and_is_3(
    typed: Typist, twice: tuple[str, str], letters: Path
) -> None:
    first, second = twice
    result = typed("--json", "add", second, letters, code=3)
    shown = json.loads(result.stdout)
    assert shown["files_added"] == 0
    assert shown["duplicate_warning"]["session_id"] == first
    assert "Nothing was added" in result.stderr
    assert typed.json("show", second)["documents"] == []


def test_continue_adds_in_spite_of_a_likeness(typed: Typist, twice: tuple[str, str], letters: Path) -> None:
    shown = typed.json("add", twice[1], letters, "--on-duplicate", "continue")
    assert shown["files_added"] == 3
    assert shown["session_id"] == twice[1]
    assert shown["duplicate_warning"]["session_id"] == twice[0]


def test_use_existing_adds_to_the_other_session_and_says_so(
    typed: Typist, twice: tuple[str, str], letters: Path
) -> None:
    first, second = twice
    result = typed("add", second, letters, "--on-duplicate", "use-existing")
    assert f"the existing session {first}" in result.stderr
    assert typed.json("status", second)["points_to"] == first


def test_cancel_adds_nothing_and_is_0(typed: Typist, twice: tuple[str, str], letters: Path) -> None:
    typed("add", twice[1], letters, "--on-duplicate", "cancel")
    assert typed.json("show", twice[1])["documents"] == []


# --- stages -----------------------------------------------------------------------------------------------------------


def test_a_session_without_files_waits_for_them_which_is_3(typed: Typist) -> None:
    session_id = typed.create()
    result = typed("run", session_id, code=3)
    assert "waits for you: no files yet" in result.stderr
    assert typed.json("status", session_id)["workflow_progress"]["document_discovery"]["status"] == "waiting"


def test_no_wait_without_a_watcher_is_75_and_asks_for_nothing(typed: Typist, letters: Path) -> None:
    session_id = typed.create()
    typed("add", session_id, letters)
    result = typed("report", session_id, "--no-wait", code=75)
    assert "Nobody would do the work" in result.stderr
    assert typed.json("status", session_id)["advance_to"] == "document_discovery"


def test_no_wait_beside_a_watcher_asks_for_the_stage(typed: Typist, letters: Path) -> None:
    session_id = typed.create()
    typed("add", session_id, letters)
    with watching(typed.home / "data"):
        shown = typed.json("report", session_id, "--no-wait")
    assert shown["advance_to"] == "report_generation"


def test_a_second_watcher_is_75(typed: Typist) -> None:
    typed.create()
    with watching(typed.home / "data"):
        assert "watcher" in typed("watch", "--once", code=75).stderr


def test_discover_answers_in_the_shape_of_the_contract(typed: Typist, letters: Path) -> None:
    session_id = typed.create()
    typed("add", session_id, letters)
    shown = typed.json("discover", session_id)
    assert shown["documents_found"] == len(shown["documents"]) == 3
    assert shown["sources_scanned"][0]["type"] == "path"
    assert sum(shown["classification_summary"].values()) == 3


def test_a_stage_that_fails_is_1_and_is_listed_and_can_be_retried(
    typed: Typist, letters: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = typed.create()
    typed("add", session_id, letters)
    with monkeypatch.context() as broken:
        broken.setattr("pipeline.stages.discover.discover_documents", lambda *_, **__: 1 / 0)
        result = typed("discover", session_id, code=1)
    assert "Traceback" not in result.output
    (listed,) = typed.json("failed", "list")["failed"]
    assert (listed["session_id"], listed["stage"]) == (session_id, "discover")
    assert "failed" in typed("status", session_id).stdout
    typed("failed", "retry", session_id)
    typed("discover", session_id)
    assert typed.json("failed", "list")["failed"] == []


def test_a_wrong_checklist_doubt_is_3_and_the_report_is_made(typed: Typist, letters: Path) -> None:
    session_id = typed.create()
    typed("add", session_id, letters)
    result = typed("--json", "run", session_id, code=3)
    assert json.loads(result.stdout)["workflow_progress"]["report_generation"]["status"] == "completed"
    assert "checklist" in result.stderr


def test_a_report_that_waits_for_its_review_is_0(reviewed: tuple[Typist, str]) -> None:
    typed, session_id = reviewed
    shown = typed.json("run", session_id)
    assert shown["status"] == "report_generated"
    assert shown["workflow_progress"]["human_review"]["status"] == "waiting"


def test_report_to_stdout_is_the_json_report_byte_for_byte(reviewed: tuple[Typist, str]) -> None:
    typed, session_id = reviewed
    paths = typed.json("report", session_id)["paths"]
    done = program("--home", typed.home, "report", session_id, "--format", "json", "-o", "-")
    assert done.returncode == 0
    assert done.stdout.encode() == Path(paths["json"]).read_bytes()
    assert len(json.loads(done.stdout)["requirements"]) == 23


def test_report_goes_to_a_file_whose_ending_says_the_form(reviewed: tuple[Typist, str], tmp_path: Path) -> None:
    typed, session_id = reviewed
    out = tmp_path / "review.html"
    assert typed("report", session_id, "-o", out).stdout.strip() == str(out)
    assert out.read_text().lstrip().lower().startswith("<!doctype html")
    typed("report", session_id, "-o", tmp_path / "review.odt", code=2)
    assert list(tmp_path.iterdir()) == [out]


def test_a_report_that_cannot_be_made_leaves_no_file(typed: Typist, tmp_path: Path) -> None:
    typed("report", "nobody", "-o", tmp_path / "r.json", code=2)
    assert not (tmp_path / "r.json").exists()


# --- looking ----------------------------------------------------------------------------------------------------------


def test_status_names_one_next_command_that_exists(typed: Typist, letters: Path) -> None:
    session_id = typed.create()
    for step in (None, ("add", session_id, letters)):
        if step:
            typed(*step)
        action = typed.json("status", session_id)["next_action"]
        words = re.search(rf"registry-review --home {re.escape(str(typed.home))} (\S+)", action)
        assert words, action
        assert words[1] in cli.commands


def test_status_counts_files_that_nobody_will_take(typed: Typist, letters: Path) -> None:
    session_id = typed.create()
    (typed.home / "inbox" / session_id / "plan.pdf").write_text("soon")
    (typed.home / "inbox" / "Old Stuff").mkdir()
    shown = typed.json("status", session_id)
    assert shown["waiting_files"] == [{"name": f"{session_id}/plan.pdf", "reason": "no watcher is running"}]
    assert "watch" in shown["next_action"]
    assert "Old Stuff" in typed("status").stdout


def test_a_damaged_session_is_listed_as_damaged_and_hides_no_other(typed: Typist) -> None:
    broken, whole = typed.create("Meadow Farm 2026"), typed.create("Marsh Farm 2026")
    path = typed.home / "data" / "sessions" / broken / "session.json"
    path.write_text("{")
    for command in ("list", "status"):
        shown = typed.json(command)
        assert [s["session_id"] for s in shown["sessions"]] == [whole]
        assert str(path) in shown["damaged"][0]
    assert str(path) in typed("show", broken, code=1).stderr
    typed("delete", broken, "--by", "me")
    assert typed.json("list")["damaged"] == []


@pytest.mark.parametrize("number", ["7", "007", "req-007", "REQ-7"])
def test_a_requirement_is_found_by_its_number(reviewed: tuple[Typist, str], number: str) -> None:
    typed, session_id = reviewed
    row = typed.json("show", session_id, number)
    assert row["requirement_id"] == "REQ-007"
    shown = typed("show", session_id, number).stdout
    for evidence in row["evidence"]:
        assert " ".join(evidence["quote"].split()) in shown
        assert f"{evidence['page']}" in shown


def test_an_unknown_requirement_is_2_and_says_which_there_are(reviewed: tuple[Typist, str]) -> None:
    typed, session_id = reviewed
    assert "REQ-001 to REQ-023" in typed("show", session_id, "99", code=2).stderr


def test_show_gives_documents_rows_and_exceptions(reviewed: tuple[Typist, str]) -> None:
    typed, session_id = reviewed
    shown = typed.json("show", session_id)
    assert len(shown["requirements"]) == 23
    text = typed("show", session_id).stdout
    assert all(d["filename"] in text for d in shown["documents"])
    assert all(r["requirement_id"] in text for r in shown["requirements"])


# --- taking out -------------------------------------------------------------------------------------------------------


def test_a_new_version_is_shown_in_status_and_can_be_undone(typed: Typist, letters: Path) -> None:
    session_id = typed.create()
    typed("add", session_id, letters)
    (letters / "a.txt").write_text("Letter a, corrected\n")
    assert typed.json("add", session_id, letters)["files"][0]["outcome"] == "new_version"
    (old,) = typed.json("status", session_id)["superseded"]
    typed("keep", session_id, old["document_id"], "--by", "me")
    assert typed.json("status", session_id)["superseded"] == []


def test_a_document_is_removed_by_its_name(typed: Typist, letters: Path) -> None:
    session_id = typed.create()
    typed("add", session_id, letters)
    assert typed.json("remove", session_id, "b.txt", "--by", "me", "--reason", "test")["removed"]["filename"] == "b.txt"
    assert "a.txt" in typed("remove", session_id, "aa.txt", "--by", "me", "--reason", "test", code=2).stderr


def test_export_gives_the_originals_back(typed: Typist, letters: Path, tmp_path: Path) -> None:
    session_id = typed.create()
    typed("add", session_id, letters)
    typed("export", session_id, tmp_path / "out")
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()} == {
        p.name: p.read_bytes() for p in letters.iterdir()
    }


def test_deleting_needs_a_name_and_leaves_no_session(typed: Typist) -> None:
    session_id = typed.create()
    typed("delete", session_id, code=2)
    typed("delete", session_id, "--by", "me", "--yes")
    assert typed.json("list")["sessions"] == []


# --- the program in a process of its own ------------------------------------------------------------------------------


def test_watch_once_takes_what_was_dropped_and_says_what_was_refused(typed: Typist, letters: Path) -> None:
    session_id = typed.create()
    drop = typed.home / "inbox" / session_id
    for path in letters.iterdir():
        path.rename(drop / path.name)
    (drop / "link.txt").symlink_to("/etc/hostname")
    done = program("--home", typed.home, "--json", "watch", "--once")
    assert done.returncode == 4, done.stderr
    shown = json.loads(done.stdout)
    assert sorted(f["outcome"] for f in shown["files"]) == ["added", "added", "added", "refused"]
    assert shown["sessions"][0]["workflow_progress"]["document_discovery"]["status"] == "completed"
    assert "added: a.txt" in done.stderr


def test_an_interrupt_is_130_and_no_traceback(typed: Typist) -> None:
    typed.create()
    code = (
        "import signal, sys, cli, commands.text.answers as a\n"
        # Tests that a shell runs in the background inherit that Ctrl-C is ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "def hang(*_):\n    print('there', flush=True)\n    sys.stdin.readline()\n"
        f"a.overview = hang\nsys.argv = ['registry-review', '--home', {str(typed.home)!r}, 'status']\ncli.main()\n"
    )
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "there\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        assert "Traceback" not in process.stderr.read()


def test_a_watcher_is_seen_by_status_and_ends_cleanly_when_asked(typed: Typist) -> None:
    session_id = typed.create()
    command = [sys.executable, str(ROOT / "cli.py"), "--home", str(typed.home), "watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
        assert process.stdout is not None
        assert process.stderr is not None
        (typed.home / "inbox" / session_id / "note.txt").write_text("a note")
        assert "Watching" in process.stderr.readline()
        assert "added: note.txt" in process.stdout.readline()
        assert typed.json("status", session_id)["surroundings"]["watcher_running"] is True
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0, process.stderr.read()
    assert typed.json("status", session_id)["surroundings"]["watcher_running"] is False


def test_a_terminal_that_knows_only_ascii_still_gets_its_answer(reviewed: tuple[Typist, str]) -> None:
    typed, session_id = reviewed
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = program("--home", typed.home, "show", session_id, "7", env=ascii_only)
    assert done.returncode == 0, done.stderr
    assert "REQ-007" in done.stdout


# --- what is written about it -----------------------------------------------------------------------------------------


def test_every_command_is_documented_as_its_help_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: make docs"


def test_the_readme_names_only_commands_that_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    known = {" ".join(path) for path in command_paths()}
    typed = re.findall(r"registry-review (?!SESSION)((?:failed |config )?[a-z-]+)", text)
    assert typed
    assert [words for words in typed if words not in known] == []


def test_every_command_says_what_it_does() -> None:
    assert all(isinstance(c, click.Command) and c.get_short_help_str(200) for c in cli.commands.values())
