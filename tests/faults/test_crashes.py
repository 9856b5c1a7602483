"""The short form of the crash harness, without a server; `python -m benchmarks.faults` is the long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.rounds import Planned, Round, settled, typed, undisturbed, watched
from tests.faults.submissions import small_submission

#: Whole programs start and end many times, on whatever else the machine does.
pytestmark = pytest.mark.timeout(600)
#: Where a file changes hands: what is dropped between two of these must be on one side or the other.
TAKING: list[Planned] = [
    ("kill", "session.made", 1),
    ("kill", "content.stage", 3),
    ("kill", "content.filed", 2),
    ("kill", "intake.filed", 1),
    ("kill", "session.committed", 2),
    ("kill", "intake.committed", 1),
    ("kill", "inbox.unlink", 2),
    ("kill", "quarantine.move", 1),
]
#: Where a stage's work becomes the session's.
WORKING: list[Planned] = [
    ("kill", "audit.append", 3),
    ("kill", "reading.keep", 1),
    ("kill", "reading.begin", 2),
    ("kill", "stage.running", 2),
    ("kill", "stage.saved", 1),
    ("kill", "file.written", 6),
    ("kill", "report.write", 2),
    ("kill", "stage.committed", 2),
]


#: Where a document or a session goes.
SETTLING: list[Planned] = [
    ("kill", "quarantine.copy", 1),
    ("kill", "quarantine.copied", 1),
    ("kill", "content.discard", 1),
    ("kill", "session.aside", 1),
    ("kill", "session.forgotten", 1),
    ("kill", "export.place", 1),
]


@pytest.mark.parametrize("faults", [TAKING, WORKING], ids=["taking", "working"])
def test_a_watcher_that_is_killed_again_and_again_loses_doubles_and_corrupts_nothing(
    tmp_path: Path, faults: list[Planned]
) -> None:
    round_ = Round("watched", tmp_path / "r", small_submission(3), 11, faults)

    outcome = watched(round_, undisturbed(small_submission, 3), blind=1)

    assert outcome.findings.all() == []
    assert outcome.left == [], "these were not reached, so nothing was proved by them"


def test_taking_a_session_back_and_giving_files_out_can_be_cut_off_anywhere(tmp_path: Path) -> None:
    round_ = Round("settled", tmp_path / "r", small_submission(3), 14, SETTLING)

    outcome = settled(round_, undisturbed(small_submission, 3))

    assert outcome.findings.all() == []
    assert outcome.left == [], "these were not reached, so nothing was proved by them"


def test_commands_that_are_killed_and_typed_again_lose_double_and_corrupt_nothing(tmp_path: Path) -> None:
    faults = [*TAKING[:6], ("kill", "catalog.commit", 2), ("kill", "stage.computed", 3)]
    round_ = Round("typed", tmp_path / "r", small_submission(3), 12, faults)

    outcome = typed(round_, undisturbed(small_submission, 3), blind=1)

    assert outcome.findings.all() == []
    assert outcome.left == [], "these were not reached, so nothing was proved by them"
