"""Whether another process has a file open for writing: the kernel's word where it gives one, else what /proc shows."""

from __future__ import annotations

import fcntl
import os
import signal
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pipeline.intake.mounts import MOUNTINFO, filesystem_of, is_silent

PROC = Path("/proc")
#: The capability's number in <linux/capability.h>.
CAP_LEASE = 28
#: Seconds for which one look through /proc is believed; it costs some milliseconds.
LOOK_SECONDS = 1.0


def lease_says(descriptor: int) -> bool | None:
    """True while somebody has the file open for writing (or mapped so), False while nobody has; None: cannot be told.

    `descriptor` was opened for reading only. Linux grants a read lease on a file only while it is open for writing
    nowhere (fcntl(2), F_SETLEASE), to its owner and to whoever has CAP_LEASE, and not on every file system. Whoever
    opens the file in the microseconds in which the lease is held waits for as long, no longer.
    """
    try:
        # A lease that is broken is told by a signal; SIGIO would end this process, SIGURG is ignored unless asked for.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return True
    except OSError:
        return None
    finally:
        with suppress(OSError):  # none was granted
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


def leases_tell(folder: Path) -> bool:
    """True when leases tell the truth in `folder`, by trying it with a hidden file that is removed again."""
    with tempfile.NamedTemporaryFile(prefix=".doctor-", dir=folder) as probe:
        reading = os.open(probe.name, os.O_RDONLY | os.O_CLOEXEC)
        try:
            while_open = lease_says(reading)
            probe.file.close()
            return while_open is True and lease_says(reading) is False
        finally:
            os.close(reading)


def may_ask_of_others(status: Path = PROC / "self" / "status") -> bool:
    """True when leases are granted to this process on files of other users, too (capabilities(7), CAP_LEASE)."""
    try:
        lines = status.read_text(encoding="ascii").splitlines()
        mask = next(line.split()[1] for line in lines if line.startswith("CapEff:"))
        return bool(int(mask, 16) >> CAP_LEASE & 1)
    except (OSError, StopIteration, ValueError, IndexError):
        return False


class Writers:
    """Asks of each file whether it is being written; remembers which file systems can be asked."""

    def __init__(
        self,
        clock: Callable[[], float],
        lease: Callable[[int], bool | None] = lease_says,
        proc: Path = PROC,
        mountinfo: Path = MOUNTINFO,
    ) -> None:
        self._clock = clock
        self._lease = lease
        self._proc = proc
        self._mountinfo = mountinfo
        #: By device: whether others than this machine may write there.
        self._shared: dict[int, bool] = {}
        self._seen: tuple[set[tuple[int, int]], bool] = (set(), False)
        self._seen_at = float("-inf")

    def of(self, path: Path) -> bool | None:
        """Whether somebody has the file at `path` open for writing; None: cannot be told, or cannot be opened."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            return self.writes(os.fspath(path), descriptor)
        except OSError:
            return None
        finally:
            os.close(descriptor)

    def writes(self, path: str, descriptor: int) -> bool | None:
        """Whether somebody has the file, open as `descriptor` for reading, open for writing; None: cannot be told."""
        seen = os.fstat(descriptor)
        if seen.st_dev not in self._shared:
            kind = filesystem_of(Path(path).parent, self._mountinfo)
            self._shared[seen.st_dev] = kind is not None and is_silent(kind)
        # A network file system answers for this machine alone, or refuses every lease.
        if not self._shared[seen.st_dev]:
            said = self._lease(descriptor)
            if said is not None:
                return said
        if self._clock() >= self._seen_at + LOOK_SECONDS:
            self._seen, self._seen_at = _open_for_writing(self._proc), self._clock()
        written, all_seen = self._seen
        if (seen.st_dev, seen.st_ino) in written:
            return True
        return False if all_seen and not self._shared[seen.st_dev] else None


def _open_for_writing(proc: Path) -> tuple[set[tuple[int, int]], bool]:
    """(device, inode) of what processes have open for writing, and whether all processes could be looked at.

    Those of another container are not seen and not known of.
    """
    found: set[tuple[int, int]] = set()
    try:
        processes = [name for name in os.listdir(proc) if name.isdecimal()]  # noqa: PTH208 - names alone
    except OSError:
        return found, False
    complete = bool(processes)
    for process in processes:
        try:
            with os.scandir(proc / process / "fd") as entries:
                for entry in entries:
                    _note(proc / process / "fdinfo" / entry.name, entry.path, found)
        except PermissionError:
            complete = False
        except OSError:
            continue  # it has ended
    return found, complete


def _note(info: Path, link: str, found: set[tuple[int, int]]) -> None:
    """Add what one descriptor refers to when it was opened for writing."""
    try:
        flags = next(line for line in info.read_text(encoding="ascii").splitlines() if line.startswith("flags:"))
        if int(flags.split()[1], 8) & os.O_ACCMODE != os.O_RDONLY:
            seen = os.stat(link)  # noqa: PTH116 - a link of the kernel's, followed on purpose
            found.add((seen.st_dev, seen.st_ino))
    except (OSError, StopIteration, ValueError, IndexError):
        return
