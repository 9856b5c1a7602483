"""Tests on sentences of the plan: something is said, a share is stated, a length is stated."""

from __future__ import annotations

import re

from pipeline.checklists.model import LengthTest, Place, ShareTest, StatementTest
from pipeline.dossier import Dossier
from pipeline.forms import Paragraph
from pipeline.forms.normal import plain
from pipeline.models import Finding
from pipeline.rowtests.verdict import Facts, Verdict

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)\s?(?:%|per\s?cent)", re.I)
_WHOLE = re.compile(r"\b(?:all|whole|wholly|entire(?:ty|ly)?|full(?:y)?|sole(?:ly)?)\b", re.I)
#: Lengths of terms that are written out.
_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
_WORDS |= {"eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}
_YEARS = re.compile(rf"\b(\d{{1,3}}|{'|'.join(_WORDS)})[- ](?:calendar[- ])?years?\b", re.I)


def matching(place: Place, dossier: Dossier) -> list[tuple[Paragraph, int, int]]:
    """The sentences of a place that hold one of its patterns, as (paragraph, start, end), in order."""
    wanted = [re.compile(p, re.I | re.S) for p in place.any]
    refused = [re.compile(p, re.I | re.S) for p in place.unless]
    found = []
    for paragraph in dossier.paragraphs(place.sections):
        for start, end in paragraph.sentences():
            sentence = plain(paragraph.text[start:end])
            if wanted and not any(p.search(sentence) for p in wanted):
                continue
            if any(p.search(sentence) for p in refused) or not re.search(r"\w", sentence):
                continue
            found.append((paragraph, start, end))
    return found


def where(sections: tuple[str, ...]) -> str:
    """Places in words: "section 1.11 (Habitat)"."""
    words = []
    for section in sections:
        number, _, subhead = section.partition("/")
        name = "the appendix" if number == "Appendix" else f"section {number}"
        words.append(f"{name} ({subhead.rstrip('.')})" if subhead else name)
    return " or ".join(dict.fromkeys(words))


class Statement:
    """A sentence of the plan says it."""

    @staticmethod
    def find(test: StatementTest, dossier: Dossier) -> Finding:
        """The first sentence that holds a pattern."""
        for paragraph, start, end in matching(test.place, dossier):
            items = dossier.quote_paragraph(paragraph, start, end)
            if items:
                return Finding(test=test.test, evidence=tuple(items), values={"found": "yes"})
        return Finding(test=test.test)

    @staticmethod
    def judge(test: StatementTest, finding: Finding, facts: Facts) -> Verdict:
        """Pass when a sentence was found."""
        if finding.values.get("found"):
            return Verdict("pass", f"Found on page {finding.evidence[0].page}: {test.what}.")
        return Verdict("fail", f"Not found in {where(test.place.sections)}: {test.what}.")


class Share:
    """Percentages make the total, and their parts add up to it."""

    @staticmethod
    def find(test: ShareTest, dossier: Dossier) -> Finding:
        """The sentence with the total and those after it that hold its parts; else what other shares are stated."""
        candidates = matching(test.place, dossier)
        stated = [(p, a, b, shares) for p, a, b in candidates if (shares := _shares(p.text[a:b], test.total))]
        chosen = next((s for s in stated if float(test.total) in s[3]), None)
        if chosen:
            paragraph, start, end, shares = chosen
            for after, until in paragraph.sentences():
                if after >= end and len(shares) <= test.parts and (more := _shares(paragraph.text[after:until], 0)):
                    shares, end = shares + more, until
            items = dossier.quote_paragraph(paragraph, start, end)
        else:
            shares = [share for s in stated for share in s[3]]
            shown = stated or [(p, a, b, []) for p, a, b in candidates[:1]]
            items = [i for p, a, b, _ in shown for i in dossier.quote_paragraph(p, a, b)]
        values = {"shares": " ".join(f"{s:g}" for s in shares)} if shares else {}
        return Finding(test=test.test, evidence=tuple(dict.fromkeys(items)), values=values)

    @staticmethod
    def judge(test: ShareTest, finding: Finding, facts: Facts) -> Verdict:
        """Pass when the total is stated and, where parts are asked for, that many others add up to it."""
        shares = [float(s) for s in finding.values.get("shares", "").split()]
        place = where(test.place.sections)
        if not shares:
            return Verdict("fail", f"No percentage is stated in {place}; {test.total} % is expected.")
        listed = ", ".join(f"{s:g} %" for s in shares)
        if float(test.total) not in shares:
            if test.total == 100 and abs(sum(shares) - 100) < 0.01:
                return Verdict("pass", f"The shares {listed} make 100 %.")
            return Verdict("fail", f"{place[0].upper()}{place[1:]} states {listed}; {test.total} % is expected.")
        rest = list(shares)
        rest.remove(float(test.total))
        if test.parts and rest and abs(sum(rest[: test.parts]) - test.total) > 0.01:
            parts = " + ".join(f"{s:g} %" for s in rest[: test.parts])
            return Verdict("fail", f"{test.total} % is stated, but its parts {parts} do not add up to it.")
        if test.parts and not rest:
            return Verdict("fail", f"{test.total} % is stated without its {test.parts} parts.")
        return Verdict("pass", f"{listed} stated in {place}.")


def _shares(sentence: str, total: int) -> list[float]:
    """Percentages of a sentence; where a whole is asked for, "all" and "solely" are 100."""
    text = plain(sentence)
    shares = [float(p) for p in _PERCENT.findall(text)]
    return shares or ([100.0] if total == 100 and _WHOLE.search(text) else [])


class Length:
    """The length of the term is stated in words."""

    @staticmethod
    def find(test: LengthTest, dossier: Dossier) -> Finding:
        """The first sentence about the term that names a number of years."""
        place = Place(sections=test.sections, any=test.near)
        for paragraph, start, end in matching(place, dossier):
            sentence = plain(paragraph.text[start:end])
            match = _YEARS.search(sentence)
            if match:
                said = match.group(1).lower()
                years = _WORDS.get(said) or int(said)
                items = dossier.quote_paragraph(paragraph, start, end)
                return Finding(test=test.test, evidence=tuple(items), values={"years": str(years)})
        return Finding(test=test.test)

    @staticmethod
    def judge(test: LengthTest, finding: Finding, facts: Facts) -> Verdict:
        """Pass when the number is the one asked for, exactly."""
        years = finding.values.get("years")
        if not years:
            return Verdict("fail", f"No length of the term is stated in {where(test.sections)}.")
        if int(years) != test.years:
            return Verdict("fail", f"The plan says {years} years; {test.years} are required.")
        return Verdict("pass", f"The plan says {years} years.")
