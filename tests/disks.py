"""Small disks of their own for a test: full, read-only, taken away and brought back; and rights that bind even root."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.machine import leave_out

#: Capabilities (capability.h) that let root pass by the rights of files: DAC_OVERRIDE, DAC_READ_SEARCH.
_PASSING_BY = (1 << 1) | (1 << 2)
_VERSION = 0x20080522


class Disk:
    """A file system in memory, mounted at `path`."""

    def __init__(self, path: Path, megabytes: int) -> None:
        self.path = path
        self._size = f"size={megabytes}m,mode=0700,uid={os.getuid()},gid={os.getgid()}"
        self._aside = path.with_name(path.name + ".aside")
        path.mkdir(parents=True)
        self._mounted = False
        self._asked("mount", "-t", "tmpfs", "-o", self._size, "tmpfs", str(path))
        self._mounted = True

    def read_only(self, yes: bool = True) -> None:
        """Have it refuse all changes, or take them again.

        As a second, read-only mount over the first: the system would not let it be while somebody has files open.
        """
        if yes:
            self._asked("mount", "--bind", str(self.path), str(self.path))
            self._asked("mount", "-o", "remount,bind,ro", str(self.path))
        else:
            self._asked("umount", "--lazy", str(self.path))

    def away(self) -> None:
        """Unmount it, keeping what is on it; what lies below it is seen again."""
        self._aside.mkdir(exist_ok=True)
        self._asked("mount", "--move", str(self.path), str(self._aside))

    def back(self) -> None:
        """Mount it again where it was."""
        self._asked("mount", "--move", str(self._aside), str(self.path))

    def fill(self, leave: int = 0) -> Path:
        """Fill it up to `leave` bytes; returns the file to remove to make room."""
        stuff = self.path / "stuff"
        with stuff.open("wb", buffering=0) as file:
            try:
                while shutil.disk_usage(self.path).free > leave:
                    file.write(bytes(min(65_536, max(1, shutil.disk_usage(self.path).free - leave))))
            except OSError:
                pass  # full, as wanted
        return stuff

    def close(self) -> None:
        """Take it away for good."""
        for place in (self.path, self._aside):
            while os.path.ismount(place):
                self._asked("umount", "--lazy", str(place))

    def _asked(self, *command: str) -> None:
        may = () if os.geteuid() == 0 else ("sudo", "-n")
        done = subprocess.run([*may, *command], capture_output=True, text=True, check=False)  # noqa: S603 - mount(8)
        if done.returncode:
            raise PermissionError(done.stderr.strip())


@contextmanager
def disk(path: Path, megabytes: int = 40) -> Iterator[Disk]:
    """A disk at `path`; without the rights to mount one the test is left out."""
    try:
        made = Disk(path, megabytes)
    except (PermissionError, FileNotFoundError):
        leave_out("no right to mount a small disk")
    try:
        yield made
    finally:
        made.close()


@contextmanager
def rights_bind() -> Iterator[None]:
    """Let the rights of files bind this thread, and those it starts, even as root."""
    libc = ctypes.CDLL(None, use_errno=True)
    head = (ctypes.c_uint32 * 2)(_VERSION, 0)
    before, now = (ctypes.c_uint32 * 6)(), (ctypes.c_uint32 * 6)()
    for sets in (before, now):
        if libc.capget(head, sets):
            pytest.skip("this system does not tell of capabilities")
    now[0] &= ~_PASSING_BY
    libc.capset(head, now)
    try:
        yield
    finally:
        libc.capset(head, before)
