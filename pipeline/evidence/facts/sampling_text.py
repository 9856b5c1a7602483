"""How the samples of a round were taken, as its report tells it: cores, depth, positions, share of the area."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from pipeline.evidence.dossier import Dossier
from pipeline.forms.normal import plain
from pipeline.forms.paragraphs import Paragraph, Piece
from pipeline.models import Document, Fact, Page
from pipeline.models.amounts import amount
from pipeline.models.fact_details import CoreCount, CoveredShare, FactDetail

_WORDS = {
    word: str(number)
    for number, word in enumerate(
        ("five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen"), start=5
    )
}
NUMBER = rf"(?P<count>\d{{1,3}}|{'|'.join(_WORDS)})"
#: Cores and what they are taken from; "cores per block", "12 cores were taken within each stratum".
_CORES = re.compile(
    rf"\b{NUMBER}\s+(?:soil\s+)?cores?\b(?P<between>[^.;]{{0,90}}?)\b(?:per|each|every|a|the)\s+"
    r"(?:(?P<size>\d+(?:\.\d+)?|one)?[\s-]*\(?(?P<hectare>hectare|ha)\)?\s+)?(?:\w+\s+)?(?P<unit>strat(?:um|a)|blocks?)\b"
    r"(?:\s+of\s+(?P<after>\d+(?:\.\d+)?)\s*\(?(?:ha|hectares?)\b\)?)?",
    re.I,
)
_STRATA = re.compile(
    r"\bof\s+(?P<strata>\d+(?:\.\d+)?)\s*\(?(?:ha|hectares?)\b\)?(?=\s+(?:strata|each))|"
    r"\bblock\s+size\s+of\s+(?P<block>\d+(?:\.\d+)?)\s*\(?(?:ha|hectares?)\b",
    re.I,
)
_DEPTH = re.compile(r"\b(?P<from>\d{1,2})\s*(?:cm)?\s*(?:-|to)\s*(?P<to>\d{1,3})\s*cm\b", re.I)
_ACCURACY = re.compile(
    r"\baccuracy\s+of\s+(?:\+\s*/\s*-|\u00b1)?\s*(?P<value>\d+(?:\.\d+)?)\s*(?P<unit>met(?:re|er)s?|m|cm)\b", re.I
)
_CLAIM = re.compile(
    r"\bpositions?\b[^.;]{0,60}?\bwithin\s+(?P<value>\d+(?:\.\d+)?)\s*(?P<unit>met(?:re|er)s?|m|cm)\b", re.I
)
_COVERED = re.compile(r"\bcovered\s+(?:only\s+)?(?P<share>\d{1,3}(?:\.\d+)?)\s*%\s+of\s+the\s+project\s+area\b", re.I)
#: What is asked for is not what was done.
_DEMANDED = re.compile(r"\b(?:minimum|at least|requir\w*|must|should|methodology)\b", re.I)
#: A round is told by its year; a sentence with the years of two rounds tells neither.
_ROUND = re.compile(r"\b((?:19|20)\d\d)\b")


def gather(dossier: Dossier) -> Iterator[Fact]:
    """Facts named "round_...".

    `round_cores` is their number with a `CoreCount` as detail, `round_covered` per cent with a `CoveredShare`,
    `round_depth` "from-to" in centimetres, `round_accuracy` and `round_position` metres.
    """
    for document in dossier.of_type("baseline_report", "monitoring_report"):
        strata = ""
        for page in dossier.pages(document):
            for sentence in sentences(page):
                size = _STRATA.search(plain(sentence))
                strata = (size["strata"] if size else None) or strata
                yield from _of_sentence(dossier, document, page, sentence, strata)


def sentences(page: Page) -> list[str]:
    """The sentences of a page; a heading, told by its type, does not run into the sentence below it."""
    blocks: list[list[str]] = []
    before: tuple[float, bool] | None = None
    for line in page.lines:
        style = (round(line.size, 1), bool(line.spans) and all(span.bold for span in line.spans))
        if style != before:
            blocks.append([])
        blocks[-1].append(line.text)
        before = style
    found = []
    for lines in blocks or [page.text.splitlines()]:
        whole = Paragraph("", "", None, (Piece(page.number, page.label, tuple(lines)),))
        found += [whole.text[a:b].strip() for a, b in whole.sentences()]
    return found


def count(text: str) -> int:
    """A number in figures or words."""
    return int(_WORDS.get(text.casefold(), text))


def _of_sentence(dossier: Dossier, document: Document, page: Page, sentence: str, strata: str) -> Iterator[Fact]:
    text = plain(sentence)
    years = set(_ROUND.findall(text))
    year = int(years.pop()) if len(years) == 1 else None
    found: list[tuple[str, str, FactDetail | None]] = []
    for cores in _CORES.finditer(text) if not _DEMANDED.search(text) else ():
        unit: Literal["stratum", "block"] = "stratum" if cores["unit"].casefold().startswith("strat") else "block"
        size = amount(_size(text, cores, unit, strata))
        taken = CoreCount(count=count(cores["count"]), unit=unit, hectares=size, year=year)
        found.append(("cores", str(taken.count), taken))
    if "core" in text and (depth := _DEPTH.search(text)):
        found.append(("depth", f"{int(depth['from'])}-{int(depth['to'])}", None))
    if re.search(r"GNSS|GPS|satellite", text, re.I) and (accuracy := _ACCURACY.search(text)):
        found.append(("accuracy", _metres(accuracy), None))
    if claim := _CLAIM.search(text):
        found.append(("position", _metres(claim), None))
    if covered := _COVERED.search(text):
        found.append(("covered", covered["share"], CoveredShare(percent=float(covered["share"]), year=year)))
    for name, value, detail in found:
        if item := dossier.quote_line(document, page, sentence):
            yield Fact(name=f"round_{name}", value=value, evidence=item, detail=detail)


def _size(text: str, cores: re.Match[str], unit: str, strata: str) -> str:
    """Hectares of the stratum or block: beside it, in its sentence, or for strata as said before."""
    if cores["size"]:
        return "1" if cores["size"].casefold() == "one" else str(cores["size"])
    if cores["hectare"]:
        return "1"
    near = _STRATA.search(text)
    block = near["block"] if near and unit == "block" else None
    return cores["after"] or block or (strata if unit == "stratum" else "")


def _metres(found: re.Match[str]) -> str:
    return f"{float(found['value']) / (100 if found['unit'].casefold() == 'cm' else 1):g}"
