"""Map shapes added up: which kinds, how many, how far they reach, and how much land they enclose."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

#: A position: x and y, or longitude and latitude in degrees.
Position = tuple[float, float]
#: The WGS 84 ellipsoid (EPSG:7030): semi-major axis in metres, squared eccentricity.
_A, _E2 = 6_378_137.0, 0.006_694_379_990_14
_E = math.sqrt(_E2)
KINDS = ("polygons", "lines", "points")


class BadShape(Exception):
    """A shape that is none: coordinates that are no numbers, or a ring that is no ring."""


def ring_area(ring: Sequence[Position]) -> float:
    """The signed area of a closed ring in the square of its own units; clockwise is negative."""
    if not ring:
        return 0.0
    # Seen from its own first point, or the size of the coordinates would eat the digits of the area.
    x0, y0 = ring[0]
    turned = zip(ring, [*ring[1:], ring[0]], strict=True)
    return math.fsum((ax - x0) * (by - y0) - (bx - x0) * (ay - y0) for (ax, ay), (bx, by) in turned) / 2


def equal_area(position: Position) -> Position:
    """Longitude and latitude on WGS 84 to metres in Lambert's cylindrical projection, which keeps areas exactly.

    Snyder, Map Projections: A Working Manual (1987), 3-12 and 10-17. Edges count as straight there, which for the
    edges of fields changes nothing that hectares show.
    """
    sine = math.sin(math.radians(position[1]))
    q = (1 - _E2) * (sine / (1 - _E2 * sine * sine) - math.log((1 - _E * sine) / (1 + _E * sine)) / (2 * _E))
    return _A * math.radians(position[0]), _A * q / 2


class Shapes:
    """What the features of one layer add up to."""

    def __init__(self) -> None:
        self.features = 0
        self._kinds: set[str] = set()
        self._low = [math.inf, math.inf]
        self._high = [-math.inf, -math.inf]
        self._plane: list[float] = []
        self._ellipsoid: list[float] = []

    def polygon(self, rings: Iterable[Sequence[Position]], *, by_turn: bool = False) -> None:
        """A polygon: its outer ring and its holes; `by_turn`, any number of both, told apart by their direction."""
        taken = [self._reach(ring) for ring in rings]
        self._kinds.add("polygons")
        self._plane.append(_enclosed([ring_area(ring) for ring in taken], by_turn))
        if self._on_the_globe():
            areas = [ring_area([equal_area(position) for position in ring]) for ring in taken]
            self._ellipsoid.append(_enclosed(areas, by_turn))

    def other(self, kind: str, positions: Iterable[Sequence[float]]) -> None:
        """Lines or points."""
        if self._reach(positions):
            self._kinds.add(kind)

    def facts(self) -> dict[str, str]:
        """geometry, features, bounds (west south east north), area_plane (units squared), area_globe (square metres).

        `area_globe` is there when every position can be longitude and latitude.
        """
        geometry = " and ".join(kind for kind in KINDS if kind in self._kinds) or "none"
        found = {"geometry": geometry, "features": str(self.features)}
        if self._low[0] <= self._high[0]:
            found["bounds"] = " ".join(f"{value:.10g}" for value in (*self._low, *self._high))
        if "polygons" in self._kinds:
            found["area_plane"] = repr(math.fsum(self._plane))
            if self._on_the_globe():
                found["area_globe"] = repr(math.fsum(self._ellipsoid))
        return found

    def _on_the_globe(self) -> bool:
        return self._low[0] >= -180 and self._high[0] <= 180 and self._low[1] >= -90 and self._high[1] <= 90

    def _reach(self, positions: Iterable[Sequence[float]]) -> list[Position]:
        try:
            taken = [(float(position[0]), float(position[1])) for position in positions]
        except (TypeError, ValueError, IndexError, KeyError, OverflowError) as error:
            raise BadShape("a position is no pair of numbers") from error
        for position in taken:
            for axis, value in enumerate(position):
                if not math.isfinite(value):
                    raise BadShape("a coordinate is no number")
                self._low[axis] = min(self._low[axis], value)
                self._high[axis] = max(self._high[axis], value)
        return taken


def _enclosed(areas: Sequence[float], by_turn: bool) -> float:
    if by_turn:
        return abs(math.fsum(areas))
    return max(0.0, abs(areas[0]) - math.fsum(map(abs, areas[1:]))) if areas else 0.0
