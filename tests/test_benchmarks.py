"""Every benchmark still runs and gives whole rows; nothing here is said about time."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import NAMES
from benchmarks.__main__ import CouldNotRun, main, run
from benchmarks.table import BEGIN, END, Row, markdown, put_into, text

ROOT = Path(__file__).resolve().parent.parent
ROW = Row("reads", "5 pages/s", "10 pages/s", figure=0.5, target=0.4, at_most=False)


@pytest.mark.timeout(600)  # whole programs start and end, in turn, on whatever else the machine does
@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_gives_whole_rows(name: str) -> None:
    rows = run(name, quick=True)

    assert rows
    for row in rows:
        assert row.name
        assert row.measured
        assert row.reference
        assert math.isfinite(row.figure)
        assert row.figure > 0
        assert row.target > 0
    assert len({row.name for row in rows}) == len(rows)


def test_every_module_that_measures_is_in_the_list() -> None:
    measuring = {path.stem for path in (ROOT / "benchmarks").glob("*.py") if "\ndef measure(" in path.read_text()}

    assert measuring == set(NAMES)


@pytest.mark.parametrize(("figure", "at_most", "met"), [(1.5, True, True), (1.51, True, False), (1.49, False, False)])
def test_a_target_itself_is_met_and_beyond_it_is_missed(figure: float, at_most: bool, met: bool) -> None:
    row = replace(ROW, figure=figure, target=1.5, at_most=at_most)

    assert row.met is met
    assert ("MISSED" in text(row)) is not met


def test_a_note_says_why_in_both_renderings() -> None:
    row = replace(ROW, note="one page holds everything")

    assert "one page holds everything" in text(row)
    assert "one page holds everything" in markdown({"reading": [row]})


def test_a_page_is_renewed_between_its_marks_only(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")

    put_into(page, "new")
    put_into(page, "newer")

    assert page.read_text(encoding="utf-8") == f"before\n{BEGIN}\nnewer\n{END}\nafter\n"


def test_a_benchmark_that_cannot_run_is_told_and_ends_with_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(name: str, **_how: object) -> list[Row]:
        raise CouldNotRun("no disk")

    monkeypatch.setattr("benchmarks.__main__.run", broken)

    assert main(["startup"]) == 1
    assert "no disk" in capsys.readouterr().out


def test_a_missed_target_is_in_the_table_and_no_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("benchmarks.__main__.run", lambda name, **_how: [replace(ROW, target=2.0)])

    assert main(["startup", "--json", str(tmp_path / "rows.json")]) == 0
    assert "MISSED" in capsys.readouterr().out
    (row,) = json.loads((tmp_path / "rows.json").read_text())["rows"]["startup"]
    assert row["met"] is False


def test_an_unknown_name_is_wrong_usage() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "speed"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "no benchmark speed" in done.stderr
