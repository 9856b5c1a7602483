"""Files by the hash of their bytes: staged while hashing, filed once, read-only, shared by all sessions."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import FileRefused, ReviewError, TryAgain
from pipeline.models import Value
from pipeline.store.faultpoints import reach
from pipeline.store.files import fsync_folder, is_disk_full, is_writable, kernel_lock, make_private_folder, passing
from pipeline.store.results import check_sha256, is_sha256
from pipeline.store.staging import StagingArea

#: Bytes copied between two looks at the limits.
CHUNK = 1 << 20
#: How often a file that changes while it is copied is begun again before its sender is asked to wait.
ATTEMPTS = 3
#: Seconds to wait while another process files or discards content.
LOCK_SECONDS = 60.0
#: Files synced at the same time: a journalling file system then commits many of them in one go, which costs about as
#: much as one alone.
SYNCS = 8


class Staged(Value):
    """A private copy waiting to be filed or thrown away."""

    path: Path
    sha256: str
    size: int


def free_bytes(folder: Path) -> int:
    """Bytes free on the folder's disk for a user without special rights."""
    return shutil.disk_usage(folder).free


class ContentStore:
    """`root`/<ab>/<sha256>, mode 0400; copies on their way in lie in `staging`."""

    def __init__(
        self,
        root: Path,
        staging: Path,
        min_free_bytes: int = 0,
        derived: Path | None = None,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        """`derived` holds what was made of content (<sha256>.*); it goes when the content goes."""
        self.root = make_private_folder(root)
        self._staging = StagingArea(staging)
        self._min_free = min_free_bytes
        self._derived = derived
        self._free = free
        self._held = threading.local()

    # --- staging -----------------------------------------------------------------------------------------------------

    def stage(self, source: BinaryIO | Path, limit_bytes: int, *, sync: bool = True) -> Staged:
        """Copy `source` into staging while hashing it; the source is never moved, linked or changed.

        The copy is safe on disk, unless `sync` is False: then `secure` it, with all others of its kind, before `put`.
        A file that changes meanwhile is begun again; TryAgain when it goes on changing or the disk has too little room.
        FileRefused for a link, anything but a regular file, a file that may not be read, or more than `limit_bytes`.
        """
        if not isinstance(source, Path):
            return self._copy(source, limit_bytes, "The upload", None, sync)
        for _ in range(ATTEMPTS):
            with _open_regular(source) as stream:
                before = _identity(os.fstat(stream.fileno()))
                staged = self._copy(stream, limit_bytes, str(source), before[1], sync)
                if before == _identity_at(source):
                    return staged
            self.release(staged)
        raise TryAgain(f"{source} goes on changing while it is copied.", "Add it again when it is complete.")

    def secure(self, copies: Iterable[Staged]) -> None:
        """Make copies that were staged without it safe on disk; TryAgain when the disk is full or refuses."""
        try:
            reach("content.secure")
            with ThreadPoolExecutor(SYNCS, thread_name_prefix="sync") as pool:
                for _ in pool.map(_sync, [copy.path for copy in copies]):
                    pass
            reach("content.secured")
        except OSError as error:
            if is_disk_full(error):
                raise self._no_room() from error
            raise TryAgain(f"Copies cannot be written: {error.strerror or error}.", "Add the files again.") from error

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A private folder on the content's disk for what is still on its way; it goes with all in it."""
        folder = make_private_folder(self._staging.new_path())
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def new_copy(self) -> Path:
        """A fresh name in this process's part of staging, which is swept when the process died."""
        return self._staging.new_path()

    def release(self, staged: Staged) -> None:
        """Throw a staged copy away; no error when it was filed or thrown away already."""
        with suppress(FileNotFoundError):
            staged.path.unlink()

    def _copy(self, stream: BinaryIO, limit: int, name: str, size: int | None, sync: bool = True) -> Staged:
        if size is not None and size > limit:
            raise _too_large(name, limit)
        target = self._staging.new_path()
        self.check_room(size or 0)
        digest, copied = hashlib.sha256(), 0
        try:
            handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "wb") as copy:
                while chunk := stream.read(CHUNK):
                    copied += len(chunk)
                    if copied > limit:
                        raise _too_large(name, limit)
                    if size is None:
                        self.check_room(len(chunk))
                    elif copied > size:
                        break  # it is growing: the caller sees that and begins again, instead of running after it
                    digest.update(chunk)
                    copy.write(chunk)
                copy.flush()
                reach("content.stage")
                if sync:
                    os.fsync(copy.fileno())
        except BaseException as error:
            with suppress(FileNotFoundError):
                target.unlink()
            if isinstance(error, OSError) and is_disk_full(error):
                raise self._no_room() from error
            if isinstance(error, OSError) and not is_writable(target.parent):
                raise passing(error, self._staging.root) or error from error
            if isinstance(error, OSError):
                raise TryAgain(f"{name} cannot be copied: {error.strerror or error}.", "Add it again.") from error
            raise
        return Staged(path=target, sha256=digest.hexdigest(), size=copied)

    def check_room(self, wanted: int) -> None:
        """TryAgain when the disk would have less free than is to stay free, had it `wanted` more bytes to hold."""
        if self._free(self._staging.root) - wanted < self._min_free:
            raise self._no_room()

    def _no_room(self) -> TryAgain:
        free = self._free(self._staging.root) // 1_000_000
        return TryAgain(
            f"The disk of {self._staging.root} has {free} MB free; "
            f"inbox.min_free_mb keeps {self._min_free // 1_000_000} MB free.",
            "Make room, move home.data to a larger disk, or lower inbox.min_free_mb. Nothing was taken or lost.",
        )

    # --- filed content -----------------------------------------------------------------------------------------------

    def path(self, sha: str) -> Path:
        """Where that content is or would be."""
        return self.root / check_sha256(sha)[:2] / sha

    def has(self, sha: str) -> bool:
        """True when that content is filed."""
        return self.path(sha).is_file()

    def put(self, staged: Path, sha256: str) -> Path:
        """File a staged copy under its hash for good and return its place; only the copy goes when it is there already.

        Hold `lock` from before this until the session that refers to it is committed.
        """
        self.put_all([(staged, sha256)])
        return self.path(sha256)

    def put_all(self, copies: Sequence[tuple[Path, str]]) -> None:
        """As `put` for many staged copies: each folder is synced once, however many of them go into it."""
        folders = {self._place(staged, sha256) for staged, sha256 in copies} - {None}
        for folder in sorted(filter(None, folders)):
            fsync_folder(folder)
        if folders:
            fsync_folder(self.root)

    def _place(self, staged: Path, sha256: str) -> Path | None:
        """Move a copy to its place; returns the folder that holds a new name now."""
        target = self.path(sha256)
        if target.is_file():
            staged.unlink(missing_ok=True)
            return None
        make_private_folder(target.parent)
        staged.chmod(0o400)
        reach("content.file")
        try:
            staged.replace(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self._put_across(staged, target, sha256)
        reach("content.filed")
        return target.parent

    def _put_across(self, staged: Path, target: Path, sha256: str) -> None:
        """`staged` lies on another disk: copy it here first, so that the content appears in one step all the same."""
        with staged.open("rb") as stream:
            near = self._copy(stream, staged.stat().st_size, str(staged), staged.stat().st_size)
        if near.sha256 != sha256:
            self.release(near)
            raise ReviewError(f"{staged} does not hold {sha256}.", "Add the file again.")
        near.path.chmod(0o400)
        near.path.replace(target)
        staged.unlink()

    def intact(self, sha: str) -> bool:
        """True when the content is filed and its bytes still have that hash. Reads all of it."""
        try:
            with self.path(sha).open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest() == sha
        except OSError:
            return False

    def set_aside(self, sha: str) -> None:
        """Take damaged content out of the way, beside its place, so that adding the file again files it anew."""
        with suppress(FileNotFoundError):
            self.path(sha).replace(self._damaged(sha))

    def _damaged(self, sha: str) -> Path:
        return self.path(sha).with_name(f"{sha}.damaged")

    def places(self) -> list[Path]:
        """Every file in the store, whatever it is called."""
        return sorted(path for path in self.root.glob("*/*") if not path.name.endswith(".tmp"))

    def damaged(self) -> list[Path]:
        """What was set aside because its bytes had changed."""
        return sorted(self.root.glob("[0-9a-f][0-9a-f]/*.damaged"))

    def filed_before(self, moment: float) -> set[str]:
        """The hashes of all content that was filed before `moment` (seconds since the epoch)."""
        found = set()
        for place in self.root.glob("[0-9a-f][0-9a-f]/*"):
            with suppress(FileNotFoundError):
                # Filing is a rename, which sets the change time; the time of writing is the staged copy's.
                if is_sha256(place.name) and place.lstat().st_ctime < moment:
                    found.add(place.name)
        return found

    def discard(self, sha: str) -> None:
        """Remove content and what was made of it; no error without it.

        Hold `lock`, and ask Catalog.unreferenced first.
        """
        reach("content.discard")
        self.path(sha).unlink(missing_ok=True)
        self._damaged(sha).unlink(missing_ok=True)
        if self._derived and self._derived.is_dir():
            for made in self._derived.glob(f"{sha}.*"):
                made.unlink(missing_ok=True)

    @contextmanager
    def lock(self, wait_seconds: float = LOCK_SECONDS) -> Iterator[None]:
        """Keep other processes from filing and discarding; around [put .. commit] and [commit .. discard].

        TryAgain when somebody else holds it for longer than `wait_seconds`. The same thread may enter it again. Take it
        before a session's transaction, never inside one.
        """
        depth: int = getattr(self._held, "depth", 0)
        with ExitStack() as stack:
            if depth == 0:
                busy = "Another process is filing documents."
                stack.enter_context(kernel_lock(self.root.with_name("content.lock"), wait_seconds, busy))
            self._held.depth = depth + 1
            try:
                yield
            finally:
                self._held.depth = depth

    def sweep(self, now: float) -> list[Path]:
        """Throw away staged copies that a dead process left more than a day before `now` (seconds since the epoch)."""
        return self._staging.sweep(now)

    def close(self) -> None:
        """Give up the place in staging."""
        self._staging.close()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading without following a link or waiting for a pipe; FileRefused says why not."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise FileRefused(f"{path} is a symbolic link.", "Add the file it points to.") from error
        if error.errno == errno.ENXIO:
            raise FileRefused(f"{path} is not a regular file.", "Add a regular file.") from error
        if isinstance(error, FileNotFoundError):
            raise FileRefused(f"{path} is not there any more.", "Add it again when it is back.") from error
        cure = "Give this user the right to read it." if isinstance(error, PermissionError) else ""
        raise FileRefused(f"{path} cannot be read: {error.strerror}.", cure) from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise FileRefused(f"{path} is not a regular file.", "Add a regular file.")
    return os.fdopen(handle, "rb")


def _identity(seen: os.stat_result) -> tuple[int, int, int, int]:
    """What must stay equal for two looks to have seen the same bytes."""
    return seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns


def _identity_at(path: Path) -> tuple[int, int, int, int] | None:
    try:
        return _identity(path.lstat())
    except OSError:
        return None


def _too_large(name: str, limit: int) -> FileRefused:
    return FileRefused(
        f"{name} is larger than {limit // 1_000_000} MB.", "Split it, or raise inbox.max_file_mb if it must be."
    )
