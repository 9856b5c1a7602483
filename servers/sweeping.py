"""What a server does by itself every few seconds: sends again what is due, and tidies what has expired."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Self

from pipeline.errors import ReviewError

log = logging.getLogger("registry_review.server")

#: A server whose sweeping has not come round for this many times its pause is not ready.
LATE = 3
#: And at least for this long, in seconds: one round over very many sessions takes its time.
LATE_SECONDS = 60.0


class Sweeping:
    """A thread that does `acts`, one after the other, at its start and every `seconds`; a context manager, used once.

    An act that fails is logged once for each new reason, stops no other, and is done again the next time.
    """

    def __init__(self, acts: Sequence[Callable[[], object]], seconds: float) -> None:
        self._acts, self._seconds = acts, seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeping", daemon=True)
        self._complained: dict[int, str] = {}
        self._last = time.monotonic()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_ended: object) -> None:
        self._stop.set()
        self._thread.join(timeout=5)

    @property
    def alive(self) -> bool:
        """True while it comes round as it should."""
        late = max(LATE * self._seconds, LATE_SECONDS)
        return self._thread.is_alive() and time.monotonic() - self._last < late

    def _run(self) -> None:
        while True:
            for number, act in enumerate(self._acts):
                self._do(number, act)
            self._last = time.monotonic()
            if self._stop.wait(self._seconds):
                return

    def _do(self, number: int, act: Callable[[], object]) -> None:
        if self._stop.is_set():
            return
        try:
            act()
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            if self._complained.get(number) != said:
                log.warning("sweeping: %s", said, exc_info=not isinstance(error, ReviewError | OSError))
            self._complained[number] = said
        else:
            self._complained.pop(number, None)
