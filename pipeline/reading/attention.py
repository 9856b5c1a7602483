"""Which document is looked at, said before each pass over its words, so that whoever watches knows what it stopped at.

Nobody watches but the process in which passes can be ended (`reading/child.py`); elsewhere saying it costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from pipeline.store.faultpoints import reach

_watcher: Callable[[str], None] | None = None


def watch(watcher: Callable[[str], None] | None) -> None:
    """Tell `watcher` from now on the SHA-256 of each document that is looked at; None ends it."""
    global _watcher
    _watcher = watcher


def look_at(sha256: str) -> None:
    """Say that what follows is a pass over the document with these bytes."""
    if _watcher is not None:
        _watcher(sha256)
        reach("passes.look", sha256)
