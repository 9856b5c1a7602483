"""All sessions by whose turn it is, oldest first: worked out once for each revision, so that hundreds stay quick."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

from pipeline.decisions.review_state import review_state
from pipeline.errors import ReviewError
from pipeline.models import Value
from pipeline.status import progress
from pipeline.status.turn import Turn, turn_of

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.store.catalog import CatalogRow

#: A session that cannot be read waits for whoever runs the program; the reviewer is the one who sees it.
_DAMAGED = Turn(who="reviewer", what="Its file cannot be read: see `registry-review doctor`")


class Listed(Value):
    """A session in the list."""

    session_id: str
    project_name: str
    turn: Turn


class Found(Value):
    """One page of those that were asked for."""

    sessions: tuple[Listed, ...]
    #: How many there are by whose turn it is, of those that the words fit.
    by_turn: dict[str, int]
    total: int
    #: The page that is shown, from 1, and how many there are.
    page: int
    pages: int


class Turns:
    """The turns of a home's sessions; safe to ask from several threads."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws
        self._lock = threading.Lock()
        self._known: dict[str, tuple[int, Turn]] = {}

    def find(self, words: str = "", who: str = "", page: int = 1, per_page: int = 25) -> Found:
        """Sessions whose project name holds all `words`, in any letter case, or the one of that id; with `who`, those
        whose turn it is.

        A page beyond the last is the last.
        """
        wanted = words.casefold().split()
        rows = [row for row in self._ws.catalog.list() if _fits(row, wanted)]
        rows.sort(key=_age)
        turned = [(row, self._turn(row)) for row in rows]
        self._forget({row.session_id for row in rows} if not wanted else None)
        chosen = [(row, turn) for row, turn in turned if who in ("", turn.who)]
        pages = max(1, -(-len(chosen) // per_page))
        page = min(max(page, 1), pages)
        shown = chosen[(page - 1) * per_page : page * per_page]
        return Found(
            sessions=tuple(
                Listed(session_id=row.session_id, project_name=row.project_name, turn=turn) for row, turn in shown
            ),
            by_turn=dict(Counter(turn.who for _, turn in turned)),
            total=len(turned),
            page=page,
            pages=pages,
        )

    def _turn(self, row: CatalogRow) -> Turn:
        with self._lock:
            known = self._known.get(row.session_id)
        if known is not None and known[0] == row.revision:
            return known[1]
        try:
            record = self._ws.sessions.read(row.session_id)
            state = review_state(self._ws, record)
            turn = turn_of(record, progress.progress(self._ws, record, state), state)
        except ReviewError:
            return _DAMAGED
        with self._lock:
            self._known[row.session_id] = record.revision, turn
        return turn

    def _forget(self, there: set[str] | None) -> None:
        """Drop what is known of sessions that are gone; None when not all were looked at."""
        if there is not None:
            with self._lock:
                for gone in self._known.keys() - there:
                    del self._known[gone]


def _age(row: CatalogRow) -> str:
    """For ordering, oldest first; a damaged session may not tell when it was made, then its id does, to the second."""
    return f"{row.created_at:session-%Y%m%d-%H%M%S.%f}" if row.created_at else row.session_id


def _fits(row: CatalogRow, wanted: list[str]) -> bool:
    name = row.project_name.casefold()
    return all(word in name for word in wanted) or wanted == [row.session_id]
