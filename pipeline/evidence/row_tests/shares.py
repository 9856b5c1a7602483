"""Tests on percentages: a total is stated, and its parts add up to it."""

from __future__ import annotations

import re
from itertools import combinations

from pipeline.checklists.model import ShareTest
from pipeline.evidence.dossier import Dossier
from pipeline.evidence.row_tests.statements import NUMBER_WORDS, matching, where
from pipeline.evidence.row_tests.verdict import Facts, Verdict
from pipeline.forms import Paragraph
from pipeline.forms.normal import plain
from pipeline.models import Evidence, Finding

#: "50/50" and "60:40" share out a whole.
_SPLIT = re.compile(r"(?<![\d/:.])(\d{1,2})\s?[/:]\s?(\d{1,2})(?![\d/:]|\.\d)")
_PER_CENT = r"(?:%|per\s?cent\b)"
_PERCENT = re.compile(rf"(\d{{1,3}}(?:\.\d+)?)\s?{_PER_CENT}", re.I)
_WRITTEN = re.compile(rf"\b(?:(?:one|a)\s+hundred|hundred|{'|'.join(NUMBER_WORDS)})\b(?=[\s(\d)%]*{_PER_CENT})", re.I)
#: "twenty (20) per cent" and "20 % (twenty per cent)" say one figure twice.
_TWICE = re.compile(rf"(\d{{1,3}})(\s?{_PER_CENT})?\s*\(\s*\1\s?{_PER_CENT}?\s*\)", re.I)
_WHOLE = re.compile(
    r"\ball\b(?=(?:\s+(?:of|the|issued|future|carbon|soil|project|such|these|resulting|generated))*"
    r"\s+(?:credits?|issuances?)\b)|\b(?:credits?|issuances?)\b.{0,40}\ball\b"
    r"|\b(?:whole|wholly|entire(?:ty|ly)?|full(?:y)?|sole(?:ly)?|exclusive(?:ly)?)\b",
    re.I,
)
#: Who holds credits is said with one of these; "all credits are issued after verification" shares nothing out.
_HELD = re.compile(
    r"\b(?:own|held|hold|belong|receiv|retain|entitle|keep|kept|benefi)\w*"
    r"|\b(?:allocat|distribut|issu|transfer|paid|go(?:es)?|accru|assign|award)\w*\b.{0,30}\bto\b",
    re.I,
)
_NOT_WHOLE = re.compile(r"\b(?:not|nor|neither|no)\b.{0,20}\b(?:all|whole|wholly|entire|full|sole|exclusive)", re.I)
#: "10 % each" and "10 % to each pool"; "20 % of each issuance" is no part.
_EACH = re.compile(r"\b(?:each|both|apiece)\b(?!\s+(?:issu|year|round|credit|monitor|sampl|time|verif|period))", re.I)
_EQUALLY = re.compile(
    r"\b(?:equal(?:ly)?|evenly|halves|half\s+(?:each|of\s+(?:it|this|these|which|them))|half\b.{1,60}\bhalf)\b", re.I
)
_REST = re.compile(r"\b(?:remain\w*|rest|balance|other)\b", re.I)


class Share:
    """Percentages make the total, and their parts add up to it."""

    @staticmethod
    def find(test: ShareTest, dossier: Dossier) -> Finding:
        """The sentence with the total and those after it that hold its parts; else what other shares are stated."""
        candidates = matching(test.place, dossier)
        aside = [re.compile(p, re.I | re.S) for p in test.aside]
        stated = [(p, a, b, found) for p, a, b in candidates if (found := _shares(p.text[a:b], test.total))]
        plainly = [s for s in stated if not any(a.search(plain(s[0].text[s[1] : s[2]])) for a in aside)]
        chosen = next((s for s in (*plainly, *stated) if float(test.total) in s[3]), None)
        if chosen:
            shares, items = _with_parts(test, dossier, *chosen)
        else:
            plainly += _rest_of(plainly, test) if test.total == 100 else []
            shares = [share for s in plainly for share in s[3]]
            shown = plainly or [(p, a, b, []) for p, a, b in candidates[:1]]
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
        rest = beside(shares, test.total)
        if test.parts and not rest:
            return Verdict("fail", f"{test.total} % is stated without its {test.parts} parts.")
        if test.parts and adding_up(rest, test.total, test.parts) is None:
            parts = " + ".join(f"{s:g} %" for s in rest[: test.parts])
            return Verdict("fail", f"{test.total} % is stated, but its parts {parts} do not add up to it.")
        return Verdict("pass", f"{listed} stated in {place}.")


def beside(shares: list[float], total: float) -> list[float]:
    """The shares without the total itself, which must be among them."""
    rest = list(shares)
    rest.remove(float(total))
    return rest


def adding_up(shares: list[float], total: float, parts: int) -> tuple[float, ...] | None:
    """The first `parts` of the shares that make the total; None when no such number of them does."""
    return next((some for some in combinations(shares, parts) if abs(sum(some) - total) <= 0.01), None)


def _shares(sentence: str, total: int) -> list[float]:
    """Percentages of a sentence; where a whole is asked for, "all" and "solely" are 100."""
    text = _TWICE.sub(r"\1% ", _WRITTEN.sub(lambda m: str(_number(m.group())), plain(sentence)))
    shares = [float(p) for p in _PERCENT.findall(text)]
    if total == 100 and not shares:
        shares = next(([float(a), float(b)] for a, b in _SPLIT.findall(text) if int(a) + int(b) == 100), [])
    whole = total == 100 and _WHOLE.search(text) and _HELD.search(text) and not _NOT_WHOLE.search(text)
    return shares or ([100.0] if whole else [])


def _number(words: str) -> int:
    return NUMBER_WORDS.get(words.lower(), 100)


def _with_parts(
    test: ShareTest, dossier: Dossier, paragraph: Paragraph, start: int, end: int, shares: list[float]
) -> tuple[list[float], list[Evidence]]:
    """The total's shares with those of the sentences, list items and table rows after it, until there are enough."""
    items = dossier.quote_paragraph(paragraph, start, end)
    said = plain(paragraph.text[start:end])
    place = dossier.paragraphs(test.place.sections)
    for later in place[place.index(paragraph) :] if test.parts else []:
        for after, until in later.sentences():
            if later is paragraph and after < end:
                continue
            more = _shares(later.text[after:until], 0)
            if len(shares) <= test.parts and more:
                shares = shares + more
                items += dossier.quote_paragraph(later, after, until)
                said += f" {plain(later.text[after:until])}"
    rest = beside(shares, test.total)
    if test.parts and adding_up(rest, test.total, test.parts) is None:
        part = test.total / test.parts
        alike = _EACH.search(said) and (part in rest or 100 / test.parts in rest)
        if alike or (not rest and _EQUALLY.search(said)):
            shares = [float(test.total), *([part] * test.parts)]
    return shares, items


def _rest_of(
    stated: list[tuple[Paragraph, int, int, list[float]]], test: ShareTest
) -> list[tuple[Paragraph, int, int, list[float]]]:
    """ "The remaining 20 % go to ...": sentences beside those that were found, which share out what they leave."""
    seen = [(p, a) for p, a, _, _ in stated]
    found = []
    for paragraph in dict.fromkeys(p for p, _, _, _ in stated):
        for a, b in paragraph.sentences():
            if (paragraph, a) not in seen and _REST.search(paragraph.text[a:b]):
                found.append((paragraph, a, b, _shares(paragraph.text[a:b], 0)))
    return [f for f in found if f[3]]
