"""A request that is sent again gets the answer it got before, and nothing is done a second time."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as st

from pipeline.errors import KeyReused, TryAgain, UsageError
from pipeline.home.workspace import Workspace
from pipeline.settings import Settings, load_settings
from servers import idempotency
from servers.idempotency import create_session_once, once, sweep_answers
from tests.conftest import Clock
from tests.dying import DIE_AT
from tests.test_two_processes import OPEN, go_together, start


def never() -> Any:
    raise AssertionError("done a second time")


def test_the_same_request_gets_the_stored_answer_also_after_a_restart(workspace: Workspace, settings: Settings) -> None:
    answer = {"session_id": "session-1", "files": [1, 2.5, None, True, "ü"]}
    first = once(workspace, "k", "request", lambda: answer)
    assert (first.value, first.replayed) == (answer, False)
    with Workspace.open(settings, now=workspace.now) as again:
        second = once(again, "k", "request", never)
    assert (second.value, second.replayed) == (answer, True)


def test_the_same_key_with_another_request_is_an_error_and_does_nothing(workspace: Workspace) -> None:
    once(workspace, "k", "request", lambda: 1)
    with pytest.raises(KeyReused):
        once(workspace, "k", "another", never)
    assert once(workspace, "k", "request", never).value == 1


def test_keys_of_one_caller_mean_nothing_to_another(workspace: Workspace) -> None:
    once(workspace, "k", "request", lambda: "mine", caller="anna")
    assert once(workspace, "k", "another", lambda: "mine too", caller="ben").value == "mine too"
    # Not even where the two could be put together in another way.
    assert once(workspace, "b", "r", lambda: 1, caller="a").value == 1
    assert once(workspace, "ab", "r", lambda: 2).value == 2


def test_what_failed_is_not_kept_and_may_be_tried_again(workspace: Workspace) -> None:
    def fail() -> Any:
        raise TryAgain("The disk is full.")

    with pytest.raises(TryAgain):
        once(workspace, "k", "request", fail)
    assert once(workspace, "k", "request", lambda: 1).replayed is False


def test_an_answer_is_kept_for_a_day_and_then_swept(workspace: Workspace, clock: Clock) -> None:
    once(workspace, "k", "request", lambda: 1)
    clock.advance(hours=23, minutes=59)
    once(workspace, "later", "request", lambda: 1)
    assert sweep_answers(workspace) == 0
    assert once(workspace, "k", "request", never).value == 1
    clock.advance(minutes=1)
    assert sweep_answers(workspace) == 1
    assert once(workspace, "k", "another", lambda: 2).value == 2
    assert once(workspace, "later", "request", never).value == 1
    assert len(list((workspace.data / "idempotency").glob("*.json"))) == 2


def test_an_answer_past_its_day_is_not_given_though_nobody_swept(workspace: Workspace, clock: Clock) -> None:
    once(workspace, "k", "request", lambda: 1)
    clock.advance(days=1)
    assert once(workspace, "k", "another", lambda: 2).value == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "with space", "line\n", "ü", "\x00"])
def test_a_key_that_no_header_could_hold_is_refused(workspace: Workspace, key: str) -> None:
    with pytest.raises(UsageError):
        once(workspace, key, "request", never)


def test_a_key_never_becomes_a_path(workspace: Workspace) -> None:
    once(workspace, "../../../etc/passwd", "request", lambda: 1)
    names = [p.name for p in (workspace.data / "idempotency").glob("*.json")]
    assert len(names) == 1
    assert len(names[0]) == 64 + len(".json")


def test_an_answer_too_large_to_keep_is_given_and_not_kept(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "LARGEST_ANSWER", 1000)
    assert once(workspace, "k", "request", lambda: "x" * 1000).value == "x" * 1000
    assert not list((workspace.data / "idempotency").glob("*.json"))


def test_a_damaged_answer_counts_as_none(workspace: Workspace) -> None:
    once(workspace, "k", "request", lambda: 1)
    (kept,) = (workspace.data / "idempotency").glob("*.json")
    kept.write_text("{")
    assert once(workspace, "k", "request", lambda: 2).value == 2


def test_of_threads_with_one_key_one_runs_and_all_get_its_answer(workspace: Workspace) -> None:
    together, ran, got = threading.Barrier(5), [], []

    def make() -> int:
        ran.append(1)
        return len(ran)

    def go() -> None:
        together.wait()
        got.append(once(workspace, "k", "request", make))

    threads = [threading.Thread(target=go) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ran == [1]
    assert [one.value for one in got] == [1] * 5
    assert sorted(one.replayed for one in got) == [False, True, True, True, True]


def test_whoever_waits_too_long_is_told_to_try_again(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "WAIT_SECONDS", 0.05)

    def slow() -> int:
        with pytest.raises(TryAgain, match="same Idempotency-Key"):
            once(workspace, "k", "request", never)
        return 1

    assert once(workspace, "k", "request", slow).value == 1


MAKE = (
    OPEN
    + """
from servers.idempotency import once
from pipeline.stages.initialize import create_session
sys.stdin.readline()
print(once(ws, "k", "r", lambda: create_session(ws, name).session_id).value, flush=True)
ws.close()
"""
)


def test_of_processes_with_one_key_one_makes_the_session(settings: Settings) -> None:
    with Workspace.open(settings) as ws:
        printed = go_together([start(MAKE, ws.data.parent, "Elm Farm") for _ in range(3)])
        assert {line.strip() for line in printed} == set(ws.sessions.ids())
        assert len(ws.sessions.ids()) == 1


@settings_of(max_examples=25, deadline=None)
@given(calls=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.integers()), max_size=8))
def test_answers_are_those_of_a_dictionary(
    calls: list[tuple[str, str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    model: dict[str, tuple[str, int]] = {}
    home = tmp_path_factory.mktemp("once") / "home"
    with Workspace.open(load_settings(home=home, environ={}).settings) as ws:
        for key, request, value in calls:
            expected = model.setdefault(key, (request, value))
            if expected[0] != request:
                with pytest.raises(KeyReused):
                    once(ws, key, request, never)
            else:
                assert once(ws, key, request, lambda value=value: value).value == expected[1]


# --- making a session -------------------------------------------------------------------------------------------------


def test_a_session_is_made_once_and_the_answer_is_that_of_create_session(workspace: Workspace) -> None:
    first = create_session_once(workspace, "k", "request", project_name="Elm Farm", actor="gpt")
    second = create_session_once(workspace, "k", "request", project_name="Elm Farm", actor="gpt")
    assert (first.replayed, second.replayed, second.value) == (False, True, first.value)
    assert workspace.sessions.ids() == [first.value["session_id"]]
    assert first.value["status"] == "initialized"
    kept = sorted(p.suffix for p in (workspace.data / "idempotency").iterdir())
    assert kept == [".json", ".lock"]


def test_what_cannot_be_made_keeps_nothing(workspace: Workspace) -> None:
    with pytest.raises(UsageError):
        create_session_once(workspace, "k", "request", project_name=" ")
    assert create_session_once(workspace, "k", "another", project_name="Elm Farm").replayed is False


KILL_AT_EVERY_STEP = (
    DIE_AT
    + """
import json, os, sys
from pathlib import Path
from pipeline.errors import KeyReused
from servers.idempotency import create_session_once
from pipeline.settings import load_settings
from pipeline.home.workspace import Workspace

root = Path(sys.argv[1])

def open_home(number):
    return Workspace.open(load_settings(home=root / str(number), environ={}).settings)

number = 0
while True:
    number += 1
    open_home(number).close()
    child = os.fork()
    if child == 0:
        die_at(number, str(root / str(number)))
        create_session_once(open_home(number), "k", "request", project_name="Elm Farm")
        os._exit(0)
    killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
    with open_home(number) as ws:
        there = ws.sessions.ids()
        try:
            create_session_once(ws, "k", "another", project_name="Oak Farm")
            # Nothing had come of the first request, so the key was free.
            assert there == []
        except KeyReused:
            assert len(there) == 1
        request = "request" if there else "another"
        first = create_session_once(ws, "k", request, project_name="Elm Farm")
        assert create_session_once(ws, "k", request, project_name="Elm Farm").value == first.value
        print(json.dumps([number, killed, ws.sessions.ids(), first.value["session_id"]]), flush=True)
    if not killed:
        break
"""
)


def test_killed_between_any_two_steps_a_request_makes_one_session(tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own code, above
        [sys.executable, "-c", KILL_AT_EVERY_STEP, str(tmp_path / "homes")],
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    rounds = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rounds) > 10
    assert [ids for _, _, ids, told in rounds if ids != [told]] == []
