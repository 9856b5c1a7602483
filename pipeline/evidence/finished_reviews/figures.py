"""Figures that a review and a report both give, told by their label and unit; a bare number is never compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.forms.normal import plain

_N = r"(?P<n>\d[\d,]*(?:\.\d+)?)"
_HA = r"\s*\(?(?:ha|hectares?)\b\)?"
_TONNES = r"\s*\(?(?:t|tonnes?|tons)\b\)?"


@dataclass(frozen=True)
class Kind:
    """A figure by what it says: words for it, its unit, and the phrases that give it in running text and in tables."""

    name: str
    unit: str
    phrases: tuple[str, ...]
    #: Percentages that follow the first one in the same sentence belong to it: "7 % for 2022, 5 % for 2023".
    runs_on: bool = False


KINDS = (
    Kind("MAPE", "%", (rf"\b(?:MAPE|mean absolute percentage error)\b[^\d.;%]{{0,40}}{_N}\s*\(?%",), runs_on=True),
    Kind("project area", "ha", (rf"\b(?:total |gross )?project area\b[^\d.;]{{0,25}}{_N}{_HA}",)),
    Kind("sampled area", "ha", (rf"\b(?:total )?sampled area\b[^\d.;]{{0,25}}{_N}{_HA}",)),
    Kind(
        "number of samples",
        "samples",
        (
            rf"\b(?:no\.?|number) of (?:soil )?samples\b[^\d.;]{{0,12}}{_N}(?![\d%])",
            rf"\b{_N} (?:composite |soil )?samples\b(?! (?:per|a|in each|from each|for each)\b)",
        ),
    ),
    Kind(
        "cores per stratum",
        "cores",
        (rf"\b{_N} (?:soil )?cores\b[^.;\d]{{0,50}}\b(?:per|each|every)\s+(?:hectare |sampling )?(?:stratum|block)\b",),
    ),
    Kind(
        "size of the strata",
        "ha",
        (
            rf"\b{_N}{_HA}\s+(?:grid|blocks?|strata|stratum)\b",
            rf"\b(?:stratum|strata|block|grid) size of (?:about )?{_N}{_HA}",
        ),
    ),
    Kind(
        "credits",
        "credits",
        (
            rf"\b{_N} credits\b",
            rf"^(?:permanence buffer credit contribution|buffer pool|credits pending issue|total)\s+{_N}$",
        ),
    ),
    Kind("leakage", "tCO2e", (rf"\bleakage\b[^\d.;]{{0,20}}{_N}\s*t\s?CO", rf"^leakage\s+{_N}$")),
    Kind(
        "emissions",
        "tCO2e",
        (rf"\bemissions\b[^\d.;]{{0,20}}{_N}\s*(?:t|tonnes of )\s?CO", rf"^(?:project )?GHG emissions\s+{_N}$"),
    ),
    Kind("change of carbon stock", "tonnes", (rf"\bSOC change\b[^\d.;]{{0,20}}{_N}{_TONNES}",)),
)
#: What makes a figure a limit and no result.
_LIMIT = re.compile(
    r"(?:\b(?:under|below|less than|within|limit|threshold|maximum|at most|up to|over|above|more than|at least|minimum)"
    r"\b(?: of| the)*|[<>\u2264\u2265])\W*$",
    re.I,
)
_LIMIT_AFTER = re.compile(r"^\W{0,3}(?:limit|threshold|maximum|minimum|allowed|requirement)\b", re.I)
_NEXT = re.compile(rf"[^%.;]{{0,30}}?{_N}\s*%")
_YEAR = re.compile(r"^[\s%)]{0,3}\(?(?:for |in |of )?(?:the )?(?:year |round )?((?:19|20)\d\d)\b")


@dataclass(frozen=True)
class Figure:
    """A figure as stated; `year` where the words name the round right after it."""

    kind: str
    unit: str
    raw: str
    year: str | None = None

    @property
    def value(self) -> float:
        """The number."""
        return float(self.raw.replace(",", ""))

    @property
    def words(self) -> str:
        """As one would say it."""
        return f"{self.raw} {self.unit}"

    def equals(self, other: Figure) -> bool:
        """The same to the last place that the less exact of the two gives: 91 and 91.07 are equal."""
        places = min(_places(self.raw), _places(other.raw))
        return abs(round(self.value, places) - round(other.value, places)) < 10**-9


def _places(raw: str) -> int:
    return len(raw.partition(".")[2])


def figures_in(text: str) -> Iterator[Figure]:
    """Every labelled figure of a text; limits such as "under 20 %" are left out."""
    text = plain(text)
    for kind in KINDS:
        for phrase in kind.phrases:
            for match in re.finditer(phrase, text, re.I):
                yield from _at(kind, text, match)


def _at(kind: Kind, text: str, match: re.Match[str]) -> Iterator[Figure]:
    while match:
        before, after = text[: match.start("n")], text[match.end() :]
        if not _LIMIT.search(before) and not _LIMIT_AFTER.match(after):
            year = _YEAR.match(after)
            yield Figure(kind.name, kind.unit, match.group("n"), year.group(1) if year else None)
        following = _NEXT.match(text, match.end()) if kind.runs_on else None
        if following is None:
            return
        match = following
