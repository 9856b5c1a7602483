"""Settling is judged by our own clock; these tests move it by hand and hand in what each look sees."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.intake.inbox.looks import Look, look_at
from pipeline.intake.inbox.readiness import NOTHING_YET, Readiness, readiness
from pipeline.intake.inbox.settling import Settling

PATIENCE = 120.0


class Desk:
    """A clock, the files that looks find, and what is said of their readiness."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.files: dict[str, Look] = {}
        self.readiness: dict[str, Readiness] = {}
        self.settling = Settling(
            2.0,
            0.3,
            PATIENCE,
            lambda: self.now,
            look=self.files.get,
            ready=lambda path: self.readiness.get(path, Readiness()),
        )

    def put(self, path: str, size: int = 10, ino: int = 1, mtime: int = 5, ctime: int = 5, blocks: int = 8) -> Look:
        self.files[path] = Look(ino, size, mtime, ctime, blocks)
        return self.files[path]

    def after(self, seconds: float) -> list[str]:
        self.now += seconds
        return [path for path, _ in self.settling.turn()]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_file_seen_by_a_scan_settles_when_it_stands_still_for_the_whole_window(desk: Desk) -> None:
    desk.settling.sight("a.pdf", desk.put("a.pdf"))

    assert desk.after(1.9) == []
    assert desk.after(0.1) == ["a.pdf"]


def test_a_settled_file_is_told_once(desk: Desk) -> None:
    desk.settling.sight("a.pdf", desk.put("a.pdf"))

    assert desk.after(2.0) == ["a.pdf"]
    assert desk.after(60.0) == []
    assert "a.pdf" not in desk.settling


@pytest.mark.parametrize("change", [{"size": 11}, {"mtime": 6}, {"ino": 2}, {"blocks": 16}])
def test_any_change_begins_the_window_anew(desk: Desk, change: dict[str, int]) -> None:
    desk.settling.sight("a.pdf", desk.put("a.pdf"))
    desk.now += 1.9
    desk.put("a.pdf", **change)

    assert desk.after(0.1) == []
    assert desk.after(1.9) == []
    assert desk.after(0.1) == ["a.pdf"]


def test_a_changed_mode_is_no_new_content(desk: Desk) -> None:
    desk.settling.sight("a.pdf", desk.put("a.pdf", ctime=5))
    desk.put("a.pdf", ctime=6)

    assert desk.after(2.0) == ["a.pdf"]


def test_a_growing_file_is_waited_for_without_limit(desk: Desk) -> None:
    desk.settling.sight("slow.pdf", desk.put("slow.pdf"))
    for size in range(100, 1100):
        desk.put("slow.pdf", size=size)
        assert desk.after(1.0) == []

    assert desk.after(2.0) == ["slow.pdf"]


def test_a_closed_file_settles_after_the_short_window(desk: Desk) -> None:
    desk.put("a.pdf")
    desk.settling.hint("a.pdf", closed=True)

    assert desk.after(0.0) == []  # the first of two looks
    assert desk.after(0.2) == []
    assert desk.after(0.1) == ["a.pdf"]


def test_a_write_after_the_close_takes_the_short_window_back(desk: Desk) -> None:
    desk.put("a.pdf")
    desk.settling.hint("a.pdf", closed=True)
    desk.after(0.0)
    desk.put("a.pdf", size=20)

    assert desk.after(0.3) == []
    assert desk.after(1.9) == []
    assert desk.after(0.1) == ["a.pdf"]


def test_an_event_between_two_equal_looks_makes_them_worthless(desk: Desk) -> None:
    desk.settling.sight("a.pdf", desk.put("a.pdf"))
    desk.now += 1.9
    desk.settling.hint("a.pdf", closed=False)

    assert desk.after(0.1) == []
    assert desk.after(1.9) == []
    assert desk.after(0.1) == ["a.pdf"]


def test_a_scan_does_not_lengthen_the_wait_of_a_file_that_stands_still(desk: Desk) -> None:
    desk.settling.sight("a.pdf", desk.put("a.pdf"))
    desk.now += 1.0
    desk.settling.sight("a.pdf", desk.files["a.pdf"])

    assert desk.after(1.0) == ["a.pdf"]


def test_a_file_that_somebody_has_open_is_not_taken_however_long_it_stands_still(desk: Desk) -> None:
    desk.readiness["held.txt"] = Readiness(written=True)
    desk.settling.sight("held.txt", desk.put("held.txt"))

    for _ in range(3600):
        assert desk.after(1.0) == []
    assert "open for writing" in desk.settling.reason("held.txt")
    desk.readiness.clear()  # it is closed, and no event tells of it

    assert desk.after(2.0) == ["held.txt"]


def test_a_file_without_the_end_of_its_kind_is_waited_for_and_then_let_go_as_it_is(desk: Desk) -> None:
    desk.readiness["half.pdf"] = Readiness(lacks="its end is not there", sample=b"1")
    desk.settling.sight("half.pdf", desk.put("half.pdf"))

    assert desk.after(2.0) == []
    assert "its end is not there; it is taken as it is once it has stood still for 120 s" in desk.settling.reason(
        "half.pdf"
    )
    assert desk.after(PATIENCE - 3.0) == []
    assert desk.after(1.0) == ["half.pdf"]


@pytest.mark.parametrize("change", [{"size": 99}, {"mtime": 6}, {"blocks": 16}, {}])
def test_patience_begins_anew_with_every_change_of_an_unfinished_file(desk: Desk, change: dict[str, int]) -> None:
    """A file that was set aside in full length and is filled changes in its blocks, or in its bytes alone."""
    desk.readiness["half.pdf"] = Readiness(lacks="its end is not there", sample=b"1")
    desk.settling.sight("half.pdf", desk.put("half.pdf"))
    desk.after(2.0)
    desk.after(PATIENCE - 10.0)
    desk.put("half.pdf", **change)
    desk.readiness["half.pdf"] = Readiness(lacks="its end is not there", sample=b"2")
    desk.after(5.0)

    assert desk.after(PATIENCE - 10.0) == []
    assert desk.after(15.0) == ["half.pdf"]


def test_events_alone_do_not_make_an_unfinished_file_wait_for_ever(desk: Desk) -> None:
    desk.readiness["half.pdf"] = Readiness(lacks="its end is not there", sample=b"1")
    desk.settling.sight("half.pdf", desk.put("half.pdf"))
    taken: list[str] = []
    for _ in range(int(PATIENCE) // 10 + 1):  # somebody changes its rights again and again
        desk.settling.hint("half.pdf", closed=False)
        for _ in range(10):
            taken += desk.after(1.0)

    assert taken == ["half.pdf"]


def test_a_file_without_content_that_nobody_has_open_is_waited_for_a_second_window_only(desk: Desk) -> None:
    desk.readiness["empty.txt"] = NOTHING_YET
    desk.settling.sight("empty.txt", desk.put("empty.txt", size=0))

    assert desk.after(2.0) == []
    assert desk.after(1.9) == []
    assert desk.after(0.1) == ["empty.txt"]


def test_a_file_that_gets_its_end_settles_like_any_other(desk: Desk) -> None:
    desk.readiness["half.pdf"] = Readiness(lacks="its end is not there", sample=b"1")
    desk.settling.sight("half.pdf", desk.put("half.pdf"))
    desk.after(2.0)
    desk.after(40.0)
    desk.readiness.clear()
    desk.put("half.pdf", size=99)

    assert desk.after(2.0) == []  # it changed: whole window
    assert desk.after(2.0) == ["half.pdf"]


def test_where_nobody_can_tell_who_writes_only_an_end_that_is_there_spares_the_wait(desk: Desk) -> None:
    desk.readiness["notes.txt"] = Readiness(written=None)
    desk.readiness["plan.pdf"] = Readiness(written=None, ended=True)
    for name in desk.readiness:
        desk.settling.sight(name, desk.put(name))

    assert desk.after(2.0) == ["plan.pdf"]
    assert "nobody can tell" in desk.settling.reason("notes.txt")
    assert desk.after(PATIENCE - 3.0) == []
    assert desk.after(1.0) == ["notes.txt"]


def test_only_a_file_held_open_beyond_patience_is_told_as_held(desk: Desk) -> None:
    for name in ("held.txt", "other.txt"):
        desk.readiness[name] = Readiness(written=name == "held.txt")
        desk.settling.sight(name, desk.put(name))
    desk.after(2.0)
    assert desk.settling.held_open() == []
    desk.after(PATIENCE)

    assert desk.settling.held_open() == ["held.txt"]
    desk.put("held.txt", size=11)
    desk.after(2.0)
    assert desk.settling.held_open() == []


def test_a_vanished_file_is_forgotten(desk: Desk) -> None:
    desk.settling.sight("a.pdf", desk.put("a.pdf"))
    desk.files.clear()

    assert desk.after(2.0) == []
    assert len(desk.settling) == 0


def test_one_changing_file_does_not_hold_up_another(desk: Desk) -> None:
    desk.settling.sight("a.pdf", desk.put("a.pdf"))
    desk.settling.sight("b.pdf", desk.put("b.pdf"))
    desk.put("b.pdf", size=11)

    assert desk.after(2.0) == ["a.pdf"]
    assert list(desk.settling) == ["b.pdf"]


@given(
    steps=st.lists(
        st.tuples(
            st.floats(0.01, 3.0), st.sampled_from(["write", "event", "close", "scan", "open", "shut", "fill", "none"])
        )
    )
)
def test_nothing_settles_while_it_is_open_or_within_the_short_window_of_its_last_change(
    steps: list[tuple[float, str]],
) -> None:
    desk = Desk()
    desk.settling.sight("a", desk.put("a"))
    size, blocks, changed_at = 10, 8, desk.now
    for pause, what in steps:
        if desk.after(pause):
            assert not desk.readiness.get("a", Readiness()).written
            assert desk.now - changed_at >= 0.3 - 1e-6
        if what in ("write", "fill"):
            size, blocks = (size + 1, blocks) if what == "write" else (size, blocks + 8)
            desk.put("a", size=size, blocks=blocks)
            changed_at = desk.now
        elif what in ("event", "close"):
            desk.settling.hint("a", closed=what == "close")
            changed_at = desk.now
        elif what == "scan":
            desk.settling.sight("a", desk.files["a"])
        elif what in ("open", "shut"):
            desk.readiness["a"] = Readiness(written=what == "open")
    desk.readiness.clear()
    for _ in range(3):
        desk.after(5.0)
    assert "a" not in desk.settling  # patience has no limit, but a file at rest always settles


# --- looks at real files ----------------------------------------------------------------------------------------------


def test_a_look_at_a_link_sees_the_link_and_at_a_folder_nothing(tmp_path: Path) -> None:
    target = tmp_path / "target.pdf"
    target.write_bytes(b"x" * 100)
    link = tmp_path / "link.pdf"
    link.symlink_to(target)

    seen = look_at(str(link))

    assert seen is not None
    assert seen.ino == os.lstat(link).st_ino != target.stat().st_ino
    assert look_at(str(tmp_path)) is None
    assert look_at(str(tmp_path / "absent")) is None


def test_what_cannot_be_opened_is_ready_so_that_the_taker_can_say_why(tmp_path: Path) -> None:
    (tmp_path / "link.pdf").symlink_to(tmp_path / "nowhere.pdf")
    os.mkfifo(tmp_path / "pipe.pdf")  # is no reason to hang, either
    of = readiness(lambda: 0.0)

    assert of(str(tmp_path / "link.pdf")) == of(str(tmp_path / "absent.pdf")) == Readiness()
    assert of(str(tmp_path / "pipe.pdf")) == Readiness()


def test_a_sample_tells_a_change_that_moves_neither_size_nor_time(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"a;b\n" + b"\0" * 10_000)
    before, of = path.stat(), readiness(lambda: 0.0)
    first = of(str(path))
    with path.open("r+b") as file:
        file.seek(5_000)
        file.write(b"1;2\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    second = of(str(path))

    assert first.lacks
    assert second.lacks
    assert first.sample != second.sample
