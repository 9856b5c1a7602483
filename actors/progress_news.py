"""What happens in this process's actors, told to whoever listens: progress lines, waiting commands, the watcher."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from pipeline.models import AddResult, StageKey

log = logging.getLogger("registry_review.queue")

NewsKind = Literal["progress", "taken", "not_taken", "stage_done", "stage_failed", "busy", "wanted", "over"]


@dataclass(frozen=True)
class News:
    """One thing that happened to a session; `message` is a sentence or less, never text of a document."""

    kind: NewsKind
    session_id: str
    message: str = ""
    stage: StageKey | None = None
    done: int | None = None
    total: int | None = None
    #: The document that begins to be read or, with `done` or `pages`, was dealt with; None of another piece of news.
    document: str | None = None
    #: How many pages of it were read; None when it had been read before.
    pages: int | None = None
    #: What became of the files, with `taken`.
    result: AddResult | None = None
    #: Why, with `not_taken`.
    error: Exception | None = None
    #: Whether that is over by itself or when somebody made room: the files may be offered again and again.
    passes: bool = False


Listener = Callable[[News], None]


class NewsDesk:
    """Passes news on to its listeners, in the thread in which it happens. A listener that fails hurts nobody else."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._lock = threading.Lock()

    def tell(self, news: News) -> None:
        """Call every listener."""
        with self._lock:
            listeners = tuple(self._listeners)
        for listener in listeners:
            try:
                listener(news)
            except Exception:
                log.exception("a listener failed on %s of %s", news.kind, news.session_id)

    def keep(self, listener: Listener) -> None:
        """Have `listener` called from now on."""
        with self._lock:
            self._listeners.append(listener)

    @contextmanager
    def listening(self, listener: Listener) -> Iterator[None]:
        """Have `listener` called while the block runs."""
        with self._lock:
            self._listeners.append(listener)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.remove(listener)
