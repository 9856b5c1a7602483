"""Finished reviews of a dossier, and what the reviewed documents say of the same matters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from pipeline.evidence.dossier import USABLE, Dossier
from pipeline.evidence.finished_reviews.figures import Figure, figures_in
from pipeline.evidence.finished_reviews.form import read_review
from pipeline.forms.normal import plain
from pipeline.models import Document, Fact, FinishedReview
from pipeline.models.fact_details import StatedFigure

_DATE_REPORTED = re.compile(r"\bdate reported\b\s*:?\s*(\S.*)$", re.I)
_MONITORING_YEAR = re.compile(r"\bmonitoring (?:year|round)\s*:\s*((?:19|20)\d\d)\b", re.I)
#: An excluded review is read here all the same: what a person wrote is checked, and never taken for evidence.
_READ = ("excluded", *USABLE)


def finished_reviews(dossier: Dossier) -> tuple[FinishedReview, ...]:
    """Every finished review in the folder that the reviewer did not set aside, registration first."""
    documents = [d for d in dossier.inventory.documents if d.document_type == "registry_review" and d.status in _READ]
    found = (read_review(d, dossier.pages(d)) for d in documents)
    return tuple(sorted((r for r in found if r), key=lambda r: (r.form != "registration", r.document, r.document_id)))


def counterparts(dossier: Dossier) -> Iterator[Fact]:
    """What reports say that a review repeats: report_date, report_year as printed, report_figure with a `StatedFigure`.

    The plan gives its area under Gross Project Area without saying so again, so that section is the label.
    """
    for document in dossier.of_type("baseline_report", "monitoring_report"):
        yield from _of_report(dossier, document)
    for paragraph in dossier.paragraphs(["1.11/Gross Project Area"]):
        for figure in figures_in(f"Project area {plain(paragraph.text)}"):
            items = dossier.quote_paragraph(paragraph, 0, len(paragraph.text))
            if figure.kind == "project area" and items:
                yield Fact(name="report_figure", value=figure.words, evidence=items[0], detail=_detail(figure))


def _of_report(dossier: Dossier, document: Document) -> Iterator[Fact]:
    seen: set[tuple[str, str, StatedFigure | None]] = set()
    for page in dossier.pages(document):
        lines = [line for line in page.text.splitlines() if line.strip()]
        # Lines by themselves first; a sentence that wraps is then looked at with the line it goes on in.
        wrapped = [f"{line} {after}" for line, after in pairwise(lines)]
        for words in (*lines, *wrapped):
            for said in _said(words):
                item = dossier.quote_line(document, page, words) if said not in seen else None
                if item:
                    seen.add(said)
                    name, value, detail = said
                    yield Fact(name=name, value=value, evidence=item, detail=detail)


def _said(words: str) -> Iterator[tuple[str, str, StatedFigure | None]]:
    text = plain(words)
    for name, pattern in (("report_date", _DATE_REPORTED), ("report_year", _MONITORING_YEAR)):
        if match := pattern.search(text):
            yield name, match.group(1), None
    for figure in figures_in(text):
        yield "report_figure", figure.words, _detail(figure)


def _detail(figure: Figure) -> StatedFigure:
    return StatedFigure(kind=figure.kind, raw=figure.raw, unit=figure.unit)
