"""The live view: numbers from the queue's news, lines that always fit, and a terminal that is left as it was found."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.progress_news import News
from commands.text.live import clock_time, columns, lines
from commands.text.tally import Picture, Row, Tally
from pipeline.errors import ReviewError
from pipeline.home.workspace import Workspace
from pipeline.models import AddResult, FileOutcome
from pipeline.settings import load_settings
from pipeline.workflow.order import ORDER
from tests.queue_fixtures import drop, new_session, session_with_a_file

ROOT = Path(__file__).resolve().parent.parent
DISCOVERY, REPORT = ORDER[0], ORDER[-1]


class Seconds:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def tally(seconds: Seconds) -> Tally:
    return Tally(REPORT, seconds, lambda session_id: f"Farm of {session_id}")


def wanted(tally: Tally, number: int) -> list[str]:
    ids = [f"session-{n}" for n in range(number)]
    for n, session_id in enumerate(ids):
        tally.hear(News("wanted", session_id, f"Farm {n}"))
    return ids


def started(session_id: str, stage: str = "document_discovery") -> News:
    return News("progress", session_id, "started", stage=stage)  # type: ignore[arg-type]  # a key, as the stages give it


def begins(session_id: str, document: str) -> News:
    return News("progress", session_id, f"reading {document}", stage=DISCOVERY, document=document, total=4)


def ends(session_id: str, document: str, done: int, pages: int | None) -> News:
    return News("progress", session_id, f"read {document}", DISCOVERY, done, 4, document, pages)


def drawn(tally: Tally, width: int = 80, height: int = 24) -> str:
    return "\n".join(lines(tally.picture(), width, height))


# --- what is counted --------------------------------------------------------------------------------------------------


def test_a_farm_is_shown_with_its_stage_how_far_it_is_and_what_is_being_read(tally: Tally, seconds: Seconds) -> None:
    (first, _) = wanted(tally, 2)
    for news in (started(first), begins(first, "plan.pdf"), begins(first, "map.pdf"), ends(first, "plan.pdf", 1, 30)):
        tally.hear(news)
    seconds.now += 65

    assert "Farm 0  discover  1:05  1 of 4  map.pdf" in drawn(tally)
    assert "0 of 2 farms done; 1:05 so far" in drawn(tally)
    assert "1 at work, 1 waiting" in drawn(tally)


def test_only_what_was_really_read_counts_for_the_rate_and_only_for_a_while(tally: Tally, seconds: Seconds) -> None:
    (first,) = wanted(tally, 1)
    tally.hear(started(first))
    tally.hear(begins(first, "a.pdf"))
    seconds.now += 10
    tally.hear(ends(first, "a.pdf", 1, 50))
    tally.hear(ends(first, "b.pdf", 2, None))  # read before

    assert (tally.picture().documents_rate, tally.picture().pages_rate) == (0.1, 5.0)
    seconds.now += 31
    assert tally.picture().documents_rate is None


def test_what_is_left_is_told_only_when_enough_is_done_to_know(tally: Tally, seconds: Seconds) -> None:
    ids = wanted(tally, 10)
    seconds.now += 100  # nothing was begun yet: this time says nothing
    for session_id in ids[:3]:
        assert tally.picture().seconds_left is None
        tally.hear(started(session_id))
        seconds.now += 5
        tally.hear(News("over", session_id, "renewed"))
    assert tally.picture().seconds_left == 7 * 15 / 3
    assert "at most about 0:35 left" in drawn(tally)


def test_farms_that_needed_no_work_do_not_make_the_rest_look_quick(tally: Tally, seconds: Seconds) -> None:
    ids = wanted(tally, 20)
    for session_id in ids[:10]:
        tally.hear(News("over", session_id, "unchanged"))
    for session_id in ids[10:13]:
        tally.hear(started(session_id))
        seconds.now += 10
        tally.hear(News("over", session_id, "renewed"))
    assert tally.picture().seconds_left == 7 * 10


def test_the_watcher_knows_no_end_and_so_none_is_told(tally: Tally, seconds: Seconds) -> None:
    for n in range(9):
        tally.hear(started(f"session-{n}", REPORT))
        seconds.now += 10
        if n < 8:
            tally.hear(News("stage_done", f"session-{n}", stage=REPORT))
    picture = tally.picture()
    assert (picture.finished, picture.seconds_left, picture.at_work[0].name) == (8, None, "Farm of session-8")
    assert "8 farms done" in drawn(tally)


def test_a_batch_hears_nothing_of_sessions_that_it_does_not_look_after(tally: Tally) -> None:
    wanted(tally, 2)
    tally.hear(started("session-of-somebody-else"))
    assert (tally.picture().farms, tally.picture().at_work) == (2, ())


def test_a_farm_that_failed_is_counted_once_and_named_with_the_reason(tally: Tally) -> None:
    (first, *_) = wanted(tally, 3)
    tally.hear(started(first))
    tally.hear(News("stage_failed", first, "`report` failed", stage=REPORT))
    tally.hear(News("over", first, "`report` failed: no disk", error=ReviewError("no disk")))
    assert "1 of 3 farms done, 1 failed" in drawn(tally)
    assert drawn(tally).count("Farm 0: `report` failed: no disk") == 1


def test_dropped_files_make_a_finished_farm_wait_again_unless_nothing_was_new(tally: Tally) -> None:
    def taken(outcome: str) -> News:
        file = FileOutcome.model_validate({"filename": "a.pdf", "outcome": outcome})
        result = AddResult(session_id="s", source_type="inbox", files_added=1, files=(file,), message="s: done")
        return News("taken", "s", "s: done", result=result)

    tally.hear(News("stage_done", "s", stage=REPORT))
    tally.hear(taken("duplicate"))
    assert (tally.picture().finished, tally.picture().waiting) == (1, 0)
    tally.hear(taken("added"))
    assert (tally.picture().finished, tally.picture().waiting) == (0, 1)


# --- what is drawn ----------------------------------------------------------------------------------------------------

rows = st.builds(
    Row,
    st.text(st.characters(exclude_categories=["C"])),
    st.sampled_from(["discover", "report"]),
    st.none() | st.integers(0, 99),
    st.none() | st.integers(1, 99),
    st.lists(st.text(), max_size=3).map(tuple),
    st.floats(0, 1e6),
)
some = st.lists(st.text(st.characters(exclude_categories=["C"])), max_size=3).map(tuple)
pictures = st.builds(
    Picture,
    planned=st.booleans(),
    farms=st.integers(0, 70),
    at_work=st.lists(rows, max_size=40).map(tuple),
    stages=st.just((1, 2, 3, 4, 5)),
    documents_rate=st.none() | st.floats(0, 1e4),
    pages_rate=st.none() | st.floats(0, 1e4),
    seconds=st.none() | st.floats(0, 1e6),
    seconds_left=st.none() | st.floats(0, 1e6),
    failures=some,
    said=some,
)


@given(pictures, st.integers(1, 200), st.integers(2, 50))
def test_whatever_happens_the_lines_fit_the_terminal(picture: Picture, width: int, height: int) -> None:
    made = lines(picture, width, height)
    assert len(made) < height
    assert all(columns(line) <= width and "\n" not in line for line in made)


def test_seventy_farms_fit_an_ordinary_terminal_with_what_matters(tally: Tally) -> None:
    ids = wanted(tally, 70)
    for session_id in ids[:40]:
        tally.hear(started(session_id))
    for session_id in ids[40:45]:
        tally.hear(News("over", session_id, "it broke", error=ReviewError("it broke")))
    made = lines(tally.picture(), 80, 24)
    assert len(made) == 23
    assert made[0].startswith("5 of 70 farms done, 5 failed")
    assert "40 at work, 25 waiting" in made[1]
    assert any(re.fullmatch(r"\.\.\. and \d+ more", line) for line in made)
    assert sum("it broke" in line for line in made) == 3


def test_a_file_name_cannot_steer_the_terminal(tally: Tally) -> None:
    (first,) = wanted(tally, 1)
    tally.hear(started(first))
    tally.hear(begins(first, "\x1b[2Jgone\r.pdf"))
    assert not {"\x1b", "\r"} & set(drawn(tally))


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00"), (65.9, "1:05"), (3723, "1:02:03")])
def test_times_are_shown_as_on_a_clock(seconds: float, shown: str) -> None:
    assert clock_time(seconds) == shown


# --- on a real terminal -----------------------------------------------------------------------------------------------

HIDE, SHOW = b"\x1b[?25l", b"\x1b[?25h"


@dataclass
class Typed:
    """The program, started on a terminal of its own that is its stderr; and all that it wrote there."""

    process: subprocess.Popen[bytes]
    terminal: int
    wrote: bytes = b""

    def watch(self, condition: Callable[[], bool] = lambda: False) -> None:
        """Read what is written until `condition` holds or the program ends."""
        deadline = time.monotonic() + 100  # a busy machine is not a failure
        while time.monotonic() < deadline and not condition():
            if select.select([self.terminal], [], [], 0.05)[0]:
                try:
                    self.wrote += os.read(self.terminal, 65536)
                except OSError:  # Linux says so when the last writer is gone
                    break
            elif self.process.poll() is not None:
                break
        else:
            assert condition(), self.wrote


@contextmanager
def _sigint_heard() -> Iterator[None]:
    """Let what is started in the block hear SIGINT, whatever this process was told to do about it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.fixture
def on_terminal(tmp_path: Path) -> Iterator[Callable[..., Typed]]:
    begun: list[Typed] = []

    def begin(*words: str, **environment: str) -> Typed:
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, 80))
        # A shell without job control has what it puts into the background ignore SIGINT, and so all that these tests
        # start when they run there; nobody types on such a terminal.
        with (tmp_path / "stdout").open("wb") as out, _sigint_heard():
            process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, str(ROOT / "cli.py"), "--home", str(tmp_path / "home"), *words],
                stdin=subprocess.DEVNULL, stdout=out, stderr=theirs,
                env={**os.environ, "TERM": "xterm-256color", **environment},
            )  # fmt: skip
        os.close(theirs)
        begun.append(Typed(process, ours))
        return begun[-1]

    yield begin
    for one in begun:
        one.process.kill()
        one.process.wait()
        os.close(one.terminal)


@pytest.fixture
def farms(tmp_path: Path) -> list[str]:
    with Workspace.open(load_settings(home=tmp_path / "home").settings) as ws:
        return [session_with_a_file(ws, tmp_path / str(n), f"Farm {n}") for n in range(3)]


def test_a_batch_is_drawn_on_stderr_and_leaves_json_alone(
    on_terminal: Callable[..., Typed], farms: list[str], tmp_path: Path
) -> None:
    batch = on_terminal("--json", "batch-report", NO_COLOR="1")
    batch.watch()

    assert batch.process.wait(60) == 0
    assert json.loads((tmp_path / "stdout").read_bytes())["renewed"] == farms
    assert b"of 3 farms done" in batch.wrote
    assert batch.wrote.count(HIDE) == batch.wrote.count(SHOW) == 1
    assert b"3 farms; 3 reports renewed, 0 failed." in batch.wrote.rpartition(SHOW)[2]
    assert not re.search(rb"\x1b\[[0-9;]*m", batch.wrote)


@pytest.mark.parametrize("words", [["--quiet", "batch-report"], ["batch-report"]])
def test_nothing_is_drawn_for_who_wants_quiet_or_on_a_terminal_that_cannot(
    on_terminal: Callable[..., Typed], farms: list[str], words: list[str]
) -> None:
    batch = on_terminal(*words, TERM="xterm" if "--quiet" in words else "dumb")
    batch.watch()
    assert batch.process.wait(60) == 0
    assert batch.wrote == b""


@pytest.mark.parametrize("seen", [HIDE, b"farms done"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_whoever_interrupts_a_batch_gets_the_terminal_back(
    on_terminal: Callable[..., Typed], farms: list[str], number: signal.Signals, code: int, seen: bytes,
    tmp_path: Path,
) -> None:  # fmt: skip
    with Workspace.open(load_settings(home=tmp_path / "home").settings) as ws, ws.sessions.lease(farms[0], 60):
        # While somebody else works on a farm the batch waits for it: it cannot be over before the signal comes.
        batch = on_terminal("batch-report")
        batch.watch(lambda: seen in batch.wrote)
        batch.process.send_signal(number)
        batch.watch()
        assert batch.process.wait(60) == code
    assert batch.wrote.rfind(SHOW) > batch.wrote.rfind(HIDE)
    assert b"farms done" not in batch.wrote.rpartition(SHOW)[2]
    assert b"Traceback" not in batch.wrote


def test_the_watcher_writes_a_line_above_its_view_for_trouble_only(
    on_terminal: Callable[..., Typed], tmp_path: Path
) -> None:
    with Workspace.open(load_settings(home=tmp_path / "home").settings) as ws:
        drop(ws, new_session(ws), {"plan.txt": b"A plan.", "empty.pdf": b""})
    watch = on_terminal("watch", "--once", REGISTRY_REVIEW_INBOX_SETTLE_SECONDS="0.2")
    watch.watch()
    assert watch.process.wait(60) == 4
    assert b"REFUSED: empty.pdf" in watch.wrote
    assert b"added: plan.txt" not in watch.wrote


def test_without_a_terminal_a_verbose_batch_tells_a_line_for_each_farm(farms: list[str], tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(ROOT / "cli.py"), "--home", str(tmp_path / "home"), "--verbose", "batch-report"],
        capture_output=True, text=True, timeout=90, check=True,
    )  # fmt: skip
    assert re.findall(r"^(\d of 3 farms): Farm \d: renewed$", done.stderr, re.M) == [
        f"{n} of 3 farms" for n in (1, 2, 3)
    ]
    assert "\x1b" not in done.stderr
