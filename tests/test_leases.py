"""A lease dies with its holder, is kept by one that works for long, and is lost by one that stands still."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from pipeline.errors import Busy, SessionNotFound
from pipeline.home.workspace import Workspace
from pipeline.stages import run
from pipeline.store.leases import Lease, Leases
from tests.queue_fixtures import StageWork, session_with_a_file, until


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "stage.lock"


def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on nobody in this process beats, as if it stood still."""
    monkeypatch.setattr("pipeline.store.leases.os.utime", lambda _handle: None)


def test_a_holder_that_works_for_long_keeps_its_lease(lock: Path) -> None:
    # Given somebody who holds it and beats
    holder, other, beats = Leases(0.5), Leases(0.5), set()
    with holder.hold(lock, 0, "busy") as lease:
        # When somebody else looks at it for much longer than a frozen one would be borne
        def looked() -> bool:
            assert other.is_held(lock)
            with pytest.raises(Busy, match="busy"), other.hold(lock, 0, "busy"):
                pass
            beats.add(lock.stat().st_mtime_ns)
            return len(beats) > 12

        until(looked, "it has beaten often")
        # Then it is still held
        assert lease.is_ours
    assert not other.is_held(lock)


def test_a_holder_that_stands_still_loses_it_and_finds_out(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    other = Leases(10, clock)
    other._pause = 0.01
    frozen(monkeypatch)
    with Leases(10).hold(lock, 0, "busy") as lease:
        assert other.is_held(lock)
        clock.time += 9
        with pytest.raises(Busy), other.hold(lock, 0, "busy"):
            pass
        clock.time += 2

        assert not other.is_held(lock)
        with other.hold(lock, 0, "busy") as second:
            second.require()
            with pytest.raises(Busy, match="stood still"):
                lease.require()
    assert not other.is_held(lock)


def test_of_many_who_want_a_frozen_ones_place_one_gets_it(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    others = [Leases(10, clock) for _ in range(8)]
    frozen(monkeypatch)
    got: list[Lease] = []
    enough = threading.Event()

    def want(leases: Leases) -> None:
        leases._pause = 0.01
        try:
            with leases.hold(lock, 0, "busy") as lease:
                got.append(lease)
                enough.wait(10)
        except Busy:
            pass

    with Leases(10).hold(lock, 0, "busy"):
        for one in others:
            assert one.is_held(lock)
        clock.time += 11
        threads = [threading.Thread(target=want, args=(one,)) for one in others]
        for thread in threads:
            thread.start()
        until(lambda: sum(thread.is_alive() for thread in threads) == 1, "all but one gave up")
        enough.set()
        for thread in threads:
            thread.join()

    assert len(got) == 1
    assert not others[0].is_held(lock)


def test_looking_takes_nothing_and_makes_nothing(lock: Path) -> None:
    assert not Leases().is_held(lock)
    assert not lock.exists()


def test_a_session_that_is_gone_has_no_lease(tmp_path: Path) -> None:
    with pytest.raises(SessionNotFound), Leases().hold(tmp_path / "gone" / "stage.lock", 0, "busy"):
        pass


@pytest.mark.parametrize("fails", [False, True])
def test_who_stood_still_in_the_middle_of_a_stage_writes_nothing_of_it(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    # Given a stage that is computed, whose process then stands still until another one has taken its place
    session_id = session_with_a_file(workspace, tmp_path / "a")
    work, lock = StageWork(), workspace.sessions.folder(session_id) / "stage.lock"
    if fails:
        work.fail[session_id, "document_discovery"] = OSError("the disk is away")
    monkeypatch.setattr(run, "_compute", work)

    def taken_over(_session_id: str, _key: str) -> None:
        os.unlink(lock)  # noqa: PTH108 - what the other one does
        lock.touch()

    work.during = taken_over
    # When it goes on
    with pytest.raises(Busy):
        run.run_stage(workspace, session_id, "document_discovery")
    # Then the other one's word stands
    stage = workspace.sessions.read(session_id).stages["document_discovery"]
    assert (stage.status, stage.result, stage.error) == ("running", None, None)
    assert [e.action for e in workspace.sessions.audit(session_id)][-1] == "stage_started"
