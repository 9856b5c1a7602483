"""What a test says in the end, and the facts it may compare with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeVar

from pipeline.evidence.dates import plus_years
from pipeline.models import Evidence, Fact, TestOutcome, Value
from pipeline.reading.attention import look_at

#: Cause of what fails only because a file could not be read; the file has an entry of its own.
UNREAD = "unread"


_Detail = TypeVar("_Detail", bound=Value)


@dataclass(frozen=True)
class Verdict:
    """Outcome and sentence; `becomes` overrides what the row becomes when the test fails."""

    outcome: TestOutcome
    message: str
    becomes: Literal["partial", "needs_review"] | None = None
    #: The check that says the same, where it is another than the test declares; UNREAD where a file's own entry does.
    cause: str | None = None

    @classmethod
    def unread(cls, files: str, as_what: str) -> Verdict:
        """Files came and could not be read: nothing is absent yet, a person must look."""
        message = f"{files} was received and cannot be read; it may be the {as_what}."
        return cls("fail", message, "needs_review", UNREAD)


class Facts:
    """Values read from the documents, by name."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._all = tuple(facts)
        self._by_name: dict[str, list[Fact]] = {}
        for fact in self._all:
            self._by_name.setdefault(fact.name, []).append(fact)

    def all(self, name: str) -> list[Fact]:
        """Every value of that name, as found."""
        found = self._by_name.get(name, [])
        if found:
            look_at(found[0].evidence.sha256)
        return found

    def starting(self, prefix: str) -> list[Fact]:
        """Every value whose name starts so, as found."""
        found = [fact for fact in self._all if fact.name.startswith(prefix)]
        if found:
            look_at(found[0].evidence.sha256)
        return found

    def value(self, name: str) -> str | None:
        """The first value of that name."""
        found = self.all(name)
        return found[0].value if found else None

    def detailed(self, name: str, kind: type[_Detail]) -> list[tuple[Fact, _Detail]]:
        """Every value of that name whose detail is of this kind, as found."""
        return [(fact, fact.detail) for fact in self.all(name) if isinstance(fact.detail, kind)]

    def numbered(self, name: str) -> list[tuple[Fact, float]]:
        """Every value of that name that is a number, as found."""
        return [(fact, number) for fact in self.all(name) if (number := fact.number) is not None]

    def day(self, name: str) -> date | None:
        """The first value of that name as a date."""
        value = self.value(name)
        return date.fromisoformat(value) if value else None

    def evidence(self, *names: str) -> tuple[Evidence, ...]:
        """The quotes of these facts, first value of each."""
        return tuple(self.all(name)[0].evidence for name in names if self.all(name))


def term_in_words(first: date, last: date, years: int) -> tuple[bool, str]:
    """Whether a term ends one day before the anniversary of its first day, and a sentence part that says so."""
    expected = plus_years(first, years) - timedelta(days=1)
    term = f"{printed(first)} to {printed(last)}"
    if last == expected:
        return True, f"{term} is {years} years"
    off = (last - expected).days
    days = f"{abs(off)} day{'s' * (abs(off) != 1)} {'late' if off > 0 else 'early'}"
    return False, f"{term} is not {years} years: the last day would be {printed(expected)} ({days})"


def printed(day: date) -> str:
    """A date as the registry's documents print it."""
    return day.strftime("%d/%m/%Y")
