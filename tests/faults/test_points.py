"""Every fault point stands in the program, is passed by what the harness plays, and costs nothing unless asked for."""

from __future__ import annotations

import ast
import dis
import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.store import faultpoints
from pipeline.store.faultpoints import POINTS, VARIABLE, planned
from tests.faults.rounds import Round, settled, shared, undisturbed, watched
from tests.faults.serving import served
from tests.faults.submissions import small_submission

ROOT = Path(__file__).parents[2]
#: Whole programs start and end many times, on whatever else the machine does.
pytestmark = pytest.mark.timeout(600)


def named_in_the_program() -> list[str]:
    """The argument of each call of `reach` outside its own module."""
    found = []
    for path in (p for top in ("pipeline", "actors", "servers", "commands") for p in (ROOT / top).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "reach":
                name, *_subject = node.args
                assert isinstance(name, ast.Constant), f"{path}:{node.lineno} names its point in no word"
                found.append(name.value)
    return found


def test_each_point_stands_at_one_place_of_the_program_and_no_other_does() -> None:
    assert sorted(named_in_the_program()) == sorted(POINTS)


def test_what_the_harness_plays_passes_every_point(tmp_path: Path) -> None:
    # Given rounds in which nobody is killed, with and without a server
    reached = tmp_path / "reached"
    reached.mkdir()
    for play in (watched, shared, settled, served):
        round_ = Round(play.__name__, tmp_path / play.__name__, small_submission(3), 1, (), reached)
        assert play(round_, undisturbed(small_submission, 3)).findings.all() == []

    assert {path.name for path in reached.iterdir()} == set(POINTS)


def test_a_program_that_is_asked_for_no_fault_has_none_and_a_point_is_one_comparison() -> None:
    assert planned({}) is None
    assert faultpoints._plan is None
    # What is run when there is no plan: load it, compare it, return
    steps = [step.opname for step in dis.get_instructions(faultpoints.reach)]
    before = steps[: next(n for n, name in enumerate(steps) if "NONE" in name and "JUMP" in name) + 1]
    assert not any("CALL" in name for name in before)


@pytest.mark.parametrize(
    "told", ["kill nowhere 1 /tmp/x", "maim file.write 1 /tmp/x", "kill file.write", "kill file.write x /y"]
)
def test_a_plan_that_cannot_be_meant_is_refused(told: str) -> None:
    with pytest.raises(ValueError):
        planned({VARIABLE: told})


def test_trouble_lasts_while_its_file_is_there(tmp_path: Path) -> None:
    disk = tmp_path / "full"
    plan = planned({VARIABLE: f"full file.write 2 {disk}"})
    assert plan is not None
    disk.touch()
    plan.reach("file.write", "")
    with pytest.raises(OSError) as told:
        plan.reach("file.write", "")
    assert told.value.errno == errno.ENOSPC
    plan.reach("file.written", "")

    disk.unlink()

    plan.reach("file.write", "")


def test_of_all_processes_that_come_to_a_point_one_is_killed(tmp_path: Path) -> None:
    ticket = tmp_path / "ticket"
    code = "from pipeline.store.faultpoints import reach; reach('file.write'); reach('file.write'); print('alive')"
    environment = {**os.environ, VARIABLE: f"kill file.write 2 {ticket}"}

    def run() -> int:
        return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=False).returncode  # noqa: S603 - our own code

    assert (run(), run()) == (-signal.SIGKILL, 0)
    assert str(ticket.readlink()).isdigit()
