"""Chance that repeats: one named stream of random numbers for each thing that is drawn."""

from __future__ import annotations

from random import Random


def chance(what: str, seed: int | str) -> Random:
    """A stream of its own for each thing and seed, the same on every machine, so that one draw never shifts another."""
    return Random(f"{what} {seed}")  # noqa: S311 - it makes up documents and guards nothing
