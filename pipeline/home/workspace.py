"""Everything a stage needs of one home, opened once per process."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pipeline.errors import HomeClosed, TryAgain
from pipeline.settings import Settings
from pipeline.store import Catalog, ContentStore, SessionStore, make_private_folder, utc_now
from pipeline.store.files import LEFTOVER_SECONDS, is_writable, sweep_leftovers
from pipeline.store.walk import below, is_folder

if TYPE_CHECKING:
    from pipeline.reading.kept_pictures import KeptPictures
    from pipeline.reading.service import ReadingService

#: Its time tells when orphans were last looked for.
SWEPT = ".swept"
#: Settings give sizes in MB of a million bytes, as disks and file managers do.
MB = 1_000_000


class Workspace:
    """One home: its settings, sessions, content and catalog; `now` is the clock (aware, UTC) of what is recorded."""

    def __init__(self, settings: Settings, now: Callable[[], datetime] = utc_now) -> None:
        self.settings = settings
        self.now = now
        self.data: Path = _kept_private(make_private_folder(settings.home.data))
        self.inbox: Path = settings.home.inbox
        if self.writable:
            make_private_folder(self.inbox)
        self.staging: Path = self.data / "staging"
        self.quarantine: Path = self.inbox / ".quarantine"
        self.content = ContentStore(
            self.data / "content",
            self.staging,
            min_free_bytes=settings.inbox.min_free_mb * MB,
            derived=self.data / "readings",
        )
        self.sessions = SessionStore(
            self.data / "sessions",
            self.inbox,
            self.content,
            now,
            # A worker whose heartbeat is missing for so long counts as dead, and so does the holder of a lease.
            stale_seconds=settings.queue.heartbeat_seconds,
        )
        self.catalog = Catalog(self.data / "catalog.sqlite3", self.sessions, self.data / "sessions")
        self.sessions.attach(self.catalog)
        self._reader: ReadingService | None = None
        self._pictures: KeptPictures | None = None
        self._reader_lock = threading.Lock()

    @classmethod
    def open(cls, settings: Settings, now: Callable[[], datetime] = utc_now) -> Self:
        """Open a home, making it (0700) if need be, and tidy what a killed process left.

        One that cannot be written is opened for looking; whatever would change it raises HomeClosed.
        """
        workspace = cls(settings, now)
        workspace.catalog.open()
        if not workspace.writable:
            return workspace
        workspace.sessions.sweep()
        workspace.content.sweep(now().timestamp())
        workspace.sweep_orphans()
        return workspace

    @property
    def writable(self) -> bool:
        """True when the data folder can be changed now; a disk may become read-only and writable again at any time."""
        return is_writable(self.data)

    def sweep_orphans(self) -> list[str]:
        """Throw away content that no session refers to: its process was killed between filing and committing.

        Only what was filed over an hour ago goes, and it is looked for once an hour. Returns the hashes.
        """
        stamp, moment = self.data / SWEPT, self.now().timestamp()
        with suppress(FileNotFoundError):
            if 0 <= moment - stamp.stat().st_mtime < LEFTOVER_SECONDS:
                return []
        # Whoever files content holds this lock until the session that refers to it is committed.
        with suppress(TryAgain), self.content.lock(wait_seconds=0):
            orphans = sorted(self.catalog.unreferenced(self.content.filed_before(moment - LEFTOVER_SECONDS)))
            for sha256 in orphans:
                self.content.discard(sha256)
            quarantined = [Path(entry.path) for entry in below(self.quarantine) if is_folder(entry)]
            for folder in (self.data, self.data / "readings", self.quarantine, *quarantined):
                sweep_leftovers(folder, moment)
            stamp.touch(mode=0o600)
            os.utime(stamp, (moment, moment))
            return orphans
        return []

    @property
    def reader(self) -> ReadingService:
        """What reads documents, in processes of its own; started when first asked for."""
        with self._reader_lock:
            if self._reader is None:
                from pipeline.reading.service import ReadingService  # start-up

                self._reader = ReadingService(
                    self.settings.reading, self.data / "readings", self.content.path, self.intact
                )
            return self._reader

    @property
    def pictures(self) -> KeptPictures:
        """Pages of documents as pictures, drawn by `reader` and kept; like all that is made of a content."""
        reader = self.reader
        with self._reader_lock:
            if self._pictures is None:
                from pipeline.reading.kept_pictures import KeptPictures  # start-up

                self._pictures = KeptPictures(self.data / "readings", reader)
            return self._pictures

    def intact(self, sha256: str) -> bool:
        """True when a content is as it was filed; a damaged one is set aside, so that it counts as gone."""
        if self.content.intact(sha256):
            return True
        # Otherwise adding the same file again would find its content there.
        with suppress(HomeClosed), self.content.lock():
            self.content.set_aside(sha256)
        return False

    def close(self) -> None:
        """End the reading processes and close files; the home stays as it is."""
        with self._reader_lock:
            reader, self._reader, self._pictures = self._reader, None, None
        if reader is not None:
            reader.close()
        self.catalog.close()
        self.content.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _kept_private(folder: Path) -> Path:
    """Take group and world rights from a data folder somebody made by hand: it holds personal data."""
    mode = folder.stat().st_mode
    if mode & 0o077:
        # Where somebody else owns it, they decide; `doctor` tells.
        with suppress(PermissionError):
            folder.chmod(mode & 0o700)
    return folder
