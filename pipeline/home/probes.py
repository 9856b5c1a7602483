"""What this machine says of itself: inotify by a real probe, memory, and whether a broker answers."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import select
import socket
import ssl
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: Bits of <sys/inotify.h>: created, moved here, closed after writing.
IN_CREATE, IN_MOVED_TO, IN_CLOSE_WRITE = 0x100, 0x80, 0x8


def inotify_delivers(folder: Path, seconds: float = 1.0) -> bool:
    """True when a file made in `folder` is reported by inotify within `seconds`; OSError when it cannot be set up.

    The probe is a hidden file, which the watched inbox ignores, and is removed again.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "inotify_init1"):
        raise OSError("this system has no inotify")
    descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    try:
        if libc.inotify_add_watch(descriptor, os.fsencode(folder), IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE) < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        with tempfile.NamedTemporaryFile(prefix=".doctor-", dir=folder):
            ready, _, _ = select.select([descriptor], [], [], seconds)
            return bool(ready) and bool(os.read(descriptor, 4096))
    finally:
        os.close(descriptor)


def other_accounts(passwd: Iterable[pwd.struct_passwd] | None = None, mine: int | None = None) -> list[str]:
    """The names of other people's accounts on this machine, whose programs can reach whatever listens on the loopback.

    Counted are accounts that people log in with: ids from 1000 on with a shell. The administrator can read everything
    anyhow; services are not counted. What a directory server knows is seen for whoever is logged in now.
    """
    mine = os.geteuid() if mine is None else mine
    if passwd is None:
        passwd = pwd.getpwall()
        with contextlib.suppress(OSError, ValueError, KeyError):
            ids = {int(one.name) for one in Path("/run/user").iterdir()} - {one.pw_uid for one in passwd}
            passwd += [pwd.getpwuid(one) for one in ids]
    return sorted(
        one.pw_name
        for one in passwd
        if 1000 <= one.pw_uid < 65_534 and one.pw_uid != mine and not one.pw_shell.endswith(("nologin", "false"))
    )


def clock_difference(folder: Path) -> float:
    """Seconds by which the file system's clock is ahead of ours, from a file made in `folder` just now."""
    before = time.time()
    with tempfile.NamedTemporaryFile(prefix=".doctor-", dir=folder) as probe:
        probe.write(b"now")
        probe.flush()
        written = Path(probe.name).stat().st_mtime
    after = time.time()
    if written < before:
        return written - before
    return max(0.0, written - after)


def memory_available_mb(meminfo: Path = Path("/proc/meminfo"), cgroup: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Megabytes that new work may take: what the kernel says is available, or what a container's limit leaves."""
    found: list[int] = []
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in meminfo.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                found.append(int(line.split()[1]) // 1024)
    with contextlib.suppress(OSError, ValueError):
        limit = int((cgroup / "memory.max").read_text(encoding="ascii"))
        used = int((cgroup / "memory.current").read_text(encoding="ascii"))
        found.append((limit - used) // (1024 * 1024))
    return min(found) if found else None


def without_password(address: str) -> str:
    """A broker's address as it may be shown: without user, password and options (`?password=` is one)."""
    scheme, found, rest = address.partition("://")
    place = rest.partition("?")[0].rpartition("@")[2]
    return f"{scheme}://{place}" if found else address


def broker_answers(url: str, seconds: float = 3.0) -> bool:
    """True when the Redis (or Valkey) server at `url` answers PING; OSError when nobody is there.

    Spoken over a plain socket, so that asking needs no client library: redis://, rediss:// and unix:// are known.
    """
    parts = urlsplit(url)
    with contextlib.ExitStack() as stack:
        if parts.scheme == "unix":
            link = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            link.settimeout(seconds)
            link.connect(parts.path)
        else:
            address = (parts.hostname or "localhost", parts.port or 6379)
            link = stack.enter_context(socket.create_connection(address, timeout=seconds))
            if parts.scheme == "rediss":
                secure = ssl.create_default_context()
                link = stack.enter_context(secure.wrap_socket(link, server_hostname=address[0]))
        if parts.password:
            words = [b"AUTH", *(unquote(w).encode() for w in (parts.username, parts.password) if w)]
            link.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
            if not link.recv(256).startswith(b"+OK"):
                raise OSError("the server does not accept the password")
        link.sendall(b"*1\r\n$4\r\nPING\r\n")
        answer = link.recv(256)
        if answer.startswith((b"-NOAUTH", b"-WRONGPASS")):
            raise OSError("the server asks for a password")
        return answer.startswith(b"+PONG")


def broker_trouble(url: str, seconds: float = 3.0) -> str | None:
    """Why the server at `url` cannot be used, in words without its password; None when it answers."""
    try:
        return None if broker_answers(url, seconds) else "is there but does not speak the Redis protocol"
    except OSError as error:
        return f"does not answer: {error}"
