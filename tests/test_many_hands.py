"""Many processes on the same session and on others at the same time: each act that was said to be done is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import hands


@pytest.mark.timeout(400)  # sixteen programs start on whatever else the machine does
def test_sixteen_processes_on_one_session_and_on_others_lose_double_and_break_nothing(tmp_path: Path) -> None:
    counts = hands.work(tmp_path / "home", processes=16, sessions=16, rounds=3)
    assert counts.lost == []
    assert counts.doubled == []
    assert counts.broken == []
    assert counts.acts >= 16 * 3 * 4
    # Nobody waits as long as it takes to be told to try again
    kind, longest = counts.longest(stages=False)
    assert longest < 30, kind
