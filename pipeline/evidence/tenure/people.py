"""Whether two names mean the same holder, and if not, what differs: never a bare ratio.

A ratio rejects a shortened first name and accepts two people with near-equal names; the difference is named instead
and a person judges it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from rapidfuzz.distance import OSA

from pipeline.evidence.tenure.name_parts import FORMS, Parts, parts_of

#: What differs, the least first: a name is compared with several owners, and the closest one is told.
Difference = Literal[
    "none",
    "trading_name",
    "initials",
    "spelling",
    "short_first_name",
    "account_suffix",
    "trustee",
    "company_form",
    "spouse",
    "first_name",
    "other",
]
#: Differences in how one holder's name is written.
SLIGHT = frozenset({"trading_name", "initials", "spelling"})
_RANK: dict[str, int] = {kind: place for place, kind in enumerate(get_args(Difference))}
#: Shorter names with one letter changed are other names: Lee and Dee.
_LEAST_LETTERS = 6
_ONE_LETTER = set("abcdefghijklmnopqrstuvwxyz")


@dataclass(frozen=True)
class Comparison:
    """How two names differ; `words` says it for the reviewer."""

    difference: Difference
    words: str

    @property
    def same(self) -> bool:
        """True when nothing but titles, case, accents and abbreviations differ."""
        return self.difference == "none"


def compare(stated: str, registered: str) -> Comparison:
    """What differs between the name in the plan and the name in the register; the same both ways round."""
    a, b = parts_of(stated), parts_of(registered)
    if a.core == b.core:
        return _additions(a, b)
    if {" ".join(a.core), a.trading} & {" ".join(b.core), b.trading} - {""}:
        return Comparison("trading_name", "the same name, on one side behind “trading as”")
    if a.office or b.office or a.trust or b.trust:
        if shared := _shared(a, b):
            return Comparison("trustee", f"trustees or executors on one side; both carry the name {shared.title()}")
        return Comparison("other", "another name")
    found = _cores(a, b)
    if found.difference == "other" and (a.account or b.account) and _shared(a, b):
        return Comparison("account_suffix", "an account on one side; the name before it differs too")
    return found


def closest(name: str, owners: Sequence[str], holds_with: Sequence[str] = ()) -> Comparison:
    """`name` against the nearest of several owners.

    `holds_with` are the proprietors of the same title: somebody of the owner's surname who holds the land together
    with the owner is told as a spouse or relative, not as another person.
    """
    found = min((compare(owner, name) for owner in owners), key=lambda c: _RANK[c.difference])
    if found.difference != "first_name":
        return found
    family = [o for o in owners if compare(o, name).difference == "first_name"]
    if any(compare(o, other).difference in SLIGHT | {"none"} for o in family for other in holds_with):
        return Comparison("spouse", "holds the land together with the owner and has the same surname: perhaps a spouse")
    return found


def _additions(a: Parts, b: Parts) -> Comparison:
    """The same names; whether what stands around them differs."""
    if a.trust != b.trust or a.office != b.office:
        return Comparison("trustee", "the same name, as trustee or executor on one side only")
    if a.account != b.account:
        return Comparison("account_suffix", "the same name, with an account on one side only")
    if a.generation != b.generation:
        return Comparison("first_name", "the same name, junior or senior on one side: perhaps another generation")
    if a.form != b.form:
        return Comparison("company_form", "the same name in another form (company, partnership, sole owner)")
    if a.trading != b.trading:
        return Comparison("trading_name", "the same name, with a trading name on one side only")
    return Comparison("none", "the same name")


def _cores(a: Parts, b: Parts) -> Comparison:
    own_a, own_b = a.without_forms, b.without_forms
    if own_a and own_a == own_b:
        return Comparison("company_form", "the same name in another form (company, partnership, farm)")
    company = bool(a.form or b.form or own_a != a.core or own_b != b.core)
    if not company and len(a.core) > 1 and len(b.core) > 1 and a.core[-1] == b.core[-1]:
        return _people(a.core, b.core)
    one, two = "".join(own_a), "".join(own_b)
    if one and one == two:
        return Comparison("spelling", "only the gaps between the words differ")
    if a.form == b.form and min(len(one), len(two)) >= _LEAST_LETTERS and OSA.distance(one, two) <= 1:
        return Comparison("spelling", "one letter differs")
    if company and set(own_a) & set(own_b):
        return Comparison(
            "company_form", "a person or family name on one side, a company, partnership or trust on the other"
        )
    return Comparison("other", "another name")


def _shared(a: Parts, b: Parts) -> str:
    """The longest word that both names carry, forms of companies aside; empty when there is none."""
    both = {w for w in set(a.core) & set(b.core) - FORMS if len(w) > 1}
    return max(sorted(both), key=len, default="")


def _people(a: tuple[str, ...], b: tuple[str, ...]) -> Comparison:
    """Two names that end alike; a surname of two words is taken away whole before first names are compared."""
    while len(a) > 1 and len(b) > 1 and a[-1] == b[-1]:
        a, b = a[:-1], b[:-1]
    first_a, first_b = a[0], b[0]
    shorter = min(len(first_a), len(first_b))
    if first_a == first_b:
        return Comparison("initials", "the same first name and surname; other names or initials differ")
    if first_a[0] == first_b[0] and shorter == 1:
        return Comparison("initials", "the same surname and initial")
    if shorter > 4 and OSA.distance(first_a, first_b) <= 1:
        return Comparison("spelling", "the same surname; one letter of the first name differs")
    if shorter >= 3 and _begins(first_a, first_b):
        return Comparison("short_first_name", "the same surname; the first name may be a short form")
    if set(a) & set(b) - _ONE_LETTER:
        return Comparison("initials", "the same surname; they share a first or middle name")
    return Comparison("first_name", "the same surname, another first name: it may be another person of the family")


def _begins(one: str, two: str) -> bool:
    """Whether one may be short for the other: Nick for Nicholas, but not Marian for Marvin."""
    short, long = sorted((one, two), key=len)
    return long.startswith(short) or (len(short) == 4 and long.startswith(short[:3]) and len(long) > 4)
