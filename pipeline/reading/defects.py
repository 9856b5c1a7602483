"""What may be said of an error that was met over a document: its kind and its place in the program, never its words."""

from __future__ import annotations

import traceback
from pathlib import Path

import pipeline

_ROOT = Path(pipeline.__file__).parent.parent


def place_of(error: BaseException) -> str:
    """The kind of an error and the place of ours it came from; never its message, which may quote a document."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(_ROOT)]
    return f"{type(error).__name__} in {_place(ours[-1])}" if ours else type(error).__name__


def way_of(error: BaseException) -> str:
    """The same with the whole way it came, for the log."""
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join([type(error).__name__, *(_place(frame) for frame in reversed(frames))])


def _place(frame: traceback.FrameSummary) -> str:
    where = Path(frame.filename)
    where = where.relative_to(_ROOT) if where.is_relative_to(_ROOT) else Path(where.name)
    return f"{where}, line {frame.lineno}"
