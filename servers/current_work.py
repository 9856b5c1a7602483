"""What the queue is at right now with each session, for whoever watches a page; news that are over are forgotten."""

from __future__ import annotations

import threading

from actors.progress_news import News

#: What ends a stage, or the work on a session.
_ENDS = frozenset({"stage_done", "stage_failed", "over"})


class CurrentWork:
    """Remembers each session's latest piece of progress."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: dict[str, News] = {}

    def hear(self, news: News) -> None:
        """Take in a piece of news; called in the worker's threads."""
        with self._lock:
            if news.kind == "progress":
                self._latest[news.session_id] = news
            elif news.kind in _ENDS:
                self._latest.pop(news.session_id, None)

    def of(self, session_id: str) -> News | None:
        """The latest progress of a session; None while nothing is done with it."""
        with self._lock:
            return self._latest.get(session_id)
