"""Several ways timed in turns (A B A B ...), so that whatever else the machine does falls on all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import median

#: Does its work once. One that gives a float has timed itself: only a part of its work counts.
Act = Callable[[], object]


def timed(act: Act) -> float:
    """Seconds of one call."""
    begun = time.perf_counter()
    told = act()
    return told if isinstance(told, float) else time.perf_counter() - begun


def in_turns(acts: Mapping[str, Act], rounds: int) -> dict[str, list[float]]:
    """Seconds of each act by its name, one per round; every round does all of them, every second one backwards."""
    seconds: dict[str, list[float]] = {name: [] for name in acts}
    for turn in range(rounds):
        for name in list(acts) if turn % 2 == 0 else list(reversed(list(acts))):
            seconds[name].append(timed(acts[name]))
    return seconds


def ratio(over: list[float], under: list[float]) -> float:
    """The median of the ratios within each round: both sides of one ratio saw the same machine."""
    return median(a / b for a, b in zip(over, under, strict=True))
