"""The sweeper: sends again whatever the store says is due and no message is on its way for."""

from __future__ import annotations

import logging

from actors.dispatch import Dispatch
from pipeline.errors import ReviewError
from pipeline.models import StageKey
from pipeline.workflow import freshness

log = logging.getLogger("registry_review.sweeper")

#: A session that had nothing due and whose file did not change is opened again only every so many sweeps: a new
#: checklist file or reader can make a stage stale without a word in the session.
FULL_EVERY = 20

_Unchanged = tuple[int, int, int]


class Sweeper:
    """Looks after every session: at start, when messages of a killed process are lost, and from time to time.

    A stage that gave up is not due, so it is left alone until somebody retries it.
    """

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        self._quiet: dict[str, _Unchanged] = {}
        self._sweeps = 0
        self._complained: dict[str, str] = {}

    def sweep(self) -> list[tuple[str, StageKey]]:
        """Send what is due; returns what was sent, as (session id, stage). One damaged session stops no other."""
        if self._sweeps % FULL_EVERY == 0:
            self._quiet.clear()
        self._sweeps += 1
        sent: list[tuple[str, StageKey]] = []
        ids = self._dispatch.ws.sessions.ids()
        for session_id in ids:
            try:
                key = self._look(session_id)
            except (ReviewError, OSError) as error:
                self._complain(session_id, error)
                continue
            except Exception:
                log.exception("%s could not be looked after", session_id)
                continue
            self._complained.pop(session_id, None)
            if key is not None:
                sent.append((session_id, key))
        self._quiet = {session_id: seen for session_id, seen in self._quiet.items() if session_id in set(ids)}
        if sent:
            log.info("sent again: %s", ", ".join(f"{key} of {session_id}" for session_id, key in sent))
        return sent

    def _look(self, session_id: str) -> StageKey | None:
        ws = self._dispatch.ws
        before = self._stamp(session_id)
        if before is not None and self._quiet.get(session_id) == before:
            return None
        key = freshness.due(ws, ws.sessions.read(session_id))
        if key is None:
            if before is not None:
                self._quiet[session_id] = before
            return None
        if self._has_somebody(session_id):
            return None
        return key if self._dispatch.send_stage(session_id, key) else None

    def _has_somebody(self, session_id: str) -> bool:
        """A message of ours is on its way or being worked on, or another process runs a stage of the session."""
        if self._dispatch.underway.of(session_id):
            return True
        return self._dispatch.ws.sessions.leased(session_id)

    def _stamp(self, session_id: str) -> _Unchanged | None:
        """What changes whenever the session's file is written; it is always replaced whole."""
        try:
            seen = (self._dispatch.ws.sessions.folder(session_id) / "session.json").stat()
        except OSError:
            return None
        return seen.st_ino, seen.st_size, seen.st_mtime_ns

    def _complain(self, session_id: str, error: Exception) -> None:
        """Say it once, not at every sweep."""
        if self._complained.get(session_id) != str(error):
            self._complained[session_id] = str(error)
            log.warning("%s is left out: %s", session_id, error)
