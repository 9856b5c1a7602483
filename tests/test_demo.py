"""The demonstration does the main job for real, in a home of its own, and tells what it does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What `demo` says for a user whose home is empty, and where that was."""
    empty, temporary = tmp_path_factory.mktemp("empty"), tmp_path_factory.mktemp("temporary")
    bare = {k: v for k, v in os.environ.items() if not k.startswith(("REGISTRY_REVIEW_", "XDG_"))}
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(ROOT / "cli.py"), "demo"],
        capture_output=True, text=True, timeout=110, check=False, cwd=empty,
        env={**bare, "HOME": str(empty), "TMPDIR": str(temporary)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(empty.iterdir()) == [], "a throwaway home is not the user's"
    return done.stdout, temporary


def test_it_ends_with_the_path_of_a_report_that_is_there(played: tuple[str, Path]) -> None:
    text, temporary = played
    last = text.strip().splitlines()[-1]
    path = Path(last.removeprefix("The report: "))
    assert path.is_file()
    assert path.is_relative_to(temporary)
    assert path.suffix == ".html"


def test_it_tells_what_was_taken_what_was_known_already_and_what_was_left(played: tuple[str, Path]) -> None:
    text, _ = played
    assert len(re.findall(r": added: ", text)) >= 6
    assert re.search(r"already here: scan_0001\.pdf \(same bytes as .+\)", text)
    assert re.search(r"Left in the inbox, as it is no document: ~\$", text)
    for verb in ("discover", "map", "extract", "validate", "report"):
        assert f"`{verb}` is done" in text


def test_what_it_says_is_what_the_report_says(played: tuple[str, Path]) -> None:
    text, temporary = played
    (path,) = temporary.glob("registry-review-demo-*/data/sessions/*/reports/*.json")
    report = json.loads(path.read_text(encoding="utf-8"))
    statuses = [r["status"] for r in report["requirements"]]
    assert f"23 requirements: {statuses.count('covered')} covered" in text
    assert 0 < statuses.count("covered") < 23
    first = re.sub(r"\s+", " ", report["exceptions"][0]["message"])
    assert first in re.sub(r"\s+", " ", text)


def test_it_redoes_nothing_for_a_drop_of_many_files(played: tuple[str, Path]) -> None:
    text, _ = played
    assert text.count("`discover` is done") == 1


def test_several_farms_at_once_end_in_a_portfolio_that_is_there(played: tuple[str, Path]) -> None:
    text, temporary = played
    page = Path(next(one for one in text.splitlines() if one.startswith("The portfolio: ")).partition(": ")[2])
    assert page.is_relative_to(temporary)
    value = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    assert len(value["farms"]) == 4
    first = value["causes"][0]
    assert f"{len(first['farms'])} of 4 farms: {first['title']}" in text
