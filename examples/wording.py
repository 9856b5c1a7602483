"""The sentences of a filled form: instructions in one of their wordings, and answers filled in from a farm."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from examples.chance import chance

_ANSWERS = re.compile(r"\{(REQ-[^}]*)\}")
_MARKS = re.compile(r"(--? |\d\) )")
#: The form prints the same request twice in 4.5.
_REPEATED = {"4.5/Buffer Pools": "4.5"}


@dataclass(frozen=True)
class Passage:
    """A paragraph, bullet or table cell of an answer."""

    text: str
    #: "- ", "-- " or "1) ", if it is a point in a list.
    mark: str = ""
    #: The requirements it answers, if any.
    requirements: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answers:
    """Everything a farm wrote into its form, by the keys of `form`."""

    sentences: dict[str, list[Passage]]
    entries: dict[str, list[Passage]]
    grids: dict[str, list[list[Passage]]]


@cache
def _texts(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("texts", name).read_text("utf-8"))


def draw_instructions(seed: int) -> dict[str, str]:
    """One wording for each instruction of the form, by key."""
    rng = chance("instructions", seed)
    drawn = {key: rng.choice(wordings) for key, wordings in _texts("instructions.toml").items()}
    return drawn | {key: drawn[same] for key, same in _REPEATED.items()}


def draw_answers(seed: int, facts: Mapping[str, object]) -> Answers:
    """The answers of a seed; `facts` are what the texts' braces stand for, an empty fact removes its paragraph."""
    rng = chance("answers", seed)
    texts = _texts("answers.toml")
    return Answers(
        sentences={
            key: list(_filled((rng.choice(p) if isinstance(p, list) else p for p in passages), facts))
            for key, passages in texts["sentences"].items()
        },
        entries={key: list(_filled(cells, facts)) for key, cells in texts["entries"].items()},
        grids={key: [list(_filled(row["cells"], facts)) for row in rows] for key, rows in texts["grids"].items()},
    )


def _filled(texts: Iterable[str], facts: Mapping[str, object]) -> Iterable[Passage]:
    for text in texts:
        mark = _MARKS.match(text)
        rest = text[mark.end() :] if mark else text
        answers = _ANSWERS.match(rest)
        filled = (rest[answers.end() :] if answers else rest).format_map(facts)
        if filled:
            yield Passage(filled, mark.group() if mark else "", tuple(answers.group(1).split()) if answers else ())
