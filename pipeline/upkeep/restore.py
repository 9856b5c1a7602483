"""A home from a backup: unpacked beside what is there, every hash looked at, and only then put in its place."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from pipeline.errors import ReviewError, TryAgain, UsageError
from pipeline.filenames import free_name, printable
from pipeline.home.presence import watcher_is_running, workers_running
from pipeline.home.workspace import Workspace
from pipeline.models import SCHEMA_VERSION, Value
from pipeline.settings import HomeSettings, Settings
from pipeline.store import is_session_id, make_private_folder
from pipeline.store.content import LOCK_SECONDS
from pipeline.store.files import disk_full, fsync_folder, is_disk_full, is_locked, kernel_lock
from pipeline.store.results import is_sha256
from pipeline.upkeep.backup import FORMAT, MANIFEST, LeftOut
from pipeline.upkeep.kept import files_under, holds_anything

#: In the data folder: what is being unpacked, and what was there before; hidden, so that neither is part of the home.
UNPACKING, BEFORE = ".restoring-", ".before-restore-"
LOCK = "restore.lock"
#: Bytes copied at once.
CHUNK = 1 << 20
#: A manifest larger than this is none of ours: it holds a line of some 200 bytes for each file.
LARGEST_MANIFEST = 1_000_000_000


class Restored(Value):
    """A home that was put back."""

    schema_version: int = SCHEMA_VERSION
    data: Path
    sessions: int
    contents: int
    files: int
    #: Files that wait in the inbox again, and those in the quarantine.
    inbox_files: int
    #: Where what was there before lies now.
    aside: Path | None = None
    #: What the backup itself says it could not hold.
    left_out: tuple[LeftOut, ...] = ()
    #: Sessions that were damaged when they were copied.
    damaged: tuple[str, ...] = ()


def restore(settings: Settings, source: Path, now: datetime, *, replace: bool = False) -> Restored:
    """Make the home of `settings` what the backup `source` holds; nothing changes before all of it was looked at.

    A home that holds something is only touched with `replace`, and then moved aside in its own data folder, never
    deleted. Files of the inbox are put beside those that lie there. TryAgain while a watcher or worker is at work, or
    when the disk is full; ReviewError for a backup that is cut off, changed, or none.
    """
    data = make_private_folder(settings.home.data)
    with kernel_lock(data / LOCK, 0.1, f"Another restore is at work on {data}."):
        _require_rest(data)
        if holds_anything(data) and not replace:
            raise UsageError(
                f"The home {data} is not empty.",
                "Restore into another one with --home DIR, or repeat with --replace: what is there is moved aside.",
            )
        for old in data.glob(f"{UNPACKING}*"):  # we hold the lock, so whoever made it is dead
            shutil.rmtree(old, ignore_errors=True)
        unpacked = data / f"{UNPACKING}{secrets.token_hex(8)}"
        try:
            unpacked.mkdir(mode=0o700)
            told = _unpack(source, unpacked)
            damaged = _looked_through(settings, unpacked, now)
            # One sync for all files, since one for each would take longer than the copying.
            os.sync()
            # Whoever files documents just now, a server for instance, is waited for.
            with kernel_lock(data / "content.lock", LOCK_SECONDS, "Another process is filing documents."):
                aside = _swap(data, unpacked / "data", now)
            inbox_files = _put_into_inbox(settings.home.inbox, unpacked / "inbox", now)
        except OSError as error:
            if is_disk_full(error):
                raise disk_full(data) from error
            raise
        finally:
            shutil.rmtree(unpacked, ignore_errors=True)
    for session_id in told["sessions"]:
        make_private_folder(settings.home.inbox / session_id)
    return Restored(
        data=data,
        sessions=len(told["sessions"]),
        contents=sum(name.startswith("data/content/") for name in told["files"]),
        files=len(told["files"]),
        inbox_files=inbox_files,
        aside=aside,
        left_out=tuple(LeftOut.model_validate(one) for one in told["left_out"]),
        damaged=damaged,
    )


def _require_rest(data: Path) -> None:
    if watcher_is_running(data):
        raise TryAgain(f"A watcher is at work on {data}.", "End it, then restore.")
    if workers_running(data):
        raise TryAgain(f"Workers are at work on {data}.", "End them, then restore.")
    if any(is_locked(lock) for lock in (data / "staging").glob("*.lock")):
        raise TryAgain(f"A process is taking files into {data}.", "End it, or let it end, then restore.")


# --- unpacking --------------------------------------------------------------------------------------------------------


def _unpack(source: Path, into: Path) -> dict[str, Any]:
    """Write every file of the backup under `into` and hold each to the manifest, which is returned."""
    found: dict[str, dict[str, str | int]] = {}
    manifest: dict[str, Any] | None = None
    with _opened(source) as tar:
        for entry in tar:
            stream = tar.extractfile(entry) if entry.isreg() else None
            if stream is None or manifest is not None:
                raise _no_backup(source, f"it holds {printable(entry.name)[:200]!r}, which is no file of a home")
            if entry.name == MANIFEST:
                manifest = _manifest(source, entry, stream)
                continue
            place = into / _safe(source, entry.name)
            make_private_folder(place.parent)
            found[entry.name] = _write(place, stream, entry)
    if manifest is None:
        raise _no_backup(source, "it is cut off: its list of files is not there")
    for name, told in manifest["files"].items():
        if found.get(name) != told:
            what = "is missing" if name not in found else "was changed"
            raise _no_backup(source, f"{printable(name)} {what}")
        content = PurePosixPath(name)
        if content.parts[:2] == ("data", "content") and content.name != told["sha256"]:
            raise _no_backup(source, f"{printable(name)} is not what its name says")
    for name in found.keys() - manifest["files"].keys():
        (into / name).unlink()  # a content that was damaged already; the manifest names it
    for folder in ("data", "inbox"):
        (into / folder).mkdir(mode=0o700, exist_ok=True)
    return manifest


@contextmanager
def _opened(source: Path) -> Iterator[tarfile.TarFile]:
    try:
        with source.open("rb") as file, tarfile.open(fileobj=file, mode="r|*") as tar:
            yield tar
    except FileNotFoundError as error:
        raise UsageError(f"There is no file {source}.", "Name a backup.") from error
    except IsADirectoryError as error:
        raise UsageError(f"{source} is a folder.", "Name the backup in it.") from error
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise _no_backup(source, str(error)) from error
    except OSError as error:
        # What gzip says of damage has no number; what the system says has one.
        if error.errno is None:
            raise _no_backup(source, str(error)) from error
        raise


def _manifest(source: Path, entry: tarfile.TarInfo, stream: IO[bytes]) -> dict[str, Any]:
    if entry.size > LARGEST_MANIFEST:
        raise _no_backup(source, "its list of files is too long")
    told = json.loads(stream.read())
    if not isinstance(told, dict) or not isinstance(told.get("files"), dict):
        raise _no_backup(source, "its list of files is none")
    if told.get("format") != FORMAT or told.get("schema_version", 0) > SCHEMA_VERSION:
        raise ReviewError(f"{source} was made by a newer version of this program.", "Update the program.")
    if not all(is_session_id(one) for one in told["sessions"]):
        raise _no_backup(source, "it names a session that is none")
    return told


def _safe(source: Path, name: str) -> Path:
    """`name` as a relative path that stays within a home; a backup from elsewhere may have been made to lead out."""
    parts = name.split("/")
    if len(parts) < 2 or parts[0] not in ("data", "inbox") or any(p in ("", ".", "..") or "\0" in p for p in parts):
        raise _no_backup(source, f"{printable(name)[:200]!r} leads out of the home")
    if parts[:2] == ["data", "content"] and not (len(parts) == 4 and is_sha256(parts[3]) and parts[2] == parts[3][:2]):
        raise _no_backup(source, f"{printable(name)[:200]!r} is no content")
    if parts[:2] == ["data", "sessions"] and not (len(parts) > 3 and is_session_id(parts[2])):
        raise _no_backup(source, f"{printable(name)[:200]!r} is of no session")
    return Path(*parts)


def _write(place: Path, stream: IO[bytes], entry: tarfile.TarInfo) -> dict[str, str | int]:
    digest, size = hashlib.sha256(), 0
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
        file.flush()
        os.fchmod(file.fileno(), 0o600 if entry.mode & 0o200 else 0o400)
        os.utime(file.fileno(), (entry.mtime, entry.mtime))
    return {"sha256": digest.hexdigest(), "size": size}


def _no_backup(source: Path, what: str) -> ReviewError:
    return ReviewError(f"{source} cannot be restored: {what}.", "Use another backup; nothing was changed.")


# --- into its place ---------------------------------------------------------------------------------------------------


def _looked_through(settings: Settings, unpacked: Path, now: datetime) -> tuple[str, ...]:
    """Open what was unpacked as a home, so that its catalog is made; returns the sessions that are damaged."""
    home = HomeSettings(data=unpacked / "data", inbox=unpacked / "own-inbox")
    damaged = []
    with Workspace.open(settings.model_copy(update={"home": home}), now=lambda: now) as ws:
        for session_id in ws.sessions.ids():
            try:
                ws.sessions.verify_audit(session_id)
            except ReviewError:
                damaged.append(session_id)
    return tuple(damaged)


def _swap(data: Path, new: Path, now: datetime) -> Path | None:
    """Move what is in the data folder aside, and what was unpacked into it; the sessions last, for they refer to all.

    Within the data folder, since that may be a disk of its own. Returns where the old things are, None without any.
    """
    aside = data / f"{BEFORE}{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    keep = holds_anything(data)
    aside.mkdir(mode=0o700)
    # Old sessions go first, so that none is ever seen without its contents.
    for entry in sorted(data.iterdir(), key=lambda one: one.name != "sessions"):
        if not entry.name.startswith(".") and not entry.name.endswith(".lock"):
            entry.rename(aside / entry.name)
    for entry in sorted(new.iterdir(), key=lambda one: one.name == "sessions"):
        if not entry.name.startswith(".") and not entry.name.endswith(".lock"):
            entry.rename(data / entry.name)
    fsync_folder(data)
    if keep:
        return aside
    shutil.rmtree(aside, ignore_errors=True)
    return None


def _put_into_inbox(inbox: Path, unpacked: Path, now: datetime) -> int:
    """Put files into the inbox beside what lies there; nothing is overwritten. Returns how many came."""
    make_private_folder(inbox)
    count = 0
    for path in files_under(unpacked):
        target = inbox / path.relative_to(unpacked)
        if target.is_file() and _same(path, target):
            continue
        make_private_folder(target.parent)
        if os.path.lexists(target):
            target = free_name(target.parent, f"{target.stem} (restored {now:%Y-%m-%d}){target.suffix}")
        shutil.copyfile(path, target)  # the inbox may lie on another disk
        target.chmod(0o600)
        os.utime(target, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
        count += 1
    return count


def _same(one: Path, other: Path) -> bool:
    with one.open("rb") as a, other.open("rb") as b:
        return hashlib.file_digest(a, "sha256").digest() == hashlib.file_digest(b, "sha256").digest()
