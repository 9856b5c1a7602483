"""The inputs, told by a seed: the same seed and number give the same files, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.hostile import honest, maps, packed, pdfs, plainly
from tests.hostile.made import Input, Maker
from tests.hostile.naming import named
from tests.hostile.stray import stray


def _stray_of(ending: str) -> Maker:
    return lambda luck: stray(honest.KINDS[ending](), luck)


def makers() -> list[tuple[str, Maker, str]]:
    """Every way of making an input: what is said of it, how, and the ending it gets."""
    found = [(f"pdf: {name}", make, ".pdf") for name, make in pdfs.MAKERS.items()]
    found += [
        (f"{ending[1:]}: {name}", make, ending) for name, (make, endings) in packed.MAKERS.items() for ending in endings
    ]
    found += [(f"{ending[1:]}: {name}", make, ending) for name, (make, ending) in maps.MAKERS.items()]
    found += [(f"{ending[1:]}: {name}", make, ending) for name, (make, ending) in plainly.MAKERS.items()]
    found += [(f"{ending[1:]}: stray bytes", _stray_of(ending), ending) for ending in honest.KINDS]
    return found


def corpus(number: int, seed: int) -> Iterator[Input]:
    """`number` inputs: every maker in turn, and again, each time with other luck."""
    ways = makers()
    order = Random(seed)  # noqa: S311 - repeatable on purpose
    order.shuffle(ways)
    for n in range(number):
        said, make, ending = ways[n % len(ways)]
        luck = Random(f"{seed}/{said}/{n // len(ways)}")  # noqa: S311 - repeatable on purpose
        yield Input(named(n, ending, luck), make(luck), said)
