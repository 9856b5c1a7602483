"""A file is written whole or not at all, is private, and is guarded by a lock that dies with its holder."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.errors import HomeClosed, ReviewError, SessionNotFound, TryAgain
from pipeline.store.faultpoints import reach

#: Seconds between two looks at a lock somebody else holds.
LOCK_POLL_SECONDS = 0.01
#: Seconds after which a temporary file can only be what a killed process left: a write takes milliseconds.
LEFTOVER_SECONDS = 3600.0
#: So much of a file's name stands in that of its temporary file.
NAME_BYTES = 200


def make_private_folder(folder: Path) -> Path:
    """Make `folder` and every missing parent with mode 0700; folders that are already there keep their mode."""
    missing = [folder]
    while not missing[-1].parent.is_dir():
        missing.append(missing[-1].parent)
    for one in reversed(missing):
        try:
            one.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            if (is_disk_full(error) or error.errno == errno.EROFS) and (known := passing(error, one.parent)):
                raise known from error
            raise ReviewError(
                f"The folder {one} cannot be made: {error.strerror or error}.",
                "Check the path and its rights, or choose another place with --home.",
            ) from error
    return folder


def fsync_folder(folder: Path) -> None:
    """Make names created, replaced or removed in `folder` outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def temporary_beside(target: Path) -> Path:
    """A fresh name in the target's own folder, so that the final rename cannot cross file systems."""
    # A name may be as long as the disk allows, so what is added to it takes the place of its end.
    stem = os.fsdecode(os.fsencode(target.name)[:NAME_BYTES])
    return target.with_name(f"{stem}.{os.getpid()}-{secrets.token_hex(4)}.tmp")


def write_atomic(target: Path, data: bytes, mode: int = 0o600) -> None:
    """Replace `target` by `data`: a reader or a crash sees the old file or the new one, never a part.

    A full disk raises TryAgain, one that is read-only HomeClosed; both leave the old file as it was.
    """
    temporary = temporary_beside(target)
    try:
        reach("file.write")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        reach("file.written")
        temporary.replace(target)
        reach("file.replaced")
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError) and (known := passing(error, target.parent)):
            raise known from error
        raise
    fsync_folder(target.parent)


def is_disk_full(error: OSError) -> bool:
    """True when the system says that no room (or no quota) is left."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def disk_full(folder: Path) -> TryAgain:
    """The error for a disk that ran full while writing into `folder`."""
    free = shutil.disk_usage(folder).free // 1_000_000
    return TryAgain(f"The disk of {folder} is full ({free} MB free).", "Make room and run the command again.")


def is_writable(folder: Path) -> bool:
    """True when this user may change `folder` now: neither is its disk read-only nor are rights missing."""
    return _may(folder, os.W_OK | os.X_OK)


def is_listable(folder: Path) -> bool:
    """True when this user may look into `folder` now."""
    return _may(folder, os.R_OK | os.X_OK)


def _may(folder: Path, wanted: int) -> bool:
    if not os.access(folder, wanted):
        return False
    # Asked a second time as whom we act: the system answers the first question for who started us.
    return os.access not in os.supports_effective_ids or os.access(folder, wanted, effective_ids=True)


def passing(error: OSError, folder: Path) -> TryAgain | None:
    """The error for what the system refused in `folder` and may allow later: room, rights, a disk that is read-only.

    None for everything else.
    """
    if is_disk_full(error):
        return disk_full(folder)
    if error.errno == errno.EROFS:
        return HomeClosed(
            f"{folder} lies on a disk that is read-only: it can be looked at and not changed.",
            "Make the disk writable again, or choose another place with --home. Nothing was lost.",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return HomeClosed(
            f"{folder} may not be changed by this user: permission denied.",
            "Give this user the right to read and write it; `doctor` looks at the folders. Nothing was lost.",
        )
    return None


def sweep_leftovers(
    folder: Path, now: float, older_than: float = LEFTOVER_SECONDS, begins: str = ""
) -> list[Path]:
    """Remove `*.tmp` files in `folder` last touched more than `older_than` seconds before `now`; returns what went.

    Younger ones may belong to a process that is writing at this moment. In a folder that is not ours alone, `begins`
    is what the names of our own begin with.
    """
    swept = []
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if not (entry.name.endswith(".tmp") and entry.name.startswith(begins)):
                continue
            with suppress(FileNotFoundError):
                seen = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(seen.st_mode) and now - seen.st_mtime > older_than:
                    Path(entry.path).unlink()
                    swept.append(Path(entry.path))
    return swept


@contextmanager
def kernel_lock(path: Path, timeout: float, busy: str) -> Iterator[None]:
    """Hold the lock file `path` against all other processes and threads; TryAgain, saying `busy`, after `timeout` s.

    The kernel frees it when the holder dies, however it dies, so a lock file that lies about means nothing.
    """
    # A lock object of our own each time: flock tells descriptors apart, so this also parts two threads of a process.
    lock = FileLock(path, mode=0o600, thread_local=False, is_singleton=False)
    try:
        lock.acquire(timeout=timeout, poll_interval=LOCK_POLL_SECONDS)
    except Timeout as error:
        raise TryAgain(busy, f"Try again in a moment; the lock is {path}.") from error
    except FileNotFoundError as error:
        raise SessionNotFound(
            f"{path.parent.name} was deleted while it was waited for.", "See the list of sessions."
        ) from error
    except OSError as error:
        if known := passing(error, path.parent):
            raise known from error
        raise
    try:
        yield
    finally:
        lock.release()


def is_locked(path: Path) -> bool:
    """True while any process or thread holds the lock file `path`; asking needs no right to write."""
    try:
        # O_NONBLOCK: whatever stands there in its place, opening it must not hang.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        # The same kernel lock as `kernel_lock` takes, shared: two who ask at once do not take each other for a holder.
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)  # which gives it up
    return False
