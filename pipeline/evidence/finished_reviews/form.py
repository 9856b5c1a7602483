"""A finished review by its form: header, list of papers, outcome and table, each with the words and their page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

from pipeline.classification.seen import fold, squeeze
from pipeline.evidence.finished_reviews.listed import items
from pipeline.evidence.finished_reviews.table import rows_of
from pipeline.evidence.quoting import quote
from pipeline.forms.normal import plain
from pipeline.models import Document, Evidence, Fact, FinishedReview, Page

#: Labels of the header (DOMAIN of the form: the same table for registration and issuance) and the field they name.
_LABELS = {
    "project name": "project_name",
    "project id": "project_id",
    "crediting period": "period",
    "reporting period": "period",
    "date of submission": "submitted",
    "credit protocol": "protocol",
    "regen registry program guide version": "guide",
    "program guide version": "guide",
    "regen registry": "guide",
    "project proponent": "proponent",
    "registry agents": "agents",
    "documents submitted": "papers",
}
_LABEL = re.compile(rf"^\W*({'|'.join(sorted(_LABELS, key=len, reverse=True))})\b[\s:|*]*(.*)$", re.I)
#: What may stand before a heading: a mark, a number. Possessive: a row of dots or numbers is taken once, one way.
_NUMBERED = r"^\W*+[\d.\s]*+"
#: Where the header is over at the latest.
_AFTER_HEADER = re.compile(
    rf"{_NUMBERED}(?:registry agent review overview|review outcome|registry agent role)\b", re.I
)
_OUTCOME = re.compile(rf"{_NUMBERED}outcome summary\b", re.I)
_AFTER_OUTCOME = re.compile(rf"{_NUMBERED}(?:required actions?|registry agent review checklist)\b", re.I)
_TICKED = re.compile(r"(?:\[\s*[xX\u2713\u2714]\s*\]|[\u2611\u2612])\s*(?:Not\s+)?Approved\b")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[\"'\u2018\u201c]?[A-Z0-9])")
#: A header ends within the first pages, whatever else is missing.
_HEADER_PAGES = 4

Words = tuple[Page, str]


def read_review(document: Document, pages: Sequence[Page]) -> FinishedReview | None:
    """What a person filled in; None for a form that nobody finished: no row is decided and no box is ticked."""
    rows = rows_of(document, pages)
    if not any(row.approved for row in rows) and not any(_TICKED.search(plain(page.text)) for page in pages):
        return None
    running = _running_heads(pages)
    fields = _fields(pages, running)
    header = [f for name, words in fields if name != "papers" and (f := _fact(document, name, words))]
    papers = [
        f for name, words in fields if name == "papers" for w in items(words) if (f := _fact(document, "paper", w))
    ]
    return FinishedReview(
        document_id=document.document_id,
        document=document.filename,
        form=_form(pages),
        header=tuple({f.name: f for f in reversed(header)}[f.name] for f in _first_of_each(header)),
        papers=tuple(papers),
        outcome=tuple(_outcome(document, pages, running)),
        rows=tuple(rows),
    )


def _form(pages: Sequence[Page]) -> Literal["registration", "issuance"] | None:
    """Issuance asks for a reporting period, registration for a crediting period; the titles say it as well."""
    head = fold("\n".join(page.text for page in pages[:_HEADER_PAGES]))
    if "reporting period" in head and ("credit issuance" in head or "crediting period" not in head):
        return "issuance"
    return "registration" if "project registration" in head or "crediting period" in head else None


def _first_of_each(facts: Sequence[Fact]) -> list[Fact]:
    first: dict[str, Fact] = {}
    for fact in facts:
        first.setdefault(fact.name, fact)
    return list(first.values())


def _fact(document: Document, name: str, words: Sequence[Words]) -> Fact | None:
    """The words on their first page as a fact with its quote; None when nothing is filled in."""
    if not words or not (text := squeeze(" ".join(line for _, line in words))):
        return None
    page = words[0][0]
    here = [line for p, line in words if p is page]
    item = _quoted(document, page, name, here)
    return Fact(name=name, value=text, evidence=item) if item else None


def _quoted(document: Document, page: Page, name: str, lines: Sequence[str]) -> Evidence | None:
    """The lines as one quote, after their label where the page has it so, else the first line that stands there."""
    whole = " ".join(lines)
    labels = tuple(label for label, field in _LABELS.items() if field == name)
    labelled = [line for line in _lines(page) if whole in line and fold(line).startswith(labels)] if labels else []
    return next((item for words in (*labelled, whole, *lines) if (item := quote(document, page, words))), None)


def _running_heads(pages: Sequence[Page]) -> frozenset[str]:
    """Lines at the top of most pages: the project's id and the date of submission once more."""
    tops = Counter(squeeze(line) for page in pages for line in dict.fromkeys(_lines(page)[:3]))
    return frozenset(line for line, times in tops.items() if len(pages) > 2 and times * 2 > len(pages))


def _lines(page: Page) -> list[str]:
    return [line for line in page.text.splitlines() if line.strip()]


def _fields(pages: Sequence[Page], running: frozenset[str]) -> list[tuple[str, list[Words]]]:
    """Each field with its lines: from the ruled table where there is one, else from lines that begin with labels."""
    found: list[tuple[str, list[Words]]] = []
    for page in pages[:_HEADER_PAGES]:
        for table in page.tables:
            for row in table.rows:
                cells = [cell for cell in row if cell.strip()]
                name = _LABELS.get(fold(cells[0]).strip(" :*")) if len(cells) >= 2 else None
                if name:
                    found.append((name, [(page, line) for cell in cells[1:] for line in cell.split("\n")]))
    if not any(name == "project_name" for name, _ in found):
        return _fields_of_lines(pages, running)
    # A list of papers that goes on over the page stands there without its table's rules.
    if found[-1][0] == "papers":
        found[-1][1].extend(_going_on(pages, found[-1][1][-1][0], running))
    return found


def _going_on(pages: Sequence[Page], last: Page, running: frozenset[str]) -> Iterator[Words]:
    for page in pages[pages.index(last) + 1 : _HEADER_PAGES]:
        for line in _lines(page):
            if _AFTER_HEADER.match(line) or not any(_AFTER_HEADER.match(other) for p in pages for other in _lines(p)):
                return
            if squeeze(line) not in running:
                yield page, line


def _fields_of_lines(pages: Sequence[Page], running: frozenset[str]) -> list[tuple[str, list[Words]]]:
    found: list[tuple[str, list[Words]]] = []
    for page in pages[:_HEADER_PAGES]:
        for line in _lines(page):
            if _AFTER_HEADER.match(line):
                return found
            if squeeze(line) in running:
                continue
            if label := _LABEL.match(plain(line)):
                rest = label.group(2).strip(" |*")
                found.append((_LABELS[label.group(1).lower()], [(page, rest)] if rest else []))
            elif found:
                found[-1][1].append((page, line.strip(" |*-")))
    return found


def _outcome(document: Document, pages: Sequence[Page], running: frozenset[str]) -> Iterator[Fact]:
    """The sentences of the outcome summary; one that crosses a page is quoted where it begins."""
    inside, kept = False, list[Words]()
    for page in pages:
        for line in _lines(page):
            if _AFTER_OUTCOME.match(line) and inside:
                inside = False
            elif inside and squeeze(line) not in running:
                kept.append((page, line))
            elif _OUTCOME.match(line):
                inside = True
    for number in dict.fromkeys(page.number for page, _ in kept):
        own = [words for words in kept if words[0].number == number]
        for sentence in _SENTENCE.split(squeeze(" ".join(line for _, line in own))):
            if item := quote(document, own[0][0], sentence):
                yield Fact(name="outcome", value=sentence, evidence=item)
