from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pdf_maker import make_pdf, prose

from pipeline.errors import ReviewError, TryAgain
from pipeline.models import Reading
from pipeline.reading import READER_VERSION
from pipeline.reading.process import ReadingProcess
from pipeline.reading.service import ReadingService
from pipeline.settings import ReadingSettings

SHA, OTHER = "c" * 64, "d" * 64


class Shelf:
    """Contents by hash, as the store would have them, and how often each was looked up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, Path] = {}
        self.looked_up: list[str] = []
        folder.mkdir()

    def __call__(self, sha: str) -> Path:
        self.looked_up.append(sha)
        return self.files.get(sha, self.folder / "nowhere")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path / "content")
    shelf.files[SHA] = make_pdf(shelf.folder / "plan", prose)
    return shelf


@pytest.fixture
def start(tmp_path: Path, shelf: Shelf) -> Iterator[Callable[..., ReadingService]]:
    started: list[ReadingService] = []

    def make(**settings: float) -> ReadingService:
        service = ReadingService(
            ReadingSettings.model_validate({"processes": 2, "timeout_seconds": 20, **settings}),
            tmp_path / "readings",
            shelf,
        )
        started.append(service)
        return service

    yield make
    for service in started:
        service.close()


def until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(0.01)
    return True


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def hang(shelf: Shelf, sha: str) -> None:
    """A content that never gives its bytes: a named pipe nobody writes to, like a dead network share."""
    path = shelf.folder / "pipe"
    os.mkfifo(path)
    shelf.files[sha] = path


def test_a_content_is_read_once_and_kept_privately_under_hash_and_reader_version(
    start: Callable[..., ReadingService], shelf: Shelf, tmp_path: Path
) -> None:
    # Given a service that has read a document
    service = start()
    assert service.cached(SHA) is None
    reading = service.read(SHA, names=("plan.pdf",))

    # When it is asked again, by a service that starts anew
    shelf.files.clear()
    again = start().read(SHA, names=("other.docx",))

    # Then the kept reading is given, and nobody else may read the file
    assert again == reading
    kept = tmp_path / "readings" / f"{SHA}.{READER_VERSION}.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert list(kept.parent.iterdir()) == [kept]


def test_many_who_ask_at_the_same_time_share_one_reading(start: Callable[..., ReadingService], shelf: Shelf) -> None:
    service = start()
    with ThreadPoolExecutor(12) as pool:
        readings = list(pool.map(service.read, [SHA] * 12))
    assert all(reading == readings[0] for reading in readings)
    assert len(shelf.looked_up) == 1


def test_no_more_processes_run_than_the_settings_say_and_none_before_they_are_needed(
    start: Callable[..., ReadingService], shelf: Shelf
) -> None:
    service = start(processes=2)
    assert service.children() == ()
    for number in range(6):
        shelf.files[f"{number}" * 64] = make_pdf(shelf.folder / str(number), prose)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(service.read, [f"{n}" * 64 for n in range(6)]))
    assert 1 <= len(service.children()) <= 2


def test_an_empty_reading_is_a_reading_and_is_not_made_again(
    start: Callable[..., ReadingService], shelf: Shelf
) -> None:
    shelf.files[OTHER] = shelf.folder / "empty"
    shelf.files[OTHER].write_bytes(b"")
    service = start()
    assert service.read(OTHER).code == "empty"
    looked = len(shelf.looked_up)
    assert service.read(OTHER).code == "empty"
    assert len(shelf.looked_up) == looked


def test_a_document_that_hangs_is_tried_twice_kept_apart_and_hurts_no_other(
    start: Callable[..., ReadingService], shelf: Shelf
) -> None:
    # Given a content whose bytes never come
    hang(shelf, OTHER)
    service = start(processes=1, timeout_seconds=1)

    # When it is read, and another after it
    begun = time.monotonic()
    stuck = service.read(OTHER)
    took = time.monotonic() - begun

    # Then it was given its time twice, says so, and the other is read
    assert (stuck.status, stuck.code) == ("quarantined", "timeout")
    assert "reading.timeout_seconds" in (stuck.note or "")
    assert took >= 2
    assert service.read(SHA).status == "ok"


def test_a_kept_failure_is_read_again_on_request_or_under_other_limits(
    start: Callable[..., ReadingService], shelf: Shelf
) -> None:
    hang(shelf, OTHER)
    service = start(timeout_seconds=1)
    service.read(OTHER)

    # Given that the cause has gone
    shelf.files[OTHER] = make_pdf(shelf.folder / "healed", prose)

    # Then the failure is kept until somebody asks again or grants more
    assert service.read(OTHER).code == "timeout"
    assert start(timeout_seconds=15).read(OTHER).status == "ok"
    assert service.read(OTHER, again=True).status == "ok"
    assert service.read(OTHER).status == "ok"


def test_a_reading_process_that_is_killed_is_replaced_and_after_two_the_document_is_kept_apart(
    start: Callable[..., ReadingService], shelf: Shelf
) -> None:
    # Given a document under way in the only process
    hang(shelf, OTHER)
    service = start(processes=1, timeout_seconds=60)
    answers: list[Reading] = []
    reader = threading.Thread(target=lambda: answers.append(service.read(OTHER)))
    reader.start()

    # When the process dies under it, twice
    killed: set[int] = set()
    for _ in range(2):
        assert until(lambda: bool(set(service.children()) - killed))
        (pid,) = set(service.children()) - killed
        killed.add(pid)
        os.kill(pid, signal.SIGKILL)
        assert until(lambda pid=pid: not alive(pid))
    reader.join(30)

    # Then it is kept apart with what happened, and reading goes on
    assert [(a.status, a.code) for a in answers] == [("quarantined", "crashed")]
    assert "SIGKILL" in (answers[0].note or "")
    assert service.read(SHA).status == "ok"


def test_one_death_alone_is_made_good_by_the_second_try(start: Callable[..., ReadingService], shelf: Shelf) -> None:
    # Given an idle process that dies between two documents
    service = start(processes=1)
    shelf.files[OTHER] = make_pdf(shelf.folder / "second", prose)
    service.read(SHA)
    (pid,) = service.children()
    os.kill(pid, signal.SIGKILL)
    assert until(lambda: not alive(pid))

    assert service.read(OTHER).status == "ok"


def test_one_death_while_a_single_quote_is_found_costs_it_no_boxes(
    start: Callable[..., ReadingService], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a process that is killed just when it is asked for the boxes of the only quote of a document
    service = start(processes=1)
    real, deaths = ReadingProcess.ask, iter((True,))

    def ask(process: ReadingProcess, request: dict[str, object], *how: Any) -> dict[str, object]:
        if request["do"] == "boxes" and next(deaths, False):
            os.kill(process.pid, signal.SIGKILL)
        return real(process, request, *how)

    monkeypatch.setattr(ReadingProcess, "ask", ask)

    assert service.all_boxes(SHA, [(1, "sown with clover")])[0] != ()


def test_a_damaged_file_in_the_cache_is_made_again(start: Callable[..., ReadingService], tmp_path: Path) -> None:
    service = start()
    reading = service.read(SHA)
    kept = tmp_path / "readings" / f"{SHA}.{READER_VERSION}.json"
    kept.write_bytes(kept.read_bytes()[:50])
    assert service.cached(SHA) is None
    assert service.read(SHA) == reading
    assert json.loads(kept.read_bytes())["sha256"] == SHA


def test_a_content_that_is_gone_is_an_error_and_not_an_empty_reading(start: Callable[..., ReadingService]) -> None:
    service = start()
    with pytest.raises(ReviewError, match="is gone"):
        service.read(OTHER)
    assert service.cached(OTHER) is None


def test_boxes_are_found_on_demand_and_missing_quotes_have_none(
    start: Callable[..., ReadingService], shelf: Shelf
) -> None:
    shelf.files[OTHER] = shelf.folder / "note.txt"
    shelf.files[OTHER].write_text("sown with clover")
    service = start()
    ((x0, top, x1, bottom),) = service.all_boxes(SHA, [(1, "sown with clover")])[0]
    assert 72 < x0 < x1 < 400
    assert 80 < top < bottom < 110
    assert service.all_boxes(SHA, [(1, "sown with barley")])[0] == ()
    assert service.all_boxes(OTHER, [(1, "sown with clover")])[0] == ()


def test_closing_ends_the_processes_even_those_at_work(start: Callable[..., ReadingService], shelf: Shelf) -> None:
    hang(shelf, OTHER)
    service = start(processes=2, timeout_seconds=60)
    service.read(SHA)
    failures: list[BaseException] = []

    def read() -> None:
        try:
            service.read(OTHER)
        except ReviewError as error:
            failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    assert until(lambda: len(service.children()) >= 1)
    pids = service.children()

    service.close()
    reader.join(20)
    assert not reader.is_alive()
    # What the end of the program cut off says nothing of the document: it is read again, and no stage has failed by it
    assert [type(failure) for failure in failures] == [TryAgain]
    assert until(lambda: not any(alive(pid) for pid in pids))
    assert service.cached(OTHER) is None


def test_reading_processes_die_with_the_program_that_started_them(tmp_path: Path, shelf: Shelf) -> None:
    # Given a program in the middle of a document that does not end
    hang(shelf, OTHER)
    program = (
        "import sys, threading, time\nfrom pathlib import Path\n"
        "from pipeline.reading.service import ReadingService\nfrom pipeline.settings import ReadingSettings\n"
        f"s = ReadingService(ReadingSettings(processes=1), Path({str(tmp_path / 'r')!r}),"
        f" lambda sha: Path({str(shelf.files[OTHER])!r}))\n"
        f"threading.Thread(target=s.read, args=({OTHER!r},), daemon=True).start()\n"
        "while not s.children(): time.sleep(0.01)\n"
        "print(*s.children(), flush=True)\ntime.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own code
    assert parent.stdout
    pids = [int(p) for p in parent.stdout.readline().split()]
    assert pids

    # When it is killed without a chance to clean up
    parent.kill()
    parent.wait()
    parent.stdout.close()

    # Then its reading process ends as well
    assert until(lambda: not any(alive(pid) for pid in pids))
