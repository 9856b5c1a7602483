"""One drop is one batch: settled files of a place are handed over together, and never twice while nothing changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from pipeline.intake.inbox.folders import Place
from pipeline.intake.inbox.looks import Look

#: Settled files wait this long, in seconds, for others of their place that are still settling.
GATHER_SECONDS = 5.0
#: A file that still lies there unchanged this long after it was handed over is offered again; doubled each time.
OFFER_AGAIN_SECONDS = 30.0
#: So often an unchanged file is offered; then only a change or a restart helps. A bad file must not come back for ever.
MAX_OFFERS = 5


@dataclass
class _Settled:
    place: Place
    look: Look
    since: float


@dataclass
class _Offer:
    place: Place
    look: Look
    times: int
    again_at: float


@dataclass(frozen=True)
class Drop:
    """Files of one place to be handed over together, in a stable order."""

    place: Place
    files: tuple[tuple[str, Look], ...]


class Drops:
    """Gathers settled files and remembers what was handed over until the path vanishes or changes."""

    def __init__(self, clock: Callable[[], float], gather_seconds: float = GATHER_SECONDS) -> None:
        self._clock = clock
        self._gather = gather_seconds
        self._settled: dict[str, _Settled] = {}
        self._offers: dict[str, _Offer] = {}

    def __len__(self) -> int:
        return len(self._settled)

    @property
    def gathered(self) -> tuple[str, ...]:
        """Paths that have settled and wait to be handed over."""
        return tuple(sorted(self._settled))

    @property
    def offered(self) -> tuple[str, ...]:
        """Paths that were handed over and have not vanished yet."""
        return tuple(sorted(self._offers))

    def holds(self, path: str, look: Look) -> bool:
        """True when a scan need not look closer at `path`: it waits here, or was handed over as it is."""
        if path in self._settled:
            return self._settled[path].look.settles_by == look.settles_by
        offer = self._offers.get(path)
        if offer is None or offer.look.settles_by != look.settles_by:
            return False
        return offer.times >= MAX_OFFERS or self._clock() < offer.again_at

    def add(self, path: str, place: Place, look: Look) -> None:
        """A file has settled; a late event about one that was just handed over changes nothing."""
        if not self.holds(path, look):
            self._settled[path] = _Settled(place, look, self._clock())

    def withdraw(self, path: str) -> None:
        """Something happened to a file that waits here; it must settle again."""
        self._settled.pop(path, None)

    def ready(self, settling: Collection[Place], busy: Callable[[Place], bool]) -> list[Drop]:
        """The batches to hand over now: all of a place has settled, or the first of it has waited long enough.

        `settling`: places with files that have not settled. `busy`: a batch of this place is still being taken.
        """
        now = self._clock()
        by_place: dict[Place, list[tuple[str, _Settled]]] = {}
        for path, settled in self._settled.items():
            by_place.setdefault(settled.place, []).append((path, settled))
        due = []
        for place, waiting in sorted(by_place.items()):
            patience_over = now - min(s.since for _, s in waiting) >= self._gather
            if (place in settling and not patience_over) or busy(place):
                continue
            # Oldest first, so that of two versions in one drop the later one supersedes; names break ties.
            waiting.sort(key=lambda item: (item[1].look.mtime_ns, item[0]))
            due.append(Drop(place, tuple((path, s.look) for path, s in waiting)))
        return due

    def handed_over(self, place: Place, files: Iterable[tuple[str, Look]]) -> None:
        """These files were sent, or could not be: in both cases they are offered again only after a while."""
        now = self._clock()
        for path, look in files:
            self._settled.pop(path, None)
            offer = self._offers.get(path)
            again = offer is not None and offer.look.settles_by == look.settles_by
            times = offer.times + 1 if offer is not None and again else 1
            self._offers[path] = _Offer(place, look, times, now + OFFER_AGAIN_SECONDS * 2 ** (times - 1))

    def not_taken(self, place: Place) -> None:
        """What was handed over of a place could not be taken for a reason that passes: such offers are not counted."""
        for offer in self._offers.values():
            if offer.place == place:
                offer.times = 0

    def offer_again(self) -> None:
        """What stood in the way is gone: whatever was handed over and is still there is offered at once."""
        for offer in self._offers.values():
            offer.times, offer.again_at = 0, self._clock()

    def gone(self, path: str) -> None:
        """The path is no longer there: whatever comes under it next is something new."""
        self._settled.pop(path, None)
        self._offers.pop(path, None)

    def keep_only(self, paths: Collection[str]) -> None:
        """A whole scan saw `paths` and nothing else."""
        for path in [*self._settled, *self._offers]:
            if path not in paths:
                self.gone(path)
