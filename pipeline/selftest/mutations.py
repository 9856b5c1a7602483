"""The mutations of a submission, each with its level and what it declares."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import Literal

from pipeline.classification import classify
from pipeline.evidence.dates import DateMention, dates_in
from pipeline.evidence.dossier import USABLE
from pipeline.evidence.facts.collect import BUFFER, OF_EVERY_DATE
from pipeline.forms.normal import squash
from pipeline.models import Document, DocumentRecord, Evidence, Fact, Page, Reading
from pipeline.selftest import words
from pipeline.selftest.declare import Declared, declared, of_document, of_nameless, of_plan, of_value, overlaps
from pipeline.selftest.files import finished_review, with_later_years, without_pages
from pipeline.selftest.graph import Graph, Spot
from pipeline.selftest.review import Review, Sent

#: bytes: a real file was changed and read again; reading: what the reader gave was changed; names: file names alone;
#: session: files were added to sessions of a throwaway home.
Level = Literal["bytes", "reading", "names", "session"]
#: The bytes of a document by its hash, and the reading of bytes that are no document of the session.
Load = Callable[[str], bytes]
Read = Callable[[bytes], Reading]
#: Dates that are shifted one at a time: fact, what people call it.
DATES = (
    ("start_date", "start date"),
    ("crediting_end", "end of the crediting period"),
    ("permanence_end", "end of the permanence period"),
    ("date_submitted", "date of submission"),
)
#: What the buffer's share becomes.
WRONG_BUFFER = 15
#: By how much the years of a workbook are moved.
YEARS_LATER = 30


@dataclass(frozen=True)
class Mutation:
    """A mutation: `make` gives the mutant, or None when the submission cannot be changed in that way."""

    kind: str
    what: str
    level: Level
    declared: Declared
    make: Callable[[], Sent | None]
    #: Words may not appear in a section where they did not stand.
    takes_away: bool = False
    #: What the mutant must say of its documents, in words, when it does not.
    also: Callable[[Review], list[str]] = lambda _: []


def mutations(graph: Graph, load: Load, read: Read) -> Iterator[Mutation]:
    """Every mutation of a review's submission, in a fixed order."""
    yield from _documents(graph)
    yield from _sections(graph)
    yield from _pages(graph, load, read)
    yield from _proprietors(graph)
    yield from _dates(graph)
    yield from _shares(graph)
    yield from _workbooks(graph, load, read)
    yield _answer_key(graph, read)
    yield _names(graph)
    yield from _italics(graph)


def _in_scope(graph: Graph) -> list[Document]:
    return [d for d in graph.review.inventory.documents if d.status in USABLE]


def _documents(graph: Graph) -> Iterator[Mutation]:
    sent, plan = graph.review.sent, graph.review.plan
    for document in _in_scope(graph):
        says = of_plan(graph) if plan and document.sha256 == plan.sha256 else of_document(graph, document.sha256)
        hashes = {document.sha256, *(p.sha256 for p in document.parts)}
        make = partial(replace, sent, records=tuple(r for r in sent.records if r.sha256 not in hashes))
        yield Mutation("document", f"without {document.filename}", "bytes", says, make)


def _sections(graph: Graph) -> Iterator[Mutation]:
    review = graph.review
    plan, read = review.plan, review.dossier.plan
    if not plan or not read:
        return
    for number, section in read.sections.items():
        lines: dict[int, list[str]] = {}
        for piece in (piece for p in section.paragraphs for piece in p.pieces):
            lines.setdefault(piece.page, []).extend(piece.lines)
        if not lines:
            continue

        def touches(e: Evidence, number: str = number, lines: dict[int, list[str]] = lines) -> bool:
            if e.sha256 != plan.sha256:
                return False
            return e.section == number if e.section else overlaps(lines.get(e.page, ()))(e)

        def gone(spot: Spot, number: str = number) -> bool:
            return spot[0] == number

        def make(number: str = number) -> Sent | None:
            reading = review.sent.readings[plan.sha256]
            left = words.without_answer(reading, review.checklist.grammar, number)
            return review.sent.reading_as(plan.sha256, left) if left else None

        says = declared(graph, touches, gone=gone)
        name = f"section {number}" if number[:1].isdigit() else number
        yield Mutation("section", f"without the answer of {name}", "reading", says, make, takes_away=True)


def _pages(graph: Graph, load: Load, read: Read) -> Iterator[Mutation]:
    review = graph.review
    for document in _in_scope(graph):
        reading = review.sent.readings[document.sha256]
        if reading.kind != "pdf" or len(reading.pages) < 2:
            continue
        whole = {page.number: squash(page.text) for page in reading.pages}
        for page in reading.pages:
            yield _page(graph, document, page.number, whole, load, read)


def _page(graph: Graph, document: Document, number: int, whole: dict[int, str], load: Load, read: Read) -> Mutation:
    review = graph.review
    of_the_plan = review.plan is not None and document.sha256 == review.plan.sha256
    split = _sections_on(review, number) if of_the_plan else set()

    def there(e: Evidence) -> bool:
        return e.sha256 == document.sha256 and e.page == number

    def touches(e: Evidence) -> bool:
        return there(e) or (e.sha256 == document.sha256 and e.section in split)

    def gone(spot: Spot) -> bool:
        return of_the_plan and spot[1] == {number}

    def make() -> Sent:
        return review.sent.reading_as(document.sha256, read(without_pages(load(document.sha256), {number})))

    documents = () if of_the_plan else (document.sha256,)
    says = declared(graph, touches, documents=documents, gone=gone, quoted=False)
    shown = {name: row.evidence for name, row in review.rows.items()}
    shown |= {name: check.evidence for name, check in review.checks.items()}
    for name, evidence in shown.items():
        # words that stand on another page as well may be quoted from there
        if not says.free and any(there(e) and not _elsewhere(e, whole) for e in evidence):
            says.must.setdefault(name, "moves")
    return Mutation(
        "page", f"without page {number} of {document.filename}", "bytes", says, make, takes_away=of_the_plan
    )


def _elsewhere(item: Evidence, whole: dict[int, str]) -> bool:
    return any(squash(item.quote) in text for number, text in whole.items() if number != item.page)


def _sections_on(review: Review, number: int) -> set[str]:
    """Sections of the plan of which something stands on that page, heading and instruction included."""
    found = set()
    for section in review.dossier.plan.sections.values() if review.dossier.plan else ():
        pages = {section.page, *(piece.page for p in section.paragraphs for piece in p.pieces)}
        if min(pages) <= number <= max(pages):
            found.add(section.number)
    return found


# --- values


def _edited(review: Review, sha256: str, edit: words.Edit) -> Sent | None:
    changed = words.edited(review.sent.readings[sha256], edit)
    return review.sent.reading_as(sha256, changed) if changed else None


def _proprietors(graph: Graph) -> Iterator[Mutation]:
    review = graph.review
    for register in review.extraction.registers:
        quote = register.evidence.get("proprietor")
        if not quote or not register.proprietors:
            continue
        swap = words.another_name(" ".join(register.proprietors))

        def on(text: str, quote: Evidence = quote) -> bool:
            return len(squash(text)) > 1 and (
                squash(text) in squash(quote.quote) or squash(quote.quote) in squash(text)
            )

        def edit(page: Page, text: str, quote: Evidence = quote, swap: Callable[[str], str] = swap) -> str:
            return (
                swap(text) if page.number >= quote.page and (_of_quote(text, quote) or "PROPRIETOR" in text) else text
            )

        def touches(e: Evidence, quote: Evidence = quote) -> bool:
            return e.sha256 == quote.sha256 and overlaps([quote.quote])(e)

        says = of_value(graph, touches, (), ("proprietor",))
        what = f"another proprietor in {register.title_number or register.document}"
        yield Mutation("proprietor", what, "reading", says, partial(_edited, review, quote.sha256, edit))


def _dates(graph: Graph) -> Iterator[Mutation]:
    for name, called in DATES:
        fact = next(iter(graph.of_fact(name)), None)
        mention = _mention(fact) if fact else None
        new = words.another_day(mention) if mention else None
        if not fact or not mention or not new:
            continue
        yield _date(graph, fact, mention, new, called)


def _mention(fact: Fact) -> DateMention | None:
    """The date of a fact in the words of its quote; the fact's value is the date in ISO or as printed."""
    wanted = next((m.value for m in dates_in(fact.value)), None)
    return next((m for m in dates_in(fact.evidence.quote) if m.value and m.value == wanted), None)


def _date(graph: Graph, fact: Fact, mention: DateMention, new: str, called: str) -> Mutation:
    review, quote = graph.review, fact.evidence
    lines = [t for p in review.sent.readings[quote.sha256].pages if p.number == quote.page for t in p.text.split("\n")]
    held = [t for t in lines if _of_quote(t, quote)]
    # a date that wraps is changed where its first figures stand
    raw = mention.raw
    head = next((raw[:n] for n in range(len(raw), 0, -1) if any(_ends(t, raw, n) for t in held)), "")

    def change(text: str) -> str:
        if raw in text:
            return text.replace(raw, new)
        if not head or not text.endswith(head):
            return text
        return text[: -len(head)] + new[: len(new) - (len(raw) - len(head))]

    def edit(page: Page, text: str) -> str:
        return change(text) if page.number == quote.page and _of_quote(text, quote) else text

    changed = [t for t in held if change(t) != t]
    on = overlaps(changed)

    def touches(e: Evidence) -> bool:
        return e.sha256 == quote.sha256 and e.page == quote.page and on(e)

    says = of_value(graph, touches, (fact.name, *OF_EVERY_DATE), (fact.name,))
    what = f"{called} {new} in place of {mention.raw}"
    return Mutation("date", what, "reading", says, lambda: _edited(review, quote.sha256, edit))


def _of_quote(text: str, quote: Evidence) -> bool:
    """True for a line that is part of a quote, or holds it."""
    words, said = squash(text), squash(quote.quote)
    return len(words) > 1 and (words in said or said in words)


def _ends(text: str, raw: str, length: int) -> bool:
    return (raw in text) if length == len(raw) else length > 1 and text.rstrip().endswith(raw[:length])


def _shares(graph: Graph) -> Iterator[Mutation]:
    review, plan = graph.review, graph.review.plan
    fact = next(iter(graph.of_fact("buffer_shares")), None)
    number = fact.evidence.section if fact else None
    if not plan or not review.dossier.plan or not number:
        return
    pieces = [piece for p in review.dossier.plan.paragraphs(number) for piece in p.pieces]
    lines = {(piece.page, squash(line)) for piece in pieces for line in piece.lines}
    change = words.changed_share(BUFFER, WRONG_BUFFER)
    on = overlaps(t for p in pieces for t in p.lines if change(t) != t)

    def edit(page: Page, text: str) -> str:
        return change(text) if any(n == page.number and t in squash(text) for n, t in lines) else text

    says = of_value(graph, lambda e: e.sha256 == plan.sha256 and on(e), ("buffer_shares",))
    what = f"{WRONG_BUFFER} % in place of {BUFFER} % in section {number}"
    yield Mutation("share", what, "reading", says, lambda: _edited(review, plan.sha256, edit))


def _workbooks(graph: Graph, load: Load, read: Read) -> Iterator[Mutation]:
    """The calendar years of a workbook, each so much later that none stands where it is looked for."""
    review = graph.review
    for item, finding in graph.findings.items():
        quote = next(iter(finding.evidence), None) if finding.values.get("years") else None
        reading = review.sent.readings[quote.sha256] if quote else None
        if not quote or not reading or reading.kind != "xlsx":
            continue

        def make(quote: Evidence = quote) -> Sent:
            return review.sent.reading_as(quote.sha256, read(with_later_years(load(quote.sha256), YEARS_LATER)))

        on = overlaps([quote.quote])
        # The years say what the figures below them are of, so every fact of the workbook may be another one.
        facts = {fact.name for fact in graph.facts if fact.evidence.sha256 == quote.sha256}
        says = declared(graph, partial(_both, on, quote.sha256), documents=[quote.sha256], facts=facts)
        row, _, test = item.partition(":")
        passed = any(t.test == test and t.outcome == "pass" for t in review.rows[row].tests)
        if passed:
            says.must[item] = "stops"
            if review.rows[row].status == "covered":
                says.must[row] = "falls"
        what = f"years {YEARS_LATER} later in {quote.document}"
        yield Mutation("workbook", what, "bytes", says, make)


# --- what must change nothing


def _both(on: Callable[[Evidence], bool], sha256: str, item: Evidence) -> bool:
    return item.sha256 == sha256 and on(item)


def _answer_key(graph: Graph, read: Read) -> Mutation:
    review = graph.review
    name = "finished review.docx"

    def make() -> Sent | None:
        project = next((f.value for f in review.validation.header if f.name == "project_name"), "")
        data = finished_review(project, review.validation.requirements)
        sha256 = hashlib.sha256(data).hexdigest()
        reading = read(data)
        model = review.sent.records[0]
        record = DocumentRecord(
            document_id=f"doc-{sha256[:12]}", sha256=sha256, size=len(data), filename=name, path=name, names=(name,),
            source_id=model.source_id, source_type=model.source_type, added_at=model.added_at,
        )  # fmt: skip
        return Sent((*review.sent.records, record), {**review.sent.readings, sha256: reading})

    def also(after: Review) -> list[str]:
        added = next((d for d in after.inventory.documents if d.filename == name), None)
        return [] if added and added.status == "excluded" else ["the finished review is not excluded"]

    says = Declared({}, frozenset({f"type {name}"}), calm=True)
    return Mutation("answer key", "with a finished review that approves every row", "bytes", says, make, also=also)


def _names(graph: Graph) -> Mutation:
    review = graph.review

    def scrambled(name: str) -> str:
        path = PurePosixPath(name)
        stem = path.name.partition(".")[0]
        suffix = re.search(r"(?:\.[A-Za-z0-9]{1,8}){1,2}$", path.name)
        return str(path.with_name(hashlib.sha256(stem.encode()).hexdigest()[:12] + (suffix.group() if suffix else "")))

    records = tuple(
        r.model_copy(
            update={"filename": scrambled(r.filename), "path": scrambled(r.path), "names": (scrambled(r.filename),)}
        )
        for r in review.sent.records
    )
    mutant = Sent(records, review.sent.readings)
    named = [d for d in review.inventory.documents if _leans_on_name(review, d, scrambled(d.filename))]
    hashes = {d.sha256 for d in named}
    says = declared(graph, lambda e: e.sha256 in hashes, documents=hashes, quoted=False)
    if any(d.status in ("unreadable", "quarantined") for d in named):
        says = replace(says, may=says.may | of_nameless(graph))
    told = "scrambled file names" + (f" ({len(named)} of the files are known by their names alone)" if named else "")
    return Mutation("names", told, "names", says, lambda: mutant)


def _leans_on_name(review: Review, document: Document, other: str) -> bool:
    """True when contents alone would not say what the document is."""
    reading = review.sent.readings[document.sha256]
    own, scrambled = (classify(reading, name) for name in (document.filename, other))
    return (own.document_type, own.facts, own.visibility) != (
        scrambled.document_type,
        scrambled.facts,
        scrambled.visibility,
    )


def _italics(graph: Graph) -> Iterator[Mutation]:
    review, plan = graph.review, graph.review.plan
    if plan and review.extraction.separation == "typography":
        mutant = review.sent.reading_as(plan.sha256, words.upright(review.sent.readings[plan.sha256]))
        yield Mutation(
            "italics", "the plan without its italics", "reading", Declared(), lambda: mutant, takes_away=True
        )
