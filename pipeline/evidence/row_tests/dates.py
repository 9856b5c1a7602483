"""Tests on dates: one is stated, a period has the right length, two dates fit together."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise

from pipeline.checklists.model import AgreesTest, DateTest, PeriodTest
from pipeline.evidence.dates import DateMention, dates_in
from pipeline.evidence.dossier import Dossier
from pipeline.evidence.row_tests.verdict import Facts, Verdict, printed, term_in_words
from pipeline.forms import Paragraph
from pipeline.forms.normal import plain
from pipeline.models import Finding

_BETWEEN = re.compile(
    r"^\W*+(?:(?:inclusive|noon|midnight)\W*+)?(?:(?:to|until|till|and|through|up to|ending|ends?)\W*+)?"
    r"(?:and including\W*+)?(?:(?:and|it|will|finish(?:es|ing)?|end(?:s|ing)?|last day|the|is|date)\W*+)*+"
    r"(?:on\s\W*+)?$",
    re.I,
)


class StatedDate:
    """The section states a date."""

    @staticmethod
    def find(test: DateTest, dossier: Dossier) -> Finding:
        """The first date beside the words asked for, else the first; one that does not exist only as a last resort."""
        impossible: Finding | None = None
        for paragraph, mentions in _dated(test, dossier):
            for mention in mentions:
                items = tuple(dossier.quote_paragraph(paragraph, mention.start, mention.end))
                if mention.value:
                    return Finding(test=test.test, evidence=items, values={test.fact: mention.value.isoformat()})
                impossible = impossible or Finding(test=test.test, evidence=items, values={"impossible": mention.raw})
        return impossible or Finding(test=test.test)

    @staticmethod
    def judge(test: DateTest, finding: Finding, facts: Facts) -> Verdict:
        """Pass when there is one that exists."""
        if raw := finding.values.get("impossible"):
            return Verdict("fail", f"Section {test.section} says {raw}, which is no date.", cause="dates")
        value = finding.values.get(test.fact)
        if not value:
            return Verdict("fail", f"Section {test.section} states no date with day, month and year.")
        return Verdict("pass", f"Section {test.section} states {printed(date.fromisoformat(value))}.")


def _dated(test: DateTest, dossier: Dossier) -> list[tuple[Paragraph, list[DateMention]]]:
    """The section's dates, those whose sentence holds one of `near` first, in the order of `near`."""
    found: list[tuple[int, Paragraph, DateMention]] = []
    for paragraph in dossier.paragraphs([test.section]):
        mentions = dates_in(paragraph.text)
        said = ", ".join(mention.raw for mention in mentions)
        dossier.trace.judged(paragraph, bool(said), f"holds the date {said}" if said else "holds no date")
        for mention in mentions:
            sentence = next((paragraph.text[a:b] for a, b in paragraph.sentences() if a <= mention.start < b), "")
            rank = next((i for i, p in enumerate(test.near) if re.search(p, plain(sentence), re.I)), len(test.near))
            found.append((rank, paragraph, mention))
    return [(paragraph, [mention]) for _, paragraph, mention in sorted(found, key=lambda f: f[0])]


class Period:
    """The section states a start and an end."""

    @staticmethod
    def find(test: PeriodTest, dossier: Dossier) -> Finding:
        """The first two dates that stand as a period, in one sentence or each in its own paragraph.

        Impossible ones are kept as printed.
        """
        paragraphs = dossier.paragraphs([test.section])
        pair = next((p for paragraph in paragraphs if (p := _pair(paragraph))), None)
        dated = [(p, m) for p in paragraphs for m in dates_in(p.text)]
        for paragraph in paragraphs:
            said = ", ".join(mention.raw for p, mention in dated if p is paragraph)
            dossier.trace.judged(paragraph, bool(said), f"holds the date {said}" if said else "holds no date")
        found = [(pair[0], pair[1]), (pair[0], pair[2])] if pair else dated[:2]
        if len(found) < 2:
            return Finding(test=test.test)
        (before, first), (after, last) = found
        items = [
            *dossier.quote_paragraph(before, first.start, last.end if after is before else first.end),
            *(dossier.quote_paragraph(after, last.start, last.end) if after is not before else ()),
        ]
        values = _value(f"{test.fact}_start", first) | _value(f"{test.fact}_end", last)
        return Finding(test=test.test, evidence=tuple(items), values=values)

    @staticmethod
    def judge(test: PeriodTest, finding: Finding, facts: Facts) -> Verdict:
        """Pass when the end is exactly the start plus the years less one day."""
        values = finding.values
        start, end = values.get(f"{test.fact}_start"), values.get(f"{test.fact}_end")
        for which in ("start", "end"):
            if raw := values.get(f"{test.fact}_{which}_impossible"):
                return Verdict("fail", f"Section {test.section} says {raw}, which is no date.", cause="dates")
        if not (start and end):
            return Verdict("fail", f"Section {test.section} states no period with a first and a last day.")
        holds, words = term_in_words(date.fromisoformat(start), date.fromisoformat(end), test.years)
        return Verdict("pass" if holds else "fail", f"{words}.")


def _pair(paragraph: Paragraph) -> tuple[Paragraph, DateMention, DateMention] | None:
    for first, last in pairwise(dates_in(paragraph.text)):
        if _BETWEEN.match(paragraph.text[first.end : last.start]):
            return paragraph, first, last
    return None


def _value(name: str, mention: DateMention) -> dict[str, str]:
    return {name: mention.value.isoformat()} if mention.value else {f"{name}_impossible": mention.raw}


class Agreement:
    """Two dates that were read stand in the right distance."""

    @staticmethod
    def find(test: AgreesTest, dossier: Dossier) -> Finding:
        """Nothing of its own: it compares what other tests found."""
        return Finding(test=test.test)

    @staticmethod
    def judge(test: AgreesTest, finding: Finding, facts: Facts) -> Verdict:
        """Pass when left is `days` after right."""
        left, right = facts.day(test.left), facts.day(test.right)
        if not (left and right):
            absent = " and ".join(_words(n) for n, v in ((test.left, left), (test.right, right)) if not v)
            return Verdict("not_run", f"Not compared: no {absent} could be read.")
        if left - right != timedelta(days=test.days):
            wanted = printed(right + timedelta(days=test.days))
            return Verdict(
                "fail", f"The {_words(test.left)} is {printed(left)}; {wanted} would fit the {_words(test.right)}."
            )
        return Verdict(
            "pass", f"The {_words(test.left)} {printed(left)} fits the {_words(test.right)} {printed(right)}."
        )


def _words(name: str) -> str:
    known = {
        "start_date": "start date",
        "crediting_start": "first day of the crediting period",
        "crediting_end": "last day of the crediting period",
        "permanence_start": "first day of the permanence period",
        "permanence_end": "last day of the permanence period",
    }
    return known.get(name, name.replace("_", " "))
