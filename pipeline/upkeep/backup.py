"""A copy of a home in one file, made while the home is at work: each session as it stood at one moment of its own."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from pipeline import __version__
from pipeline.errors import ReviewError, SessionCorrupt, SessionNotFound, TryAgain, UsageError
from pipeline.filenames import printable
from pipeline.intake.inbox.scan import scan, why_unlisted
from pipeline.models import SCHEMA_VERSION, SessionRecord, Value
from pipeline.store.files import disk_full, fsync_folder, is_disk_full, sweep_leftovers, temporary_beside
from pipeline.store.results import is_sha256
from pipeline.upkeep.kept import files_under, home_wide

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace

#: Raised when a file of this form can no longer be read by the same rules.
FORMAT = 1
#: The last entry of a backup: the hash and size of every other. A file without it was cut off.
MANIFEST = "MANIFEST.json"
#: How a backup into a folder is named.
NAME = "registry-review-{at:%Y%m%d-%H%M%S}.tar"
#: What is written in place, so that a second name for it would change with the first.
_APPENDED = ".jsonl"


class LeftOut(Value):
    """Something that is not in the backup, and why."""

    name: str
    reason: str


class Backup(Value):
    """A backup that was made."""

    schema_version: int = SCHEMA_VERSION
    path: Path
    sessions: int
    contents: int
    #: All entries, and what they hold in bytes.
    files: int
    size: int
    #: What was damaged or unreadable.
    left_out: tuple[LeftOut, ...] = ()
    #: Files that are still being written into the inbox.
    unsettled: tuple[str, ...] = ()


def back_up(ws: Workspace, to: str | Path) -> Backup:
    """Copy the home into the file `to`, or into a file named by the time in the folder `to`; 0600, whole or not there.

    Other processes go on: a session is locked only while its files are given second names. What lies in the inbox is
    copied first and contents last, so whatever moves on meanwhile is in the backup once or twice and never missing.
    Derived things are left out. An existing file is replaced in one step; a name that ends in .gz is packed.

    UsageError for a place inside the home. TryAgain when the disk is full or a session stays locked. A damaged or
    missing content is named in `left_out`; the rest is copied.
    """
    target = _target(ws, to)
    sweep_own_leftovers(target.parent, ws.now().timestamp())
    making = temporary_beside(target)
    try:
        handle = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            with _packed(stream, target) as inner, tarfile.open(fileobj=inner, mode="w|") as tar:
                copy = _Copy(ws, tar)
                copy.whole()
            stream.flush()
            os.fsync(stream.fileno())
        making.replace(target)
    except OSError as error:
        if is_disk_full(error):
            raise disk_full(target.parent) from error
        raise
    finally:
        making.unlink(missing_ok=True)
    fsync_folder(target.parent)
    return copy.told(target)


def _target(ws: Workspace, to: str | Path) -> Path:
    place = Path(to)
    if os.fspath(to).endswith("/") and not place.is_dir():
        raise UsageError(f"There is no folder {place}.", "Make it first.")
    target = place / NAME.format(at=ws.now()) if place.is_dir() else place
    folder = target.parent.resolve()
    if not folder.is_dir():
        raise UsageError(f"There is no folder {target.parent} to write a backup into.", "Make it first.")
    for own in (ws.data.resolve(), ws.inbox.resolve()):
        if folder.is_relative_to(own):
            raise UsageError(f"{target} lies inside the home itself.", "Choose a place outside, best on another disk.")
    if target.is_symlink() or (target.exists() and not target.is_file()):
        raise UsageError(f"{target} is there and is no regular file.", "Choose another name.")
    return target


def sweep_own_leftovers(folder: Path, now: float) -> None:
    """Remove what a killed backup left in `folder` long before `now`; other programs' files are not touched."""
    if any(folder.glob("registry-review-*.tar*.tmp")):
        sweep_leftovers(folder, now, begins="registry-review-")


@contextmanager
def _packed(stream: IO[bytes], target: Path) -> Iterator[IO[bytes]]:
    if target.suffix not in (".gz", ".tgz"):
        yield stream
        return
    # No name and no time inside: the same home gives the same bytes.
    with gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0) as packed:
        yield cast("IO[bytes]", packed)


class _Copy:
    """One backup being written."""

    def __init__(self, ws: Workspace, tar: tarfile.TarFile) -> None:
        self._ws = ws
        self._tar = tar
        self._files: dict[str, dict[str, str | int]] = {}
        self._left_out: list[LeftOut] = []
        self._unsettled: list[str] = []
        self._contents: set[str] = set()
        self._tried: set[str] = set()
        self._sessions: list[str] = []

    def whole(self) -> None:
        """Write everything, the manifest last."""
        self._inbox()
        for path in home_wide(self._ws.data):
            self._add(f"data/{path.relative_to(self._ws.data).as_posix()}", path)
        for session_id in self._ws.sessions.ids():
            try:
                self._session(session_id)
            except SessionNotFound:
                continue  # deleted since it was listed
        told = {
            "format": FORMAT,
            "schema_version": SCHEMA_VERSION,
            "program_version": __version__,
            "sessions": self._sessions,
            "files": self._files,
            "left_out": [one.model_dump() for one in self._left_out],
        }
        data = json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
        self._tar.addfile(_entry(MANIFEST, len(data), 0, 0o600), io.BytesIO(data))

    def told(self, path: Path) -> Backup:
        """What was made."""
        size = sum(int(one["size"]) for one in self._files.values())
        counts = {"sessions": len(self._sessions), "contents": len(self._contents), "files": len(self._files)}
        trouble = {"left_out": tuple(self._left_out), "unsettled": tuple(self._unsettled)}
        return Backup.model_validate({"path": path, "size": size, **counts, **trouble})

    def _inbox(self) -> None:
        """What waits to be taken and rests, and the quarantine."""
        inbox, settle = self._ws.inbox, self._ws.settings.inbox.settle_seconds

        def closed(folder: str, why: str) -> None:
            self._leave_out(f"inbox/{folder}/", f"Nothing in it is copied: {why}.")

        def unseen(path: Path, error: OSError) -> None:
            closed(path.relative_to(inbox).as_posix(), why_unlisted(error))

        waiting = {Path(seen.path) for seen in scan(inbox, self._ws.sessions.ids(), closed, most=None)}
        now = self._ws.now().timestamp()
        for path in (*sorted(waiting), *files_under(self._ws.quarantine, unseen)):
            name = f"inbox/{path.relative_to(inbox).as_posix()}"
            try:
                seen = path.lstat()
            except OSError:
                continue  # taken meanwhile; its session comes later
            if path in waiting and now - seen.st_mtime < settle:
                self._unsettled.append(printable(name.removeprefix("inbox/")))
            else:
                self._add(name, path)

    def _session(self, session_id: str) -> None:
        with suppress(SessionCorrupt):
            self._ws.sessions.read(session_id)  # an older one is brought up first: that needs the lock we take now
        with ExitStack() as pins:
            with self._ws.sessions.frozen(session_id) as folder:
                taken, appended = _frozen_files(folder)
                pinned = [(path, self._pin(pins, path)) for path in taken]
                wanted = sorted(self._hashes(session_id, folder) - self._tried)
                contents = [(sha256, self._pin(pins, self._ws.content.path(sha256))) for sha256 in wanted]
            for path, data, mtime in appended:
                self._write(_name_in(session_id, path, folder), data, mtime)
            for path, pin in pinned:
                if pin is not None:
                    self._add(_name_in(session_id, path, folder), pin)
            for sha256, pin in contents:
                self._content(session_id, sha256, pin)
        self._sessions.append(session_id)

    def _hashes(self, session_id: str, folder: Path) -> set[str]:
        """The contents that the session refers to; of a damaged one, those that the catalog knew."""
        try:
            record: SessionRecord = self._ws.sessions.read(session_id)
        except ReviewError:
            reason = f"{folder / 'session.json'} is damaged; it was copied as it is."
            self._left_out.append(LeftOut(name=f"data/sessions/{session_id}/session.json", reason=reason))
            return {one for one in self._ws.catalog.content_of(session_id) if is_sha256(one)}
        return {document.sha256 for document in record.documents.values()}

    def _content(self, session_id: str, sha256: str, pin: Path | None) -> None:
        name = f"data/content/{sha256[:2]}/{sha256}"
        self._tried.add(sha256)
        if pin is None:
            self._leave_out(name, f"A document of {session_id} whose stored copy is gone.")
            return
        found = self._add(name, pin, mode=0o400)
        if found == sha256:
            self._contents.add(sha256)
        elif found is not None:
            del self._files[name]
            self._leave_out(name, f"A document of {session_id} whose stored copy was changed.")

    def _pin(self, pins: ExitStack, path: Path) -> Path | None:
        """A second name for a file that stays when the first is replaced or removed; None without the file."""
        pin = self._ws.content.new_copy()
        pins.callback(pin.unlink, missing_ok=True)
        try:
            os.link(path, pin)
        except FileNotFoundError:
            return None
        except OSError:  # a file system without hard links
            try:
                shutil.copyfile(path, pin)
            except FileNotFoundError:
                return None
        return pin

    def _add(self, name: str, path: Path, mode: int | None = None) -> str | None:
        """Write one file; its hash, or None when it is not there any more or cannot be read."""
        try:
            stream = path.open("rb")
        except FileNotFoundError:
            return None
        except OSError as error:
            self._leave_out(name, f"It cannot be read: {error.strerror}.")
            return None
        with stream:
            seen = os.fstat(stream.fileno())
            entry = _entry(name, seen.st_size, int(seen.st_mtime), mode or (seen.st_mode & 0o600) or 0o400)
            hashed = _Hashed(stream)
            try:
                self._tar.addfile(entry, hashed)
            except OSError as error:
                if hashed.read_bytes < seen.st_size and not is_disk_full(error):
                    raise TryAgain(f"{path} became shorter while it was copied.", "Run the backup again.") from error
                raise
        self._files[name] = {"sha256": hashed.digest.hexdigest(), "size": seen.st_size}
        return hashed.digest.hexdigest()

    def _write(self, name: str, data: bytes, mtime: int) -> None:
        self._tar.addfile(_entry(name, len(data), mtime, 0o600), io.BytesIO(data))
        self._files[name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}

    def _leave_out(self, name: str, reason: str) -> None:
        self._left_out.append(LeftOut(name=printable(name), reason=reason))


class _Hashed(io.RawIOBase):
    """A file that is hashed while it is read."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__()
        self._stream = stream
        self.digest = hashlib.sha256()
        self.read_bytes = 0

    def read(self, size: int = -1) -> bytes:
        """As any file."""
        data = self._stream.read(size)
        self.digest.update(data)
        self.read_bytes += len(data)
        return data


def _frozen_files(folder: Path) -> tuple[list[Path], list[tuple[Path, bytes, int]]]:
    """The files of a locked session that are replaced whole, and those that grow in place with their bytes."""
    whole, appended = [], []
    for path in files_under(folder):
        if path.name.endswith(_APPENDED):
            appended.append((path, path.read_bytes(), int(path.stat().st_mtime)))
        else:
            whole.append(path)
    return whole, appended


def _name_in(session_id: str, path: Path, folder: Path) -> str:
    return f"data/sessions/{session_id}/{path.relative_to(folder).as_posix()}"


def _entry(name: str, size: int, mtime: int, mode: int) -> tarfile.TarInfo:
    """An entry that says nothing of the user or the machine."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = size, mtime, mode
    return entry
