"""Tests on sentences of the plan: something is said, a length is stated."""

from __future__ import annotations

import re

from pipeline.checklists.model import LengthTest, Place, StatementTest
from pipeline.evidence.dossier import Dossier
from pipeline.evidence.row_tests.evasive import points_elsewhere, says_anything
from pipeline.evidence.row_tests.verdict import Facts, Verdict
from pipeline.forms import Paragraph
from pipeline.forms.normal import plain, unbroken
from pipeline.models import Finding

#: Numbers as plans write them out.
NUMBER_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
NUMBER_WORDS |= {"ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "twenty-five": 25, "thirty": 30}
NUMBER_WORDS |= {"forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "seventy-five": 75, "eighty": 80, "ninety": 90}
_NUMBER = rf"\d{{1,3}}|{'|'.join(NUMBER_WORDS)}"
#: "10-year", "ten (10) years", "10 yrs", "number of years: 10".
_YEARS = re.compile(
    rf"\b({_NUMBER})(?:\s?\((?:{_NUMBER})\))?(?:[- ]{{1,2}})(?:calendar[- ])?(?:years?|yrs?)\b"
    rf"|\bnumber of years\W{{1,3}}({_NUMBER})\b",
    re.I,
)


def matching(place: Place, dossier: Dossier) -> list[tuple[Paragraph, int, int]]:
    """The sentences of a place that hold one of its patterns, as (paragraph, start, end), in order."""
    wanted = [re.compile(p, re.I | re.S) for p in place.any]
    refused = [re.compile(p, re.I | re.S) for p in place.unless]
    found = []
    for paragraph in dossier.paragraphs(place.sections):
        for start, end in paragraph.sentences():
            sentence = plain(paragraph.text[start:end])
            said = (sentence, unbroken(sentence))
            held = next((_whole_words(m) for p in wanted for words in said if (m := p.search(words))), None)
            ruled_out = next((_whole_words(m) for p in refused for words in said if (m := p.search(words))), None)
            if wanted and held is None:
                dossier.trace.judged(paragraph, False, "holds none of the words asked for")
            elif ruled_out is not None:
                dossier.trace.judged(paragraph, False, f"holds “{ruled_out}”, which rules it out")
            elif not says_anything(sentence):
                dossier.trace.judged(paragraph, False, "says nothing: no word, date or share")
            elif dossier.discarded(paragraph, start, end):
                dossier.trace.judged(paragraph, False, "a person discarded it for this row")
            else:
                dossier.trace.judged(paragraph, True, f"holds “{held}”" if held else "is the proponent's own words")
                found.append((paragraph, start, end))
    return found


def _whole_words(match: re.Match[str]) -> str:
    """What a pattern found, to the ends of its words, for telling people."""
    before, after = match.string[: match.start()], match.string[match.end() :]
    opened = re.search(r"\w*$", before) if match.group()[:1].isalnum() else None
    closed = re.match(r"\w*", after) if match.group()[-1:].isalnum() else None
    return f"{opened.group() if opened else ''}{match.group()}{closed.group() if closed else ''}"


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
            if not test.place.any and points_elsewhere(plain(paragraph.text[start:end])):
                continue
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


class Length:
    """The length of the term is stated in words."""

    @staticmethod
    def find(test: LengthTest, dossier: Dossier) -> Finding:
        """The first sentence about the term that names a number of years."""
        place = Place(sections=test.sections, any=test.near)
        for paragraph, start, end in matching(place, dossier):
            sentence = plain(paragraph.text[start:end])
            match = _YEARS.search(sentence)
            if not match:
                dossier.trace.judged(paragraph, False, "names no number of years")
            else:
                said = (match.group(1) or match.group(2)).lower()
                years = NUMBER_WORDS.get(said) or int(said)
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
