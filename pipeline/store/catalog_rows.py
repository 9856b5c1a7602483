"""A session's rows in the catalog's tables: held, compared and dropped."""

from __future__ import annotations

from collections.abc import Set

from pipeline.store.catalog_file import Connection

#: What of the tables must be as the sessions say; times and signatures follow from a session's revision.
COMPARED = {
    # first, so that its row comes first
    "sessions": "revision, state, project_name, methodology, documents, advance_to, bound_folder, titles_from",
    "content": "sha256",
    "referred": "sha256",
    "titles": "title_number, place",
}


def hold(db: Connection, table: str, session_id: str, wanted: Set[str]) -> None:
    """Make the session's rows of `content` or `referred` those of `wanted`."""
    held = {row[0] for row in db.execute(f"SELECT sha256 FROM {table} WHERE session_id = ?", (session_id,))}  # noqa: S608 - one of the two names
    gone, new = [(session_id, one) for one in held - wanted], [(session_id, one) for one in wanted - held]
    db.executemany(f"DELETE FROM {table} WHERE session_id = ? AND sha256 = ?", gone)  # noqa: S608 - one of the two names
    db.executemany(f"INSERT INTO {table} VALUES (?, ?)", new)  # noqa: S608 - one of the two names


def said(db: Connection) -> dict[str, list[tuple[object, ...]]]:
    """All that the tables say, by session."""
    said: dict[str, list[tuple[object, ...]]] = {}
    for table, columns in COMPARED.items():
        question = f"SELECT session_id, {columns} FROM {table} ORDER BY session_id, {columns}"  # noqa: S608 - from the constant above
        for session_id, *row in db.execute(question):
            said.setdefault(session_id, []).append((table, *row))
    return said


def forget_rows(db: Connection, session_id: str) -> None:
    """Drop every row about a session."""
    for table in ("sessions", "content", "referred", "titles", "announced"):
        db.execute(f"DELETE FROM {table} WHERE session_id = ?", (session_id,))  # noqa: S608 - the names above only
