"""Stage 4: for every requirement the proponent's own words, quoted from the page; no verdicts here."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from pipeline.checklists import Checklist, Requirement
from pipeline.checklists.model import Place, StatementTest
from pipeline.errors import StageFailed
from pipeline.evidence.dossier import Dossier
from pipeline.evidence.facts.collect import gather
from pipeline.evidence.facts.papers import named_anywhere
from pipeline.evidence.facts.plan_differences import plan_differences
from pipeline.evidence.finished_reviews.gather import counterparts, finished_reviews
from pipeline.evidence.row_dossier import for_row, unless_discarded
from pipeline.evidence.row_tests import find
from pipeline.evidence.row_tests.documents import TYPE_WORDS, lines_matching
from pipeline.evidence.row_tests.statements import matching, where
from pipeline.evidence.trace import ANSWER, NOT_APPLICABLE, SUPPORT, Trace
from pipeline.forms.section_words import section_words
from pipeline.models import (
    Box,
    DiscardedQuote,
    Document,
    Evidence,
    ExtractionResult,
    Inventory,
    MappingResult,
    Reading,
    RequirementEvidence,
)
from pipeline.models.quoted import with_each_quote
from pipeline.workflow.results import load_inventory, load_mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pipeline.home.workspace import Workspace

#: A row is read at a glance: so many quotes of the plan, and so many of other documents.
MOST_PRIMARY, MOST_SUPPLEMENTARY = 6, 4
#: What takes a "none" back in the same breath, and what another sentence reports in spite of it.
_RESERVED = re.compile(
    r"\b(?:except\w*|unless|other than|apart from|aside from|besides|save (?:for|that|where)|but|however|although|"
    r"though|nevertheless|only|beyond|until|no (?:significant|material|major|substantial|further|other))\b",
    re.I,
)
_ELSEWISE = re.compile(
    r"\b(?:deviat\w*|differ\w*|depart\w*|instead|rather than|modif\w*|chang\w*|adapt\w*|replac\w*|alter\w*|waiv\w*)\b",
    re.I,
)
#: Rows of a form's table that answer together are quoted together.
_TABLE_ROWS = 3


def extract_evidence(ws: Workspace, session_id: str) -> ExtractionResult:
    """Quotes, findings and facts of a session; the workflow stores what this returns."""
    from pipeline.stages.computing import checklist_given, computed
    record = ws.sessions.read(session_id)
    inventory, mapping = load_inventory(ws, record), load_mapping(ws, record)
    if inventory is None:
        raise StageFailed(f"{session_id} has no inventory.", f"Run: registry-review discover {session_id}")

    given = {
        **checklist_given(ws, record),
        "inventory": inventory.model_dump_json(),
        "mapping": mapping.model_dump_json() if mapping else None,
        "discarded": [one.model_dump(mode="json") for one in record.discarded.values()],
    }
    written = computed(ws, "evidence", given, [document.sha256 for document in inventory.documents])
    return _with_boxes(ws, ExtractionResult.model_validate_json(written))


def evidence_of(
    checklist: Checklist,
    inventory: Inventory,
    read: Callable[[Document], Reading],
    mapping: MappingResult | None = None,
    discarded: Iterable[DiscardedQuote] = (),
) -> ExtractionResult:
    """What the documents hold for each requirement, a pure function of their readings and of what a person said.

    `mapping` matters where a person changed it; a discarded quote is not found again for its row.
    """
    dossier = Dossier(checklist, inventory, read)
    views = row_views(checklist, dossier, mapping, discarded)
    rows = [find_row(requirement, view) for requirement, view in zip(checklist.requirements, views, strict=True)]
    reviews = finished_reviews(dossier)
    return ExtractionResult(
        requirements=tuple(rows),
        facts=(*gather(dossier, rows), *(counterparts(dossier) if reviews else ())),
        registers=tuple(dossier.registers),
        reviews=reviews,
        papers=named_anywhere(dossier),
        plan_differences=plan_differences(dossier),
        plan_document_id=dossier.plan_document.document_id if dossier.plan_document else None,
        sections_found=tuple(s.number for s in dossier.plan.sections.values() if s.headed) if dossier.plan else (),
        separation=dossier.plan.separation if dossier.plan else None,
        states_in_italics=tuple(s.number for s in dossier.plan.sections.values() if s.states_in_italics)
        if dossier.plan
        else (),
        sections=section_words(dossier.plan) if dossier.plan else (),
    )


def row_views(
    checklist: Checklist, dossier: Dossier, mapping: MappingResult | None, discarded: Iterable[DiscardedQuote]
) -> list[Dossier]:
    """The dossier as each row of the checklist sees it."""
    mapped = {one.requirement_id: one for one in mapping.mappings} if mapping else {}
    refused: dict[str, set[str]] = {}
    for one in discarded:
        refused.setdefault(one.requirement_id, set()).add(one.evidence_id)
    return [
        for_row(dossier, r, mapped.get(r.requirement_id), frozenset(refused.get(r.requirement_id, ())))
        for r in checklist.requirements
    ]


def find_row(requirement: Requirement, dossier: Dossier) -> RequirementEvidence:
    """What there is for one requirement; `dossier.trace` notes on the way what was looked at."""
    trace = dossier.trace = Trace()
    findings = []
    for test in requirement.tests:
        with trace.seeking(test.test):
            dossier.met_refused = False
            findings.append(unless_discarded(test, find(test, dossier), dossier))
            trace.taken(findings[-1].evidence)
    with trace.seeking(ANSWER):
        answer = _answer(requirement.answer, dossier)
        trace.taken(answer)
    quotes = [item for finding in findings for item in finding.evidence]
    primary = [q for q in quotes if q.role == "primary"]
    if not primary or requirement.answer.any:
        primary += answer
    else:
        trace.left(answer, "the passages that the tests quote say it already")
    supplementary = [q for q in quotes if q.role == "supplementary"]
    with trace.seeking(SUPPORT):
        for support in requirement.support:
            for document in dossier.of_type(*support.documents):
                lines = lines_matching(dossier, document, support.quote)
                trace.taken(lines)
                supplementary += lines
    evidence = _shown(primary, MOST_PRIMARY, trace) + _shown(supplementary, MOST_SUPPLEMENTARY, trace)
    with trace.seeking(NOT_APPLICABLE):
        not_applicable = _not_applicable(requirement, dossier)
        trace.taken([not_applicable] if not_applicable else [])
    return RequirementEvidence(
        requirement_id=requirement.requirement_id,
        answered=bool(answer),
        not_applicable=not_applicable,
        evidence=tuple(evidence),
        findings=tuple(findings),
        looked_in=_looked_in(requirement, dossier),
        notes=tuple(f"Not said, and no test: {n.what}." for n in requirement.notes if not _noted(n, dossier)),
    )


def _answer(place: Place, dossier: Dossier) -> list[Evidence]:
    """The passages that answer: the first that matches and, where words are asked for, the first of one more section.

    Rows of a form's table that answer together are quoted together.
    """
    items: list[Evidence] = []
    sections: list[str] = []
    for paragraph, start, end in matching(place, dossier):
        if paragraph.section in sections or len(sections) == (2 if place.any else 1):
            continue
        sections.append(paragraph.section)
        items += dossier.quote_paragraph(paragraph, start, end)
        fields = dossier.plan.sections[paragraph.section].fields if dossier.plan else []
        rows = [f.paragraph for f in fields if f.paragraph.subhead == paragraph.subhead]
        if paragraph in rows:
            following = rows[rows.index(paragraph) + 1 : rows.index(paragraph) + _TABLE_ROWS]
            items += [i for p in following for i in dossier.quote_paragraph(p, 0, len(p.text))]
    return items


def _not_applicable(requirement: Requirement, dossier: Dossier) -> Evidence | None:
    """The sentence that says the row does not apply, if the section takes nothing of it back."""
    if not requirement.not_applicable:
        return None
    sections = requirement.answer.sections
    said = matching(Place(sections=sections, any=requirement.not_applicable), dossier)
    everything = matching(Place(sections=sections), dossier)
    if any(_RESERVED.search(p.text[a:b]) for p, a, b in everything):
        return None
    if any(_ELSEWISE.search(p.text[a:b]) for p, a, b in everything if (p, a, b) not in said):
        return None
    return next((i for p, a, b in said for i in dossier.quote_paragraph(p, a, b)), None)


def _noted(note: StatementTest, dossier: Dossier) -> bool:
    with dossier.trace.seeking(f"note: {note.what}"):
        return bool(find(note, dossier).evidence)


def _shown(items: list[Evidence], most: int, trace: Trace) -> list[Evidence]:
    """What a row shows of the quotes that were found; the rest is noted with the reason."""
    kept = _distinct(items)
    trace.left([i for i in dict.fromkeys(items) if i not in kept], "it stands inside another quote of the same page")
    trace.left(kept[most:], f"a row shows {most} such quotes at most")
    return kept[:most]


def _distinct(items: list[Evidence]) -> list[Evidence]:
    """Each passage once; a quote inside another of the same page is left out."""
    kept: list[Evidence] = []
    for item in items:
        same_page = [k for k in kept if k.sha256 == item.sha256 and k.page == item.page]
        if any(item.quote in k.quote for k in same_page):
            continue
        kept = [k for k in kept if not (k in same_page and k.quote in item.quote)] + [item]
    return kept


def _looked_in(requirement: Requirement, dossier: Dossier) -> tuple[str, ...]:
    """Where was looked, in words."""
    plan = dossier.plan_document.filename if dossier.plan_document else None
    places = [f"{plan}: {where(requirement.answer.sections)}"] if plan else []
    for kind in requirement.documents:
        if kind != "project_plan":
            names = ", ".join(d.filename for d in dossier.of_type(kind)) or "none received"
            places.append(f"{TYPE_WORDS[kind]}: {names}")
    return tuple(places)


def _with_boxes(ws: Workspace, result: ExtractionResult) -> ExtractionResult:
    """The same result with the boxes of every quoted passage on its page."""
    places: dict[str, dict[tuple[int, str], tuple[Box, ...]]] = {}

    def note(item: Evidence) -> Evidence:
        places.setdefault(item.sha256, {})[item.page, item.quote] = ()
        return item

    def boxed(item: Evidence) -> Evidence:
        return item.model_copy(update={"boxes": places[item.sha256][item.page, item.quote]})

    with_each_quote(result, note)
    # All quotes of a document in one request: opening it anew for each took longer than finding them.
    with ThreadPoolExecutor(max_workers=max(1, ws.settings.reading.processes)) as pool:
        answers = pool.map(lambda sha256: ws.reader.all_boxes(sha256, list(places[sha256])), places)
        for of_document, boxes in zip(places.values(), answers, strict=True):
            of_document.update(zip(list(of_document), boxes, strict=True))
    return with_each_quote(result, boxed)
