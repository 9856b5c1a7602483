"""Every session in one place: made, read, changed under a lock, leased to a stage, audited, deleted."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.errors import ReviewError, RevisionConflict, SessionCompleted, SessionCorrupt, TryAgain
from pipeline.models import AuditEvent, ProjectMetadata, SessionRecord, ValidationResult
from pipeline.store import results
from pipeline.store.audit import AuditFile, chain
from pipeline.store.content import ContentStore
from pipeline.store.faultpoints import reach
from pipeline.store.files import kernel_lock, write_atomic
from pipeline.store.folders import SessionFolders
from pipeline.store.index import SessionIndex
from pipeline.store.leases import STALE_SECONDS, Lease, Leases
from pipeline.store.migrations import MIGRATIONS, Migration, migrate, version_of
from pipeline.store.storage import SessionDatabase, Tables, cure_for
from pipeline.store.transaction import Transaction, audit_head, compose, pending_events, spread

ModelT = TypeVar("ModelT", bound=BaseModel)

#: Seconds a change waits for another change of the same session; a change takes milliseconds.
LOCK_SECONDS = 30.0
#: Seconds a lease always waits, since `leased` holds the lock for an instant while it looks.
LEASE_FLOOR_SECONDS = 0.1
#: Seconds deleting waits for a stage that runs on the session.
DELETE_LEASE_SECONDS = 5.0


def utc_now() -> datetime:
    """The wall clock, aware and in UTC."""
    return datetime.now(UTC)


class SessionStore:
    """Sessions as TinyDB files under `root`, with their inbox folders under `inbox`."""

    def __init__(
        self,
        root: Path,
        inbox: Path,
        content: ContentStore,
        now: Callable[[], datetime] = utc_now,
        migrations: Sequence[Migration] = MIGRATIONS,
        lock_seconds: float = LOCK_SECONDS,
        stale_seconds: float = STALE_SECONDS,
    ) -> None:
        self._folders = SessionFolders(root, inbox)
        self._content = content
        self._now = now
        self._migrations = migrations
        self._lock_seconds = lock_seconds
        self._leases = Leases(stale_seconds)
        self._index: SessionIndex | None = None
        self._in_hand = threading.local()

    def attach(self, index: SessionIndex) -> None:
        """Tell `index` of every commit from now on."""
        self._index = index

    def folder(self, session_id: str) -> Path:
        """The folder of an existing session, for what lies beside session.json; SessionNotFound without one."""
        return self._folders.existing(session_id)

    def ids(self) -> list[str]:
        """Every session's id, oldest first, damaged sessions included."""
        return self._folders.ids()

    # --- making and reading ------------------------------------------------------------------------------------------

    def create(
        self,
        metadata: ProjectMetadata,
        actor: str = "system",
        bound_folder: str | None = None,
        upload_id: str | None = None,
        before: Callable[[str], None] | None = None,
    ) -> SessionRecord:
        """A new session of its own id, whole on disk before anybody can see it, with its inbox folder.

        `upload_id`: the upload slot it is made for. `before` is told the id in the moment before the session is there,
        so that whoever made it finds it again after a crash.
        """
        moment = self._now()
        number = 0
        while True:
            number += 1
            record = SessionRecord(
                session_id=f"session-{moment.astimezone(UTC):%Y%m%d-%H%M%S}" + (f"-{number}" if number > 1 else ""),
                project_metadata=metadata,
                bound_folder=bound_folder,
                uploads={upload_id: "expected"} if upload_id else {},
                revision=1,
                created_at=moment,
                updated_at=moment,
            )
            fill = partial(self._write_first, record=record, actor=actor, before=before)
            if self._folders.claim(record.session_id, fill):
                self._tell(record)
                return record

    def _write_first(
        self, folder: Path, record: SessionRecord, actor: str, before: Callable[[str], None] | None
    ) -> None:
        database = SessionDatabase(folder / "session.json")
        details = {**record.project_metadata.model_dump(mode="json"), "bound_folder": record.bound_folder}
        if record.uploads:
            details["upload_id"] = next(iter(record.uploads))
        events = chain(audit_head(database), record.created_at, actor, [("session_created", details)], 1)
        with database.file.locked(self._lock_seconds, "A new session is locked."), database.file.draft():
            spread(database, record, None, events)
        AuditFile(folder / "audit.jsonl").append_missing(events)
        if before is not None:
            before(record.session_id)
        self._announce(record)

    def read(self, session_id: str) -> SessionRecord:
        """The session as last committed; an older file is first brought to the present schema, keeping a backup.

        SessionNotFound only when nothing of it is there; SessionCorrupt, naming the file, when it cannot be read.
        """
        path = self.folder(session_id) / "session.json"
        database = SessionDatabase(path)
        with database.file.view():
            if not self._is_old(path, self._tables(database)):
                return self._compose(path, database)
        with self._locked(session_id) as database:  # taking the lock migrates
            return self._compose(path, database)

    def _tables(self, database: SessionDatabase) -> Tables:
        path = database.file.path
        tables = database.file.read()
        if tables is None:
            # Deleted between two looks, or session.json alone is gone: only the second is damage.
            self.folder(path.parent.name)
            raise SessionCorrupt(f"{path} is missing, though other files of the session are there.", cure_for(path))
        return tables

    def _compose(self, path: Path, database: SessionDatabase) -> SessionRecord:
        try:
            record = compose(database)
        except (ValidationError, KeyError, TypeError) as error:
            what = str(error).splitlines()[0]
            raise SessionCorrupt(f"{path} does not hold a session ({what}).", cure_for(path)) from error
        if record.session_id != path.parent.name:
            raise SessionCorrupt(
                f"{path} holds {record.session_id}, not the session its folder names.",
                "Give the folder back the name it had; a copy of a session cannot stand beside it.",
            )
        return record

    def _is_old(self, path: Path, tables: Tables) -> bool:
        try:
            version = version_of(tables)
            if version > len(self._migrations) + 1:
                migrate(tables, self._migrations)
        except SessionCorrupt as error:
            raise SessionCorrupt(f"{path}: {error.message}", error.cure or cure_for(path)) from error
        return version < len(self._migrations) + 1

    # --- changing ----------------------------------------------------------------------------------------------------

    @contextmanager
    def transaction(
        self,
        session_id: str,
        actor: str,
        expected_revision: int | None = None,
        *,
        reopening: bool = False,
        wait_seconds: float | None = None,
    ) -> Iterator[Transaction]:
        """Change a session: nobody else can in between; all of it is written at the end, or nothing on an exception.

        RevisionConflict when the session is no longer at `expected_revision`; TryAgain when the lock stays taken, for
        `wait_seconds` where that is given;
        SessionCompleted when the session is complete, unless it is being opened again.
        Where content is filed or discarded too, take ContentStore.lock first, then this.
        """
        with self._locked(session_id, wait_seconds) as database:
            path = database.file.path
            before = self._compose(path, database)
            if expected_revision is not None and before.revision != expected_revision:
                raise RevisionConflict(
                    f"{session_id} was changed in between (revision {before.revision}, expected {expected_revision}).",
                    "Look at it again, then repeat the change.",
                )
            if before.is_completed and not reopening:
                raise SessionCompleted(session_id)
            transaction = Transaction(before, actor)
            yield transaction
            changed = transaction.changed_fields
            if not changed and not transaction.acts:
                return
            # A clock set back must not make a later change look older than the one before it.
            moment = max(self._now(), before.updated_at)
            after = transaction.record.model_copy(update={"revision": before.revision + 1, "updated_at": moment})
            # Every change leaves a trace, also one whose author gave it no name.
            acts = transaction.acts or [("session_changed", {"fields": changed})]
            events = chain(audit_head(database), moment, actor, acts, after.revision)
            audit = AuditFile(path.with_name("audit.jsonl"))
            unsaved = _append(audit, pending_events(database))
            self._announce(after)
            with database.file.draft():
                spread(database, after, before, [*unsaved, *events])
                reach("session.commit")
            transaction.committed_as(after)
            reach("session.committed")
            _append(audit, [*unsaved, *events])
            self._tell(after)

    @contextmanager
    def _locked(self, session_id: str, wait_seconds: float | None = None) -> Iterator[SessionDatabase]:
        """Hold the session's lock over a file that is there, whole, and of the present schema."""
        folder = self.folder(session_id)
        in_hand: set[str] = self._in_hand.__dict__.setdefault("ids", set())
        if session_id in in_hand:
            raise RuntimeError(f"this thread is in a transaction on {session_id} already and would wait for itself")
        database = SessionDatabase(folder / "session.json")
        busy = f"{session_id} is being changed by another process."
        in_hand.add(session_id)
        try:
            with database.file.locked(self._lock_seconds if wait_seconds is None else wait_seconds, busy):
                tables = self._tables(database)
                self._folders.sweep_session(session_id, self._now().timestamp())
                if self._is_old(database.file.path, tables):
                    self._migrate(database, tables)
                yield database
        finally:
            in_hand.discard(session_id)

    @contextmanager
    def frozen(self, session_id: str) -> Iterator[Path]:
        """The folder of a session that nobody can change while the block runs; damaged ones, too. It may be read."""
        folder = self.folder(session_id)
        busy = f"{session_id} is being changed by another process."
        with kernel_lock(folder / "session.json.lock", self._lock_seconds, busy):
            self.folder(session_id)  # it may have been deleted while we waited
            yield folder

    def _migrate(self, database: SessionDatabase, tables: Tables) -> None:
        path = database.file.path
        write_atomic(path.with_name(f"{path.name}.v{version_of(tables)}.bak"), path.read_bytes())
        with database.file.draft():
            database.file.write(migrate(tables, self._migrations))

    def _announce(self, record: SessionRecord) -> None:
        if self._index:
            self._index.announce(record.session_id, record.revision)

    def _tell(self, record: SessionRecord) -> None:
        # The commit stands whatever the index says; what was announced and not told, the index looks up later.
        if self._index:
            with suppress(ReviewError):
                self._index.update(record)

    # --- results and leases ------------------------------------------------------------------------------------------

    def save_result(self, session_id: str, model: BaseModel) -> str:
        """Keep a stage's result beside the session; returns the SHA-256 to load it by."""
        return results.save(self.folder(session_id) / "results", model)

    def load_result(self, session_id: str, sha: str, model: type[ModelT]) -> ModelT:
        """A kept result; SessionCorrupt, naming the file, when it is gone or was changed."""
        return results.load(self.folder(session_id) / "results", sha, model)

    def titles(self, record: SessionRecord) -> dict[str, str] | None:
        """The titles of land in the session's last ledger, each with its place in words.

        Empty before there is one; None when its result is gone or damaged, which the workflow mends.
        """
        stage = record.stages.get("cross_validation")
        if stage is None or stage.result is None:
            return {}
        try:
            validation = self.load_result(record.session_id, stage.result, ValidationResult)
        except ReviewError:
            return None
        return {t.title_number: t.place for t in validation.titles if t.is_numbered}

    def prune_results(self, session_id: str) -> list[Path]:
        """Remove kept results that no stage of the session refers to any more; call it while holding the lease."""
        wanted = {stage.result for stage in self.read(session_id).stages.values() if stage.result}
        return results.prune(self.folder(session_id) / "results", wanted)

    @contextmanager
    def lease(self, session_id: str, wait_seconds: float) -> Iterator[Lease]:
        """The right to run a stage on this session, alone among all processes; Busy after `wait_seconds`.

        A holder that stands still loses it to somebody else, so it asks `Lease.require` before it writes.
        """
        lock = self.folder(session_id) / "stage.lock"
        busy = f"A stage of {session_id} is being run by another process."
        with self._leases.hold(lock, max(wait_seconds, LEASE_FLOOR_SECONDS), busy) as lease:
            self.folder(session_id)  # it may have been deleted while we waited
            yield lease

    def leased(self, session_id: str) -> bool:
        """True while any process runs a stage on this session and does not stand still."""
        return self._leases.is_held(self.folder(session_id) / "stage.lock")

    @contextmanager
    def filling(self, session_id: str) -> Iterator[None]:
        """Let others know, for as long as this process lives and the block runs, that files are being taken.

        It keeps nobody away: what is taken twice is known by its hash.
        """
        with ExitStack() as mark:
            with suppress(TryAgain):
                lock = self.folder(session_id) / "take.lock"
                mark.enter_context(self._leases.hold(lock, LEASE_FLOOR_SECONDS, "Files are being taken already."))
            yield

    def is_filling(self, session_id: str) -> bool:
        """True while any process takes files into this session and does not stand still."""
        return self._leases.is_held(self.folder(session_id) / "take.lock")

    # --- audit -------------------------------------------------------------------------------------------------------

    def audit(self, session_id: str) -> list[AuditEvent]:
        """Every act on the session, oldest first, also those a crash kept from the audit file."""
        folder = self.folder(session_id)
        database = SessionDatabase(folder / "session.json")
        with database.file.view():
            self._tables(database)
            pending = pending_events(database)
        events = AuditFile(folder / "audit.jsonl").read()
        last = events[-1].seq if events else 0
        return events + [event for event in pending if event.seq > last]

    def verify_audit(self, session_id: str) -> None:
        """Raise SessionCorrupt, saying where, unless every act stands unchanged in the audit file."""
        with self._locked(session_id) as database:
            audit = AuditFile(database.file.path.with_name("audit.jsonl"))
            _append(audit, pending_events(database))  # what keeps it from taking them, verifying says too
            audit.verify(audit_head(database))

    # --- deleting ----------------------------------------------------------------------------------------------------

    def delete(self, session_id: str, before: Callable[[], None] = lambda: None) -> None:
        """Remove the session, its catalog rows and the content no other session holds; works on damaged ones too.

        Its inbox folder stays if files are in it. TryAgain while a stage runs on it. `before` is called when nothing
        but the disk can keep it from going any more: who notes there what is done has noted it however this ends.
        """
        with self._content.lock(), self.lease(session_id, DELETE_LEASE_SECONDS):
            lock = self.folder(session_id) / "session.json.lock"
            with kernel_lock(lock, self._lock_seconds, f"{session_id} is being changed by another process."):
                before()
                aside = self._folders.set_aside(session_id)
            reach("session.aside")
            self._finish_delete(session_id, aside)

    def _finish_delete(self, session_id: str, aside: Path) -> None:
        hashes: set[str] = set()
        with suppress(SessionCorrupt, ValidationError, KeyError, TypeError):
            hashes = {one.sha256 for one in compose(SessionDatabase(aside / "session.json")).documents.values()}
        if self._index:
            hashes |= self._index.content_of(session_id)
            self._index.forget(session_id)
            for sha256 in self._index.unreferenced(hashes):
                self._content.discard(sha256)
        reach("session.forgotten")
        # Last, so that a crash on the way leaves the folder, and with it the list of hashes, for the next start.
        shutil.rmtree(aside, ignore_errors=True)

    def sweep(self) -> None:
        """Finish what a killed process left: sessions half made or half deleted. Called when a home is opened."""
        self._folders.sweep(self._now().timestamp())
        for aside in self._folders.aside():
            with self._content.lock():
                self._finish_delete(self._folders.id_of(aside), aside)


def _append(audit: AuditFile, events: list[AuditEvent]) -> list[AuditEvent]:
    """Append `events`; returns those that must wait in session.json because the audit file cannot take them now."""
    try:
        audit.append_missing(events)
    except (OSError, SessionCorrupt):
        return events
    return []


__all__ = ["SessionIndex", "SessionStore", "utc_now"]
