"""Settling is judged by our own clock; these tests move it by hand and hand in what each look sees."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.intake.inbox.looks import Look, look_at, seems_whole
from pipeline.intake.inbox.settling import Settling


class Desk:
    """A clock, the files that looks find, and which of them have no end."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.files: dict[str, Look] = {}
        self.unfinished: set[str] = set()
        self.settling = Settling(
            2.0, 0.3, lambda: self.now, look=self.files.get, whole=lambda path: path not in self.unfinished
        )

    def put(self, path: str, size: int = 10, ino: int = 1, mtime: int = 5, ctime: int = 5) -> Look:
        self.files[path] = Look(ino, size, mtime, ctime)
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


@pytest.mark.parametrize("change", [{"size": 11}, {"mtime": 6}, {"ino": 2}])
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


def test_a_file_without_an_end_gets_a_second_window_and_is_then_let_go(desk: Desk) -> None:
    desk.unfinished.add("half.pdf")
    desk.settling.sight("half.pdf", desk.put("half.pdf"))

    assert desk.after(2.0) == []
    assert desk.after(1.9) == []
    assert desk.after(0.1) == ["half.pdf"]


def test_a_file_that_gets_its_end_in_the_second_window_settles_like_any_other(desk: Desk) -> None:
    desk.unfinished.add("half.pdf")
    desk.settling.sight("half.pdf", desk.put("half.pdf"))
    desk.after(2.0)
    desk.unfinished.clear()
    desk.put("half.pdf", size=99)

    assert desk.after(2.0) == []  # it changed: whole window
    assert desk.after(2.0) == ["half.pdf"]


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


@given(steps=st.lists(st.tuples(st.floats(0.01, 3.0), st.sampled_from(["write", "event", "close", "scan", "none"]))))
def test_nothing_settles_within_the_short_window_of_its_last_change(steps: list[tuple[float, str]]) -> None:
    desk = Desk()
    desk.settling.sight("a", desk.put("a"))
    size, changed_at = 10, desk.now
    for pause, what in steps:
        if desk.after(pause):
            assert desk.now - changed_at >= 0.3 - 1e-6
        if what == "write":
            size += 1
            desk.put("a", size=size)
            changed_at = desk.now
        elif what in ("event", "close"):
            desk.settling.hint("a", closed=what == "close")
            changed_at = desk.now
        elif what == "scan":
            desk.settling.sight("a", desk.files["a"])
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


@pytest.mark.parametrize(
    ("name", "content", "whole"),
    [
        ("plan.pdf", b"%PDF-1.7\n" + b"x" * 5000 + b"\n%%EOF\n", True),
        ("plan.PDF", b"%PDF-1.7\n" + b"x" * 5000, False),
        ("plan.pdf", b"%PDF-1.7\n%%EOF\n" + b"x" * 5000, False),  # an older revision's mark is not the end
        ("yields.xlsx", b"PK\x03\x04" + b"x" * 9000 + b"PK\x05\x06" + b"\0" * 18, True),
        ("yields.xlsx", b"PK\x03\x04" + b"x" * 9000, False),
        ("notes.txt", b"x", True),
        ("notes.txt", b"", False),
        ("empty.pdf", b"", False),
    ],
)
def test_a_file_seems_whole_when_its_kind_ends_as_it_must(
    tmp_path: Path, name: str, content: bytes, whole: bool
) -> None:
    (tmp_path / name).write_bytes(content)

    assert seems_whole(str(tmp_path / name)) is whole


def test_what_cannot_be_opened_seems_whole_so_that_the_taker_can_say_why(tmp_path: Path) -> None:
    (tmp_path / "link.pdf").symlink_to(tmp_path / "nowhere.pdf")

    assert seems_whole(str(tmp_path / "link.pdf"))
    assert seems_whole(str(tmp_path / "absent.pdf"))


def test_a_pipe_is_no_reason_to_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pdf")

    assert not seems_whole(str(tmp_path / "pipe.pdf"))
