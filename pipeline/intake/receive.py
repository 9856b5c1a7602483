"""Private copies of a batch's files, each hashed on its way in; archives are opened into the files they hold."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import FileRefused, HomeClosed, TryAgain
from pipeline.filenames import SafeName, check
from pipeline.intake import kept_archives
from pipeline.intake.arrivals import Arrival, session_full
from pipeline.intake.sources import archives
from pipeline.intake.sources.archives import MEGABYTE
from pipeline.intake.sources.batch import Batch, Candidate, Refusal, check_size
from pipeline.models import ArchiveRecord, SessionRecord

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.store.content import Staged

#: Raised when other files would come out of the same archive within the same limits.
ARCHIVE_RULES = 1
#: A copy of fewer bytes is made safe together with the others of its batch, since for those the waiting for the disk
#: costs far more than the bytes.
SMALL = MEGABYTE


@dataclass(frozen=True)
class Opened:
    """An archive and what it held, by paths inside it."""

    name: SafeName
    sha256: str
    size: int
    files: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    #: Its own private copy; None when the session knows what it holds.
    copy: Staged | None = None


@dataclass
class Received:
    """A batch with its bytes known and safe."""

    arrivals: list[Arrival] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    #: One private copy per content.
    copies: dict[str, Staged] = field(default_factory=dict)
    opened: list[Opened] = field(default_factory=list)

    def parted(self, refused: set[str]) -> tuple[list[Opened], list[Opened]]:
        """The archives all of whose files are safe, and those of which `refused` names some, by their shown paths."""
        partly = [a for a in self.opened if any(path.startswith(f"{a.name.path}/") for path in refused)]
        return [a for a in self.opened if a not in partly], partly


def limit_bytes(ws: Workspace) -> int:
    """The most that one file may hold."""
    return ws.settings.inbox.max_file_mb * MEGABYTE


def limits_of_archives(ws: Workspace) -> str:
    """The limits archives are opened within, as one word: under the same, the same archive holds the same."""
    limits = ws.settings.archives
    of_archives = (limits.max_files, limits.max_unpacked_mb, limits.max_ratio, limits.max_depth)
    return "/".join(map(str, (ARCHIVE_RULES, *of_archives, ws.settings.inbox.max_file_mb)))


@contextmanager
def received(ws: Workspace, batch: Batch, record: SessionRecord) -> Iterator[Received]:
    """The batch's files in staging; what was not filed when the context ends is thrown away.

    Refused files stop no other. TryAgain when the disk is full.
    """
    desk = _Desk(ws, batch, record)
    try:
        for candidate in sorted(batch.candidates, key=lambda c: c.name.path):
            try:
                desk.receive(candidate)
            except FileRefused as refusal:
                desk.got.refusals.append(Refusal(candidate.name.path, str(refusal)))
        desk.leave_out_what_moves()
        # Here and not under the locks, which others wait for.
        ws.content.secure(desk.unsafe())
        yield desk.got
    finally:
        for copy in desk.copies:
            ws.content.release(copy)


class _Desk:
    """Where one batch comes in."""

    def __init__(self, ws: Workspace, batch: Batch, record: SessionRecord) -> None:
        self._ws = ws
        self._limit = limit_bytes(ws)
        self._batch = batch
        self._record = record
        self._held = {d.sha256: d.size for d in record.documents.values()}
        self._sizes = {*self._held.values(), *(a.size for a in record.archives.values())}
        self.got = Received(refusals=list(batch.refusals))
        #: Every private copy that was made.
        self.copies: list[Staged] = []
        self._unsynced: list[Staged] = []

    def unsafe(self) -> list[Staged]:
        """The copies that are wanted and not safe on disk yet."""
        wanted = {copy.path for copy in self.got.copies.values()}
        wanted |= {archive.copy.path for archive in self.got.opened if archive.copy}
        return [copy for copy in self._unsynced if copy.path in wanted]

    def leave_out_what_moves(self) -> None:
        """Of a file that is written to again only a part may have been read: it is left for later, with all it held."""
        got = self.got
        taken = {a.name.path for a in got.arrivals} | {a.name.path for a in got.opened}
        moving = {c.name.path for c in self._batch.candidates if c.name.path in taken and not c.rests()}
        if not moving:
            return
        inner = tuple(f"{path}/" for path in moving)
        got.arrivals = [a for a in got.arrivals if a.name.path not in moving and not a.name.path.startswith(inner)]
        got.opened = [a for a in got.opened if a.name.path not in moving]
        got.refusals = [r for r in got.refusals if not r.path.startswith(inner)]
        for path in sorted(moving):
            reason = f"{path}: the file is still being written; it is taken as soon as it rests."
            got.refusals.append(Refusal(path, reason, lasting=False))

    def receive(self, candidate: Candidate) -> None:
        """Take one file in, or what an archive holds."""
        if candidate.size in self._sizes and self._knows(candidate):
            return
        self._check_number()
        try:
            copy = self._staged(candidate)
        except TryAgain as trouble:
            if isinstance(trouble, HomeClosed) or self._disk_is_full(candidate.size):
                raise
            reason = f"{candidate.name.path}: the file changed while it was read. {trouble.cure}"
            self.got.refusals.append(Refusal(candidate.name.path, reason, lasting=False))
            return
        if archives.may_be_archive(candidate.name.filename):
            budget = archives.Budget.of(self._ws.settings.archives)
            if archives.is_archive(candidate.name.path, copy.path, budget):
                opened = Opened(candidate.name, copy.sha256, copy.size, copy=copy)
                self._unpack(candidate.name.path, copy, opened, budget, 1)
                self.got.opened.append(opened)
                return
        self._arrived(candidate.name, copy)

    # --- what the session knows already ---

    def _knows(self, candidate: Candidate) -> bool:
        """Note the file when the session holds its very bytes, or knows what they unpack to; False: it must be copied.

        A source that is looked at again mostly holds what the session has, and hashing in place spares the copies.
        """
        content = candidate.content()
        if not isinstance(content, Path):
            return False
        try:
            # Neither a link nor a pipe that took the file's place may be followed or waited for.
            handle = os.open(content, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(handle, "rb") as stream:
                sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError:
            return False  # copying says why
        # Content that was lost from the store is copied, and thereby filed, anew.
        if sha256 in self._held and self._ws.content.has(sha256):
            self.got.arrivals.append(Arrival(candidate.name, sha256, self._held[sha256]))
            return True
        archive = self._record.archives.get(sha256)
        if archive is None or not self._holds_all_of(archive):
            return False
        path = candidate.name.path
        for inner, member in archive.files.items():
            if member in self._held:
                name = SafeName(path=f"{path}/{inner}", filename=check(inner).filename)
                self.got.arrivals.append(Arrival(name, member, self._held[member]))
        self.got.refusals += [Refusal(f"{path}/{inner}", reason) for inner, reason in archive.refused.items()]
        self.got.opened.append(Opened(candidate.name, sha256, archive.size, dict(archive.files), dict(archive.refused)))
        return True

    def _holds_all_of(self, archive: ArchiveRecord) -> bool:
        """What a person took out counts as held while nobody adds it again."""
        if archive.limits != limits_of_archives(self._ws):
            return False
        if archive.kept:
            # One that was lost is unpacked, and thereby kept, anew.
            if not kept_archives.place_of(self._ws, self._record.session_id, archive.sha256).is_file():
                return False
        elif not self._batch.automatic:
            return False
        out = set(self._record.removed) if self._batch.automatic else set()
        return all(
            sha256 in out or (sha256 in self._held and self._ws.content.has(sha256))
            for sha256 in archive.files.values()
        )

    # --- what must be copied ---

    def _staged(self, candidate: Candidate) -> Staged:
        small = candidate.size < SMALL
        copy = self._ws.content.stage(candidate.content(), self._limit, sync=not small)
        self.copies.append(copy)
        if small:
            self._unsynced.append(copy)
        return copy

    def _arrived(self, name: SafeName, copy: Staged) -> None:
        check_size(copy.size, name.path, self._limit)
        if copy.sha256 in self.got.copies:
            self._ws.content.release(copy)
        self.got.copies.setdefault(copy.sha256, copy)
        self.got.arrivals.append(Arrival(name, copy.sha256, copy.size))

    def _unpack(self, path: str, packed: Staged, opened: Opened, budget: archives.Budget, depth: int) -> None:
        """Take what an archive holds, each file with its own outcome; archives in it come out of the same budget."""
        with archives.members_of(path, packed.path, self._limit, budget) as members:
            for member in members:
                if isinstance(member, Refusal):
                    self._refused(opened, member.path, member.reason)
                    continue
                try:
                    self._take_out(member, opened, budget, depth)
                except FileRefused as refusal:
                    self._refused(opened, member.name.path, str(refusal))
                except archives.DAMAGE:
                    self._refused(opened, member.name.path, str(archives.damaged(member.name.path)))

    def _take_out(self, member: Candidate, opened: Opened, budget: archives.Budget, depth: int) -> None:
        self._check_number()
        copy = self._staged(member)
        path = member.name.path
        if archives.may_be_archive(member.name.filename) and archives.is_archive(path, copy.path, budget):
            deepest = self._ws.settings.archives.max_depth
            if depth >= deepest:
                raise archives.too_deep(path, deepest)
            self._unpack(path, copy, opened, budget, depth + 1)
            self._ws.content.release(copy)  # the outer archive holds it
            return
        self._arrived(member.name, copy)
        opened.files[_inside(opened, path)] = copy.sha256

    def _refused(self, opened: Opened, path: str, reason: str) -> None:
        self.got.refusals.append(Refusal(path, reason))
        opened.refused[_inside(opened, path)] = reason

    def _check_number(self) -> None:
        most = self._ws.settings.inbox.max_files_per_session
        if len(self.got.copies) >= most:
            raise session_full(most)

    def _disk_is_full(self, size: int) -> bool:
        least = self._ws.settings.inbox.min_free_mb * MEGABYTE
        return shutil.disk_usage(self._ws.data).free - size < least


def archive_record(opened: Opened, source_id: str, ws: Workspace, kept: bool) -> ArchiveRecord:
    """What the session remembers of an archive that was opened."""
    return ArchiveRecord(
        sha256=opened.sha256,
        size=opened.size,
        filename=opened.name.filename,
        path=opened.name.path,
        source_id=source_id,
        added_at=ws.now(),
        files=opened.files,
        refused=opened.refused,
        limits=limits_of_archives(ws),
        kept=kept,
    )


def _inside(opened: Opened, path: str) -> str:
    return path.removeprefix(f"{opened.name.path}/")
