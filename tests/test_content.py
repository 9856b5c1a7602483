"""Content: staged from anywhere, filed once, private, never taken from a source that moves."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import FileRefused, TryAgain
from pipeline.store import ContentStore
from pipeline.store import content as content_module
from tests.disks import rights_bind

LIMIT = 10_000_000
DAY = 86_400


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ContentStore]:
    made = ContentStore(tmp_path / "content", tmp_path / "staging", derived=tmp_path / "readings")
    yield made
    made.close()


def _staged_files(tmp_path: Path) -> list[Path]:
    return [one for one in (tmp_path / "staging").rglob("*") if one.is_file() and one.suffix != ".lock"]


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_file_is_copied_hashed_and_filed_and_the_source_stays_as_it_was(store: ContentStore, tmp_path: Path) -> None:
    source = tmp_path / "plan.pdf"
    source.write_bytes(b"plan" * 1000)
    before = source.stat()
    staged = store.stage(source, LIMIT)
    assert staged.sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
    assert staged.size == 4000
    assert not store.has(staged.sha256)
    filed = store.put(staged.path, staged.sha256)
    assert filed == store.path(staged.sha256) == tmp_path / "content" / staged.sha256[:2] / staged.sha256
    assert filed.read_bytes() == source.read_bytes()
    assert not filed.samefile(source)
    after = source.stat()
    assert (after.st_mtime_ns, after.st_ctime_ns, after.st_nlink) == (before.st_mtime_ns, before.st_ctime_ns, 1)
    assert _staged_files(tmp_path) == []


def test_filed_content_is_read_only_and_its_folders_are_private(store: ContentStore, tmp_path: Path) -> None:
    staged = store.stage(io.BytesIO(b"x"), LIMIT)
    assert _mode(staged.path) == 0o600
    filed = store.put(staged.path, staged.sha256)
    assert _mode(filed) == 0o400
    assert {_mode(one) for one in (filed.parent, tmp_path / "content", tmp_path / "staging")} == {0o700}


def test_the_same_bytes_twice_are_filed_once(store: ContentStore, tmp_path: Path) -> None:
    first, second = store.stage(io.BytesIO(b"same"), LIMIT), store.stage(io.BytesIO(b"same"), LIMIT)
    filed = store.put(first.path, first.sha256)
    inode = filed.stat().st_ino
    assert store.put(second.path, second.sha256) == filed
    assert filed.stat().st_ino == inode
    assert _staged_files(tmp_path) == []


@settings(max_examples=30)
@given(data=st.binary(max_size=300), chunk=st.integers(1, 64))
def test_what_is_filed_is_what_was_given(tmp_path_factory: pytest.TempPathFactory, data: bytes, chunk: int) -> None:
    folder = tmp_path_factory.mktemp("c")
    store = ContentStore(folder / "content", folder / "staging")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(content_module, "CHUNK", chunk)
        staged = store.stage(io.BytesIO(data), LIMIT)
    assert store.put(staged.path, staged.sha256).read_bytes() == data
    assert store.path(hashlib.sha256(data).hexdigest()).exists()
    store.close()


def test_a_file_that_changes_while_it_is_copied_is_copied_again(store: ContentStore, tmp_path: Path) -> None:
    source = tmp_path / "growing.pdf"
    source.write_bytes(b"first half")
    copies: list[int] = []

    def free(_: Path) -> int:
        # Asked once at the beginning of every copy: the sender writes on just then, but only during the first.
        copies.append(1)
        if len(copies) == 1:
            source.write_bytes(b"first half, second half")
        return LIMIT

    racing = ContentStore(tmp_path / "content", tmp_path / "staging", free=free)
    staged = racing.stage(source, LIMIT)
    assert staged.path.read_bytes() == b"first half, second half"
    assert len(copies) >= 2
    racing.close()


def test_a_file_that_goes_on_changing_is_to_be_tried_again_and_leaves_no_copy(tmp_path: Path) -> None:
    source = tmp_path / "growing.pdf"
    source.write_bytes(b"x")

    def free(_: Path) -> int:
        with source.open("ab") as stream:
            stream.write(b"x")
        return LIMIT

    racing = ContentStore(tmp_path / "content", tmp_path / "staging", free=free)
    with pytest.raises(TryAgain, match=r"growing\.pdf goes on changing"):
        racing.stage(source, LIMIT)
    assert _staged_files(tmp_path) == []
    racing.close()


def test_a_file_that_was_replaced_under_its_name_is_taken_anew(tmp_path: Path) -> None:
    source, other = tmp_path / "plan.pdf", tmp_path / "new.pdf"
    source.write_bytes(b"old")
    other.write_bytes(b"new")

    def free(_: Path) -> int:
        if other.exists():
            other.replace(source)
        return LIMIT

    racing = ContentStore(tmp_path / "content", tmp_path / "staging", free=free)
    assert racing.stage(source, LIMIT).path.read_bytes() == b"new"
    racing.close()


def test_links_folders_pipes_and_missing_files_are_refused_each_with_its_reason(
    store: ContentStore, tmp_path: Path
) -> None:
    (tmp_path / "real").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    os.mkfifo(tmp_path / "pipe")
    for name, reason in {
        "link": "symbolic link",
        "pipe": "not a regular file",
        "content": "not a regular file",
        "gone": "not there",
    }.items():
        with pytest.raises(FileRefused, match=reason) as caught:
            store.stage(tmp_path / name, LIMIT)
        assert name in caught.value.message


def test_a_file_without_read_rights_is_refused(store: ContentStore, tmp_path: Path) -> None:
    source = tmp_path / "secret"
    source.write_bytes(b"x")
    source.chmod(0)
    with rights_bind(), pytest.raises(FileRefused, match="Permission denied"):
        store.stage(source, LIMIT)


@pytest.mark.parametrize("as_stream", [True, False])
def test_a_file_over_the_limit_is_refused_and_leaves_no_copy(
    store: ContentStore, tmp_path: Path, as_stream: bool
) -> None:
    source = tmp_path / "big"
    source.write_bytes(b"x" * 3_000_001)
    with pytest.raises(FileRefused, match="larger than 3 MB") as caught:
        store.stage(io.BytesIO(source.read_bytes()) if as_stream else source, 3_000_000)
    assert "inbox.max_file_mb" in caught.value.cure
    assert _staged_files(tmp_path) == []


@pytest.mark.parametrize("as_stream", [True, False])
def test_a_nearly_full_disk_says_how_much_is_free_and_which_setting_guards_it(tmp_path: Path, as_stream: bool) -> None:
    source = tmp_path / "plan.pdf"
    source.write_bytes(b"x" * 2_000_000)
    tight = ContentStore(tmp_path / "c", tmp_path / "staging", min_free_bytes=200_000_000, free=lambda _: 201_000_000)
    with pytest.raises(TryAgain, match=r"201 MB free.*inbox\.min_free_mb keeps 200 MB"):
        tight.stage(io.BytesIO(source.read_bytes()) if as_stream else source, LIMIT)
    assert _staged_files(tmp_path) == []
    source.write_bytes(b"x" * 500_000)
    assert tight.stage(source, LIMIT).size == 500_000
    tight.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's always-full device")
def test_a_disk_that_runs_full_in_the_middle_is_to_be_tried_again(
    store: ContentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given that the copy, the one file made anew, lies on a device where the kernel answers "no space left"
    store.release(store.stage(io.BytesIO(b"makes the folder"), LIMIT))
    real_open = os.open

    def full(path: Path, flags: int, *mode: int) -> int:
        return real_open("/dev/full", os.O_WRONLY) if flags & os.O_EXCL else real_open(path, flags, *mode)

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(TryAgain, match=r"inbox\.min_free_mb"):
        store.stage(io.BytesIO(b"x" * 100), LIMIT)


def test_discarding_takes_what_was_made_of_it_too(store: ContentStore, tmp_path: Path) -> None:
    staged = store.stage(io.BytesIO(b"x"), LIMIT)
    store.put(staged.path, staged.sha256)
    readings = tmp_path / "readings"
    readings.mkdir()
    (readings / f"{staged.sha256}.1.json").write_text("{}")
    (readings / f"{'0' * 64}.1.json").write_text("{}")
    store.discard(staged.sha256)
    assert not store.has(staged.sha256)
    assert [one.name for one in readings.iterdir()] == [f"{'0' * 64}.1.json"]
    store.discard(staged.sha256)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 64 + "\n", "0" * 63 + "/"])
def test_only_a_hash_can_name_content(store: ContentStore, name: str) -> None:
    for act in (store.path, store.has, store.discard):
        with pytest.raises(ValueError, match="not a SHA-256"):
            act(name)


def test_the_lock_may_be_entered_again_by_its_thread_and_keeps_others_out(
    store: ContentStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content_module, "LOCK_SECONDS", 0.05)
    other = ContentStore(tmp_path / "content", tmp_path / "staging")
    with store.lock():
        with store.lock():
            pass
        with pytest.raises(TryAgain), other.lock():
            pass
    with other.lock():
        pass


def _process_that_stages(tmp_path: Path) -> subprocess.Popen[str]:
    """A real process with one staged copy; it says so, and waits."""
    code = (
        "import io, sys\nfrom pathlib import Path\nfrom pipeline.store import ContentStore\n"
        f"store = ContentStore(Path({str(tmp_path / 'content')!r}), Path({str(tmp_path / 'staging')!r}))\n"
        "print(store.stage(io.BytesIO(b'staged'), 100).path, flush=True)\nsys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own code


def test_copies_of_a_killed_process_are_swept_after_a_day_and_those_of_a_living_one_never(
    store: ContentStore, tmp_path: Path
) -> None:
    # Given copies of this process, of another living one, and something that somebody else put there
    mine = store.stage(io.BytesIO(b"mine"), LIMIT).path
    stray = tmp_path / "staging/not-ours.pdf"
    stray.write_bytes(b"x")
    with _process_that_stages(tmp_path) as process:
        assert process.stdout
        theirs = Path(process.stdout.readline().strip())
        now = theirs.stat().st_mtime
        # When a day and more has passed
        assert store.sweep(now + 2 * DAY) == []
        assert theirs.exists()
        # And when that process was killed
        process.send_signal(signal.SIGKILL)
        process.wait()
        # Then its copies go, but not before they are old
        assert store.sweep(now + 60) == []
        assert store.sweep(now + 2 * DAY) == [theirs.parent]
    assert not theirs.exists()
    assert mine.exists()
    assert stray.exists()


def test_closing_leaves_nothing_behind_in_staging(tmp_path: Path) -> None:
    store = ContentStore(tmp_path / "content", tmp_path / "staging")
    staged = store.stage(io.BytesIO(b"x"), LIMIT)
    store.put(staged.path, staged.sha256)
    store.close()
    assert list((tmp_path / "staging").iterdir()) == []


def test_what_is_on_its_way_has_a_private_folder_that_goes_with_all_in_it(store: ContentStore, tmp_path: Path) -> None:
    with store.scratch() as one, store.scratch() as other:
        assert one != other
        assert (_mode(one), one.is_relative_to(tmp_path / "staging")) == (0o700, True)
        (one / "half").write_bytes(b"x")
    with pytest.raises(TypeError), store.scratch() as folder:
        (folder / "half").write_bytes((folder / "whole").write_bytes(b"x"))  # type: ignore[arg-type]
    assert _staged_files(tmp_path) == []
    assert list((tmp_path / "staging").glob("copies-*/*")) == []
