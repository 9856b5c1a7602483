"""The SQLite file under the catalog: private, complete from its first moment, thrown away when it is damaged.

Where nothing can be written (a disk that is read-only or has no byte free), the same tables are made in memory for as
long as that lasts.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import ReviewError, TryAgain
from pipeline.store.faultpoints import reach
from pipeline.store.files import disk_full, is_writable, kernel_lock, make_private_folder, passing, temporary_beside

Connection = sqlite3.Connection

#: Raised with every change of the tables below; a file with another number is made anew.
LAYOUT = 4
#: Seconds a write waits for another process's write, and an opener for whoever is making the file.
BUSY_SECONDS = 30.0
#: With fewer bytes free than this a failing write is taken for a full disk.
LEAST_ROOM = 1_000_000
#: SQLite's names for what no waiting cures: missing rights, and something else in the file's place.
_FOR_GOOD = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")

_TABLES = """
CREATE TABLE sessions (
    session_id TEXT PRIMARY KEY, revision INTEGER NOT NULL, signature TEXT NOT NULL, state TEXT NOT NULL,
    project_name TEXT NOT NULL DEFAULT '', methodology TEXT NOT NULL DEFAULT '', documents INTEGER NOT NULL DEFAULT 0,
    advance_to TEXT NOT NULL DEFAULT '', bound_folder TEXT, created_at TEXT, updated_at TEXT,
    titles_from TEXT NOT NULL DEFAULT '', name_key TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX sessions_by_name ON sessions (name_key, session_id);
CREATE INDEX sessions_by_folder ON sessions (bound_folder) WHERE bound_folder IS NOT NULL;
CREATE INDEX sessions_unknown ON sessions (revision) WHERE revision < 0;
CREATE TABLE content (session_id TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (session_id, sha256)) WITHOUT ROWID;
CREATE INDEX content_by_hash ON content (sha256, session_id);
CREATE TABLE referred (session_id TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (session_id, sha256)) WITHOUT ROWID;
CREATE INDEX referred_by_hash ON referred (sha256, session_id);
CREATE TABLE titles (session_id TEXT NOT NULL, title_number TEXT NOT NULL, place TEXT NOT NULL,
    PRIMARY KEY (session_id, title_number)) WITHOUT ROWID;
CREATE INDEX titles_by_number ON titles (title_number, session_id);
CREATE TABLE announced (session_id TEXT NOT NULL, revision INTEGER NOT NULL, PRIMARY KEY (session_id, revision))
    WITHOUT ROWID;
CREATE TABLE seen (folder_mtime_ns INTEGER NOT NULL);
"""


@contextmanager
def in_memory() -> Iterator[Connection]:
    """The same tables, empty, in a place of their own, to compare with."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.executescript(_TABLES)
        yield db


class _Open(NamedTuple):
    connection: Connection
    #: A connection must not cross a fork, and must not go on writing into a file that was deleted under it.
    pid: int
    inode: int
    in_memory: bool = False


class CatalogFile:
    """`path`, filled by `fill` when it has to be made; usable by many threads and processes."""

    def __init__(self, path: Path, fill: Callable[[Connection], None]) -> None:
        self.path = path
        self._fill = fill
        self._lock = threading.RLock()
        self._open: _Open | None = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for questions; TryAgain when the file is busy for long or turns out to be damaged.

        ReviewError when it cannot be opened for reading and writing at all.
        """
        with self._lock, self._guarded():
            yield self._connection()

    @contextmanager
    def writing(self, lasting: bool = True) -> Iterator[Connection]:
        """A connection inside one transaction, committed at the end or rolled back on an exception.

        What must be `lasting` raises TryAgain while nothing can be written; the rest goes into memory then.
        """
        with self._lock, self._guarded():
            db = self._connection()
            if lasting and self._open and self._open.in_memory:
                raise self._closed()
            # IMMEDIATE: wait for other writers here, where waiting is allowed, and not in the middle.
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                with suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
                raise
            reach("catalog.commit")
            db.execute("COMMIT")
            reach("catalog.committed")

    def close(self) -> None:
        """Close this process's connection."""
        with self._lock:
            opened, self._open = self._open, None
            if opened and opened.pid == os.getpid():
                opened.connection.close()

    def remove(self) -> None:
        """Throw the file away; whoever asks next makes it again."""
        with self._lock:
            self.close()
            lock = self.path.with_name("catalog.lock")
            with kernel_lock(lock, BUSY_SECONDS, "The catalog is being made by another process."):
                self._remove()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            # SQLite calls a full disk an I/O error as well, when its shared memory finds no room.
            if not self._has_room():
                raise disk_full(self.path.parent) from error
            if error.sqlite_errorname.startswith(_FOR_GOOD) and self.path.exists():
                raise ReviewError(
                    f"The catalog {self.path} cannot be used: {error}.",
                    f"Give this user the right to read and write it and {self.path.parent}, or move it away: "
                    "it is made anew from the sessions.",
                ) from error
            raise TryAgain(f"The catalog {self.path} cannot be used now: {error}.", "Try again in a moment.") from error
        except sqlite3.DatabaseError as error:
            self.close()
            self._remove()
            raise TryAgain(
                f"The catalog {self.path} was damaged ({error}) and has been thrown away.",
                "Try again; it is made anew from the sessions, which are whole.",
            ) from error

    def _connection(self) -> Connection:
        # A folder that is not there yet is made with the file.
        usable = not self.path.parent.is_dir() or (is_writable(self.path.parent) and self._has_room())
        if self._open and not self._holds(self._open, usable):
            self.close()
        if self._open is None:
            self._open = self._connect() or self._make() if usable else self._in_memory()
        return self._open.connection

    def _has_room(self) -> bool:
        return shutil.disk_usage(self.path.parent).free >= LEAST_ROOM

    def _closed(self) -> TryAgain:
        folder = self.path.parent
        if is_writable(folder):
            return disk_full(folder)
        return passing(OSError(errno.EROFS, ""), folder) or disk_full(folder)

    def _holds(self, opened: _Open, usable: bool) -> bool:
        if opened.pid != os.getpid() or opened.in_memory == usable:
            return False
        return opened.in_memory or opened.inode == _inode(self.path)

    def _in_memory(self) -> _Open:
        """The same tables for this process alone: SQLite cannot even look at a file beside which it may not write."""
        db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        db.executescript(f"BEGIN; {_TABLES}")
        self._fill(db)
        db.execute("COMMIT")
        return _Open(db, os.getpid(), 0, in_memory=True)

    def _connect(self) -> _Open | None:
        """The file if it is there, readable and of this layout."""
        inode = _inode(self.path)
        if not inode:
            return None
        db = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            if db.execute("PRAGMA user_version").fetchone()[0] == LAYOUT:
                db.execute("PRAGMA journal_mode = WAL")
                # A note that a commit was announced must outlast a power cut, or content could look unreferenced.
                db.execute("PRAGMA synchronous = FULL")
                return _Open(db, os.getpid(), inode)
        except sqlite3.OperationalError:
            db.close()
            raise
        except sqlite3.DatabaseError:
            pass
        db.close()
        return None

    def _make(self) -> _Open:
        """Make the file beside its place, filled, and move it there: nobody ever sees half a catalog."""
        make_private_folder(self.path.parent)
        with kernel_lock(
            self.path.with_name("catalog.lock"), BUSY_SECONDS, "The catalog is being made by another process."
        ):
            if (made_meanwhile := self._connect()) is not None:
                return made_meanwhile
            self._remove()
            making = temporary_beside(self.path)
            os.close(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            try:
                with closing(sqlite3.connect(making, isolation_level=None)) as db:
                    db.executescript(f"PRAGMA journal_mode = OFF; BEGIN; {_TABLES} PRAGMA user_version = {LAYOUT};")
                    self._fill(db)
                    db.execute("COMMIT")
                making.replace(self.path)
            finally:
                making.unlink(missing_ok=True)
            opened = self._connect()
        if opened is None:
            raise TryAgain(f"The catalog {self.path} went away while it was made.", "Try again.")
        return opened

    def _remove(self) -> None:
        for ending in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0
