"""No pattern of the program can be kept busy by a text that somebody made for it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.intake.fetching.pages import begins_a_page

ROOT = Path(__file__).parent.parent
#: Patterns as they stood once: each froze the program over a line of a document, or an answer of a few hundred bytes.
ONCE = (
    r"^\W*(?:[\d.]+\s*)*outcome summary\b",
    r"\s*[,(]?\s*\b(?:t/as?|trading\s+as)\s+(?P<name>[^()]+)\)?",
    r"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:html|head|body)\b",
    r"^\W*(?:inclusive)?\W*(?:to|until)?(?:\W*(?:and|end|date|end date))*\W*(?:on\s+)?\W*$",
)


def tried(*given: str, seconds: int = 10) -> tuple[int, list[dict[str, Any]]]:
    """How many patterns were tried, and those that were too slow: each search has so much processor time."""
    last, slow = -1, []
    while True:
        command = [sys.executable, "-m", "tests.pattern_trial", str(last + 1), *given]
        environment = {**os.environ, "PATTERN_SECONDS": str(seconds)}
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)  # noqa: S603 - our own
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        slow += [line for line in lines if "slow" in line]
        last = max((line["at"] for line in lines if "at" in line), default=last)
        if done.returncode == 0:
            return last + 1, slow
        # The kernel ended a search that had used up its time: that pattern failed, and those after it are tried.
        assert done.returncode == -signal.SIGXCPU, done.stderr
        slow.append(next(line for line in lines if line.get("at") == last))


@pytest.mark.timeout(900)  # 20 s of processor time, on whatever else the machine does
def test_no_pattern_of_the_program_is_kept_busy_by_a_text_made_for_it() -> None:
    number, slow = tried()
    assert number > 400
    assert not slow, "\n".join(str(one) for one in slow)


@pytest.mark.timeout(300)
def test_the_patterns_that_once_froze_the_program_are_found() -> None:
    number, slow = tried(*ONCE, seconds=2)
    assert number == len(ONCE)
    assert {one["pattern"] for one in slow} == {repr(pattern) for pattern in ONCE}


def test_a_page_behind_comments_is_still_seen_as_one_and_comments_alone_are_none() -> None:
    assert begins_a_page(b"\xef\xbb\xbf <?xml version='1.0'?> <!-- a --> <!-- b -->\n<html>")
    assert not begins_a_page(b"<!---->" * 60)
