"""TinyDB over one file that changes only under its lock, by one atomic replacement."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tinydb import TinyDB
from tinydb.storages import Storage
from tinydb.table import Document, Table

from pipeline.errors import SessionCorrupt
from pipeline.store.files import kernel_lock, temporary_beside, write_atomic

#: Table name -> row key -> row, as they stand in the file.
Tables = dict[str, dict[str, Any]]


class AtomicStorage(Storage):
    """What TinyDB reads from and writes to: the file, or inside `draft` a copy in memory.

    TinyDB's own JSONStorage truncates in place and knows no lock: a kill ruins the file, a second process loses writes.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._draft: Tables | None = None
        self._dirty = False
        self._locked = False
        self._viewing = False

    def read(self) -> Tables | None:
        """The tables; None when there is no file yet. Raises SessionCorrupt naming the file when it cannot be read."""
        if self._draft is not None:
            return self._draft
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SessionCorrupt(
                f"{self.path} cannot be read: {error.strerror}.",
                "Give the file back to the user who runs this program.",
            ) from error
        try:
            tables = json.loads(data)
        except ValueError as error:
            raise self._damaged(f"is not valid JSON ({error})") from error
        except RecursionError as error:
            raise self._damaged("is not valid JSON (nested without end)") from error
        if not isinstance(tables, dict) or not all(isinstance(rows, dict) for rows in tables.values()):
            raise self._damaged("does not hold tables")
        return tables

    def _damaged(self, what: str) -> SessionCorrupt:
        return SessionCorrupt(f"{self.path} {what}.", cure_for(self.path))

    def write(self, data: Tables) -> None:
        """Take `data` into the draft; the file itself changes when the draft ends."""
        if self._draft is None or self._viewing:
            raise RuntimeError(f"{self.path} may only be written in a draft")
        self._draft = data
        self._dirty = True

    @contextmanager
    def view(self) -> Iterator[Tables | None]:
        """One reading of the file for several tables, so that they cannot come from two different commits."""
        if self._draft is not None:
            yield self._draft
            return
        tables = self.read()
        self._draft, self._viewing = tables, True
        try:
            yield tables
        finally:
            self._draft, self._viewing = None, False

    @contextmanager
    def locked(self, lock_timeout: float, busy: str) -> Iterator[None]:
        """Keep all others, processes and threads, from changing the file; TryAgain, saying `busy`, after that long."""
        with kernel_lock(self.path.with_name(self.path.name + ".lock"), lock_timeout, busy):
            self._locked = True
            try:
                yield
            finally:
                self._locked = False

    @contextmanager
    def draft(self) -> Iterator[None]:
        """Collect writes in memory and replace the file once, at the end; an exception forgets them. Needs `locked`."""
        if not self._locked:
            raise RuntimeError(f"{self.path} may only be changed under its lock")
        self._draft, self._dirty = self.read() or {}, False
        try:
            yield
            if self._dirty:
                keep_previous(self.path)
                write_atomic(self.path, encode(self._draft))
        finally:
            self._draft = None


def encode(tables: Mapping[str, Any]) -> bytes:
    """The bytes of a session's file."""
    return json.dumps(tables, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def previous_copy(path: Path) -> Path:
    """Where the state before the last commit is kept."""
    return path.with_name(path.name + ".previous")


def cure_for(path: Path) -> str:
    """How a damaged session file is brought back: by the copy kept beside it, if there is one."""
    previous = previous_copy(path)
    if not previous.exists():
        return "Restore it from a backup, or delete the session."
    return f"To go back to the state before its last change: cp {previous} {path}"


def keep_previous(path: Path) -> None:
    """Keep the file as it stands under a second name: a hard link, so it costs no copy and is never half there."""
    spare = temporary_beside(path)
    # A file system without hard links only loses this convenience.
    with suppress(OSError):
        os.link(path, spare)
        spare.replace(previous_copy(path))


class KeyedTable(Table):
    """A TinyDB table whose row ids are natural keys (strings), without TinyDB's query cache.

    The cache answers with stale rows as soon as another process writes, and counted ids collide between processes.
    """

    document_id_class = str  # type: ignore[assignment] # TinyDB annotates int and converts with whatever class stands here
    default_query_cache_capacity = 0

    def __init__(self, storage: Storage, name: str) -> None:
        super().__init__(storage, name, cache_size=0)

    def rows(self) -> dict[str, dict[str, Any]]:
        """Every row by its key, in stored order."""
        return {str(row.doc_id): dict(row) for row in self.all()}

    def set_rows(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """Make `rows` the whole table, in their order; one pass, so that thousands of rows stay cheap."""
        self.truncate()
        self.insert_multiple(
            Document(row, doc_id=key)  # type: ignore[arg-type] # as above: keys are strings here
            for key, row in rows.items()
        )


class SessionDatabase(TinyDB):
    """One session's file as a TinyDB; opened afresh for each act, so threads share nothing."""

    table_class = KeyedTable  # type: ignore[assignment] # TinyDB annotates the exact class, not subclasses

    def __init__(self, path: Path) -> None:
        super().__init__(path, storage=AtomicStorage)

    def keyed(self, name: str) -> KeyedTable:
        """The table of that name."""
        table = self.table(name)
        assert isinstance(table, KeyedTable)  # noqa: S101 - for the type checker; table_class above makes it so
        return table

    @property
    def file(self) -> AtomicStorage:
        """The storage, as what it is."""
        storage = self.storage
        assert isinstance(storage, AtomicStorage)  # noqa: S101 - for the type checker; __init__ above makes it so
        return storage
