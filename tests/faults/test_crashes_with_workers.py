"""The short form of the crash harness with a watcher, workers and a server between them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.rounds import Planned, Round, shared, undisturbed
from tests.faults.submissions import small_submission

#: Whole programs start and end many times, on whatever else the machine does.
pytestmark = pytest.mark.timeout(600)
FAULTS: list[Planned] = [
    ("kill", "queue.sent", 1),
    ("kill", "queue.begin", 1),
    ("kill", "intake.committed", 1),
    ("kill", "queue.done", 2),
    ("kill", "queue.ack", 3),
    ("kill", "queue.acked", 2),
    ("kill", "stage.saved", 1),
    ("kill", "file.written", 9),
]


def test_whoever_of_watcher_workers_and_server_dies_nothing_is_lost_doubled_or_corrupted(tmp_path: Path) -> None:
    round_ = Round("shared", tmp_path / "r", small_submission(3), 13, FAULTS)

    outcome = shared(round_, undisturbed(small_submission, 3), blind=1, troubles=("server", "flush", "freeze"))

    assert outcome.findings.all() == []
    assert sum(outcome.kills.values()) >= len(FAULTS)
