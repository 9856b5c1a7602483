"""Answers across sessions without opening them: tables derived from the sessions, made anew when they are lost."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from pipeline.errors import SessionCorrupt, SessionNotFound
from pipeline.models import SessionRecord, Value
from pipeline.models.project_names import fold
from pipeline.store.catalog_file import CatalogFile, Connection, in_memory
from pipeline.store.catalog_rows import forget_rows, hold, said

#: open: nothing special · question: a duplicate question waits · failed: a stage gave up · pointing: another session is
#: reviewed in its place · corrupt: cannot be read.
CatalogState = Literal["open", "question", "failed", "pointing", "corrupt"]

#: SQLite takes some thousand variables a statement; so hashes are asked for, and sessions read, in runs of this length.
RUN = 500
#: Revision of a damaged session that was never seen whole: what it refers to is unknown.
UNKNOWN = -1


class Records(Protocol):
    """Where the truth is: the sessions themselves."""

    def ids(self) -> list[str]:
        """Every session's id."""

    def read(self, session_id: str) -> SessionRecord:
        """One session."""

    def titles(self, record: SessionRecord) -> dict[str, str] | None:
        """The titles of land in its last ledger, each with its place in words; None when the result is not there."""


class CatalogRow(Value):
    """What a list of sessions shows; the times are None for a damaged session that was never seen whole."""

    session_id: str
    project_name: str
    methodology: str
    state: CatalogState
    documents: int
    advance_to: str
    bound_folder: str | None
    revision: int
    created_at: datetime | None
    updated_at: datetime | None
    #: The session's file, for the message about a damaged one.
    path: Path


def state_of(record: SessionRecord) -> CatalogState:
    """The one word a session is listed by; what is fresh or stale is for the workflow to say."""
    if record.points_to is not None:
        return "pointing"
    if any(stage.status == "failed" for stage in record.stages.values()):
        return "failed"
    if any(question.answer is None for question in record.questions.values()):
        return "question"
    return "open"


class Catalog:
    """An SQLite file at `path` about the sessions of `records`, whose folders lie in `folder`."""

    def __init__(self, path: Path, records: Records, folder: Path) -> None:
        self._records = records
        self._folder = folder
        self._file = CatalogFile(path, self._fill)

    def open(self) -> None:
        """Make the file if it is not there, and take over sessions that came or went behind the catalog's back."""
        with self._file.reading() as db:
            seen = db.execute("SELECT folder_mtime_ns FROM seen").fetchone()
        if seen is None or seen[0] != self._folder.stat().st_mtime_ns:
            self._reconcile()
        self._hear_announced()

    def close(self) -> None:
        """Close the file; it opens again by itself when asked something."""
        self._file.close()

    # --- kept up to date by the store --------------------------------------------------------------------------------

    def announce(self, session_id: str, revision: int) -> None:
        """Note that a revision is about to be written, so that a crash before `update` cannot go unnoticed."""
        with self._file.writing() as db:
            db.execute("INSERT OR IGNORE INTO announced VALUES (?, ?)", (session_id, revision))

    def update(self, record: SessionRecord) -> None:
        """Take over a session as committed; a revision older than the one known changes nothing."""
        signature = self._signature(record.session_id)
        titles = self._titles(record)
        with self._file.writing() as db:
            known = db.execute("SELECT revision FROM sessions WHERE session_id = ?", (record.session_id,)).fetchone()
            if known is None or known[0] <= record.revision:
                _take(db, record, signature, titles)

    def forget(self, session_id: str) -> None:
        """Drop everything about a session."""
        with self._file.writing() as db:
            forget_rows(db, session_id)

    def rebuild(self) -> None:
        """Look at every session again."""
        self._reconcile()
        self._look_again(self._records.ids())

    def differences(self) -> list[str]:
        """The sessions about which the file says something else than the sessions themselves; mends nothing."""
        self._hear_announced()
        wrong = self._differing()
        # Changed while we looked? Then it differed from one look only.
        return sorted(set(wrong) & set(self._differing())) if wrong else []

    def _differing(self) -> list[str]:
        with in_memory() as db:
            self._fill(db)
            there = said(db)
        with self._file.reading() as db:
            here = said(db)
        # What a damaged session held stays noted here, and the session itself cannot say it.
        damaged = {one for one, rows in there.items() if rows[0][1] == UNKNOWN and "corrupt" in here.get(one, [()])[0]}
        return [one for one in (there.keys() | here.keys()) - damaged if there.get(one) != here.get(one)]

    def renew(self) -> None:
        """Throw the file away and make it again from the sessions."""
        self._file.remove()
        self.open()

    # --- questions ---------------------------------------------------------------------------------------------------

    def sessions_with(self, hashes: Iterable[str], referred: bool = False) -> dict[str, set[str]]:
        """Which sessions hold any of `hashes`, and which ones each; with `referred`, or only refer to them."""
        found: dict[str, set[str]] = {}
        for table in ("content", "referred") if referred else ("content",):
            for session_id, sha256 in self._holders(hashes, table):
                found.setdefault(session_id, set()).add(sha256)
        return found

    def hash_counts(self, hashes: Iterable[str]) -> dict[str, int]:
        """In how many sessions each of `hashes` stands; those that stand in none are left out."""
        counts: dict[str, int] = {}
        for _, sha256 in self._holders(hashes):
            counts[sha256] = counts.get(sha256, 0) + 1
        return counts

    def content_of(self, session_id: str, referred: bool = False) -> set[str]:
        """The hashes a session holds; with `referred` also those of links that it only refers to."""
        self._hear_announced()
        question = "SELECT sha256 FROM content WHERE session_id = ?"
        if referred:
            question += " UNION SELECT sha256 FROM referred WHERE session_id = ?"
        with self._file.reading() as db:
            return {row[0] for row in db.execute(question, (session_id,) * (2 if referred else 1))}

    def ids(self) -> set[str]:
        """Every session's id as of the last opening or listing, damaged ones included."""
        with self._file.reading() as db:
            return {row[0] for row in db.execute("SELECT session_id FROM sessions")}

    def last_change(self) -> datetime | None:
        """When any session was changed last, as of the last opening or listing; None without sessions."""
        with self._file.reading() as db:
            (last,) = db.execute("SELECT max(updated_at) FROM sessions").fetchone()
        return datetime.fromisoformat(last) if last else None

    def titles_of(self, session_id: str) -> dict[str, str]:
        """The titles of land a session names or has registers of, each with its place in words."""
        self._hear_announced()
        question = "SELECT title_number, place FROM titles WHERE session_id = ? ORDER BY title_number"
        with self._file.reading() as db:
            return dict(db.execute(question, (session_id,)).fetchall())

    def sessions_with_titles(self, titles: Iterable[str]) -> dict[str, dict[str, str]]:
        """Which sessions claim any of those titles: session, then title, then its place there in words."""
        self._hear_announced()
        found: dict[str, dict[str, str]] = {}
        question = "SELECT session_id, place FROM titles WHERE title_number = ? ORDER BY session_id"
        with self._file.reading() as db:
            for title in sorted(set(titles)):
                for session_id, place in db.execute(question, (title,)).fetchall():
                    found.setdefault(session_id, {})[title] = place
        return found

    def names_of(self, session_ids: Iterable[str]) -> dict[str, str]:
        """The project names of those sessions, by id; unknown ids are left out."""
        question = "SELECT project_name FROM sessions WHERE session_id = ?"
        with self._file.reading() as db:
            found = {one: db.execute(question, (one,)).fetchone() for one in set(session_ids)}
        return {one: row[0] for one, row in found.items() if row}

    def pointing(self, session_ids: Iterable[str]) -> set[str]:
        """Those of the sessions in whose place another one is reviewed."""
        question = "SELECT 1 FROM sessions WHERE session_id = ? AND state = 'pointing'"
        with self._file.reading() as db:
            return {one for one in set(session_ids) if db.execute(question, (one,)).fetchone()}

    def named(self, beginning: str) -> list[tuple[str, str, int]]:
        """Id, project name and number of documents of every session whose name, folded, begins so; oldest first.

        Left out: those in whose place another one is reviewed.
        """
        self._hear_announced()
        question = (
            "SELECT session_id, project_name, documents FROM sessions WHERE name_key >= ? AND name_key < ?"
            " AND state <> 'pointing' ORDER BY created_at, session_id"
        )
        with self._file.reading() as db:
            return db.execute(question, (beginning, f"{beginning}\U0010ffff")).fetchall()

    def unreferenced(self, hashes: Iterable[str]) -> set[str]:
        """Those of `hashes` that no session holds; none while there is a damaged session whose content is unknown."""
        wanted = set(hashes)
        held = self.hash_counts(wanted)
        with self._file.reading() as db:
            if db.execute("SELECT 1 FROM sessions WHERE revision = ? LIMIT 1", (UNKNOWN,)).fetchone():
                return set()
        return wanted - held.keys()

    def bound_to(self, bound_folder: str) -> list[str]:
        """Sessions bound to that folder under inbox/new, however its accents are written, the newest last."""
        self._hear_announced()
        question = "SELECT session_id FROM sessions WHERE bound_folder = ? ORDER BY created_at, session_id"
        with self._file.reading() as db:
            return [row[0] for row in db.execute(question, (unicodedata.normalize("NFC", bound_folder),))]

    def list(self, state: CatalogState | None = None) -> list[CatalogRow]:
        """Every session, or those in `state`, the one changed last first; damaged ones are in it, as corrupt."""
        self._reconcile()
        self._hear_announced()
        with self._file.reading() as db:
            known = db.execute("SELECT session_id, signature FROM sessions").fetchall()
        # A listing looks at every session anyway, so one stat each also shows what was damaged or restored by hand.
        self._look_again([session_id for session_id, seen in known if seen != self._signature(session_id)])
        question = (
            "SELECT session_id, project_name, methodology, state, documents, advance_to, bound_folder, revision,"
            " created_at, updated_at FROM sessions WHERE ? IS NULL OR state = ? ORDER BY updated_at DESC, session_id"
        )
        with self._file.reading() as db:
            found = db.execute(question, (state, state))
            names = [column[0] for column in found.description]
            rows = [dict(zip(names, row, strict=True)) for row in found]
        return [CatalogRow(**row, path=self._folder / row["session_id"] / "session.json") for row in rows]

    # --- looking at the sessions -------------------------------------------------------------------------------------

    def _holders(self, hashes: Iterable[str], table: str = "content") -> Iterable[tuple[str, str]]:
        self._hear_announced()
        wanted = sorted(set(hashes))
        for start in range(0, len(wanted), RUN):
            run = wanted[start : start + RUN]
            marks = ", ".join("?" * len(run))
            question = f"SELECT session_id, sha256 FROM {table} WHERE sha256 IN ({marks})"  # noqa: S608 - our own words only
            with self._file.reading() as db:
                yield from db.execute(question, run).fetchall()

    def _hear_announced(self) -> None:
        """Take over revisions that were written without `update` being reached: their process was killed in between."""
        with self._file.reading() as db:
            announced = db.execute("SELECT session_id, max(revision) FROM announced GROUP BY session_id").fetchall()
        written = []
        for session_id, revision in announced:
            record = self._read(session_id)
            # A revision that is not there is being written now or was given up; its note goes with the next commit.
            if not isinstance(record, SessionRecord) or record.revision >= revision:
                written.append(session_id)
        self._look_again(written)

    def _reconcile(self) -> None:
        """Take over sessions that came or went: a backup put back, a folder removed by hand."""
        seen = self._folder.stat().st_mtime_ns
        there = set(self._records.ids())
        with self._file.reading() as db:
            known = {row[0] for row in db.execute("SELECT session_id FROM sessions")}
        self._look_again(sorted(there ^ known))
        with self._file.writing(lasting=False) as db:
            db.execute("DELETE FROM seen")
            db.execute("INSERT INTO seen VALUES (?)", (seen,))

    def _look_again(self, session_ids: Sequence[str]) -> None:
        for start in range(0, len(session_ids), RUN):
            # Read first, outside the write: reading may take a session's lock, whose holder may wait for us.
            found = [(one, self._signature(one), self._read(one)) for one in session_ids[start : start + RUN]]
            titles = {one: self._titles(record) for one, _, record in found if isinstance(record, SessionRecord)}
            with self._file.writing(lasting=False) as db:
                for session_id, signature, record in found:
                    # Changed since: whoever changed it tells us, after us.
                    if signature == self._signature(session_id):
                        _note(db, session_id, record, signature, titles.get(session_id))

    def _fill(self, db: Connection) -> None:
        """First filling of a new file that nobody else has open yet."""
        for session_id in self._records.ids():
            record = self._read(session_id)
            titles = self._records.titles(record) if isinstance(record, SessionRecord) else None
            _note(db, session_id, record, self._signature(session_id), titles)

    def _titles(self, record: SessionRecord) -> dict[str, str] | None:
        """The titles of a session whose ledger is another than the one noted; None when there is nothing to change."""
        with self._file.reading() as db:
            known = db.execute("SELECT titles_from FROM sessions WHERE session_id = ?", (record.session_id,)).fetchone()
        return None if known and known[0] == _ledger(record) else self._records.titles(record)

    def _read(self, session_id: str) -> SessionRecord | Literal["corrupt", "gone"]:
        try:
            return self._records.read(session_id)
        except SessionNotFound:
            return "gone"
        except SessionCorrupt:
            return "corrupt"

    def _signature(self, session_id: str) -> str:
        """What changes whenever the session's file does; empty without a file."""
        try:
            seen = (self._folder / session_id / "session.json").stat()
        except OSError:
            return ""
        return f"{seen.st_ino}-{seen.st_size}-{seen.st_mtime_ns}"


def _ledger(record: SessionRecord) -> str:
    """The result that a session's titles stand in, by its hash; empty before there is one."""
    stage = record.stages.get("cross_validation")
    return (stage.result if stage else None) or ""


def _note(
    db: Connection,
    session_id: str,
    record: SessionRecord | Literal["corrupt", "gone"],
    signature: str,
    titles: dict[str, str] | None = None,
) -> None:
    if record == "gone":
        forget_rows(db, session_id)
    elif isinstance(record, SessionRecord):
        _take(db, record, signature, titles)
    else:
        # What it held stays noted, so that nothing it may refer to is thrown away.
        db.execute(
            "INSERT INTO sessions (session_id, revision, signature, state) VALUES (?, ?, ?, 'corrupt')"
            " ON CONFLICT (session_id) DO UPDATE SET state = excluded.state, signature = excluded.signature",
            (session_id, UNKNOWN, signature),
        )
        db.execute("DELETE FROM announced WHERE session_id = ?", (session_id,))


def _take(db: Connection, record: SessionRecord, signature: str, titles: dict[str, str] | None) -> None:
    """`titles` are None when they stay as they are: a result is read once, not with every commit."""
    known = db.execute("SELECT titles_from FROM sessions WHERE session_id = ?", (record.session_id,)).fetchone()
    row = {
        "session_id": record.session_id,
        "revision": record.revision,
        "signature": signature,
        "state": state_of(record),
        "project_name": record.project_metadata.project_name,
        "methodology": record.project_metadata.methodology,
        "documents": len(record.documents),
        "advance_to": record.advance_to,
        # In one spelling, since systems write the same accent in two ways.
        "bound_folder": record.bound_folder and unicodedata.normalize("NFC", record.bound_folder),
        "created_at": record.created_at.isoformat(),
        "updated_at": record.updated_at.isoformat(),
        "name_key": fold(record.project_metadata.project_name),
        "titles_from": _ledger(record) if titles is not None else known[0] if known else "",
    }
    names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
    db.execute(f"INSERT OR REPLACE INTO sessions ({names}) VALUES ({marks})", row)  # noqa: S608 - the names above only
    session_id = record.session_id
    if titles is not None:
        db.execute("DELETE FROM titles WHERE session_id = ?", (session_id,))
        rows = [(session_id, title, place) for title, place in sorted(titles.items())]
        db.executemany("INSERT INTO titles VALUES (?, ?, ?)", rows)
    hold(db, "content", session_id, {document.sha256 for document in record.documents.values()})
    hold(db, "referred", session_id, record.referred)
    db.execute("DELETE FROM announced WHERE session_id = ? AND revision <= ?", (session_id, record.revision))
