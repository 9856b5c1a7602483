"""The harness would notice: whatever it looks for is brought about by hand here, and told as what it is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults.invariants import check
from tests.faults.rounds import NAME, PATIENCE, Round, undisturbed
from tests.faults.submissions import small_submission


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Round:
    """A home on which everything went well."""
    round_ = Round("well", tmp_path_factory.mktemp("played"), small_submission(3), 1, ())
    round_.drop(round_.sent.files, round_.home / "inbox" / "new" / NAME)
    program = round_.start("watch", "--once", "--to", "report")
    round_.require(program.output(PATIENCE)[0], program)
    program.clear()
    return round_


def session(home: Path) -> Path:
    (folder,) = home.glob("data/sessions/session-*")
    return folder


def stored(home: Path) -> Path:
    return max(home.glob("data/content/??/*"), key=lambda path: path.stat().st_size)


def rewritten(path: Path, change: Callable[[Any], None]) -> None:
    value = json.loads(path.read_bytes())
    change(value)
    path.write_text(json.dumps(value))


def content_gone(home: Path) -> None:
    stored(home).unlink()


def content_changed(home: Path) -> None:
    stored(home).chmod(0o600)
    stored(home).write_bytes(b"something else")


def half_a_session(home: Path) -> None:
    path = session(home) / "session.json"
    path.write_bytes(path.read_bytes()[:-20])


def audit_cut(home: Path) -> None:
    path = session(home) / "audit.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2] + lines[3:]))


def taken_and_left(home: Path) -> None:
    shutil.copyfile(stored(home), home / "inbox" / session(home).name / "again.csv")


def one_content_two_documents(home: Path) -> None:
    def double(tables: dict[str, dict[str, Any]]) -> None:
        key, row = next(iter(tables["documents"].items()))
        tables["documents"][f"{key}-2"] = {**row, "document_id": f"{key}-2"}

    rewritten(session(home) / "session.json", double)


def a_second_session(home: Path) -> None:
    copy = session(home).with_name("session-20990101-000000")
    shutil.copytree(session(home), copy)
    rewritten(copy / "session.json", lambda t: t["session"]["session"].update(session_id=copy.name))


def a_stage_in_the_middle(home: Path) -> None:
    rewritten(
        session(home) / "session.json", lambda tables: tables["stages"]["cross_validation"].update(status="running")
    )


def another_report(home: Path) -> None:
    (report,) = session(home).glob("reports/*.json")
    rewritten(report, lambda value: value["requirements"][0].update(status="covered"))


def no_reason(home: Path) -> None:
    (reason,) = home.glob("inbox/.quarantine/*/*/*.reason.json")
    reason.unlink()


def refused_and_gone(home: Path) -> None:
    (reason,) = home.glob("inbox/.quarantine/*/*/*.reason.json")
    reason.with_name(reason.name.removesuffix(".reason.json")).unlink()


def half_written(home: Path) -> None:
    (home / "data" / "batch").mkdir()
    (home / "data" / "batch" / "portfolio.json.1-2.tmp").touch()


@pytest.mark.parametrize(
    ("break_it", "kind", "words"),
    [
        (content_gone, "lost", "is nowhere"),
        (content_changed, "corrupted", "not as it was filed"),
        (half_a_session, "corrupted", "not JSON"),
        (audit_cut, "corrupted", "is broken"),
        (taken_and_left, "doubled", "lies in the inbox as well"),
        (one_content_two_documents, "doubled", "is 2 documents"),
        (a_second_session, "doubled", "2 sessions"),
        (a_stage_in_the_middle, "unfinished", "is running"),
        (another_report, "corrupted", "differs"),
        (no_reason, "corrupted", "without a reason"),
        (refused_and_gone, "lost", "is nowhere"),
        (half_written, "unfinished", "is left"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_is_wrong_is_found_and_told_as_what_it_is(
    played: Round, tmp_path: Path, break_it: Callable[[Path], None], kind: str, words: str
) -> None:
    home = Path(shutil.copytree(played.home, tmp_path / "home"))
    expected = undisturbed(small_submission, 3)
    assert check(home, played.dropped, expected).all() == []

    break_it(home)

    found = check(home, played.dropped, expected)
    assert any(words in what for what in getattr(found, kind)), found.all()
