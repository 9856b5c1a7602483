"""What a mutation declares before anybody looks: what must move, how, and what may; nothing else may move at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Literal

from pipeline.checklists.model import (
    BoundaryTest,
    DocumentTest,
    MapAgeTest,
    PapersTest,
    RegisterTest,
    WorkbookYearsTest,
)
from pipeline.evidence.facts.collect import OF_VERSIONS
from pipeline.forms.normal import squash
from pipeline.models import Evidence
from pipeline.selftest.graph import Graph, Spot, Stands, Touches, spot_of, usable

#: Tests that a document of some type must be there.
_FOR_DOCUMENTS = (BoundaryTest, DocumentTest, MapAgeTest, PapersTest, RegisterTest, WorkbookYearsTest)

#: falls: a row is no longer covered or not applicable, and not what it was. stops: a test that passed does not. alarms:
#: a check warns or fails. moves: status or quotes differ. appears: something is there that was not.
How = Literal["falls", "stops", "alarms", "moves"]


@dataclass(frozen=True)
class Declared:
    """What must move and how, and what may move: rows, tests, checks, header facts and types of documents by name."""

    must: dict[str, How] = field(default_factory=dict)
    may: frozenset[str] = frozenset()
    #: Checks may move as long as they raise no alarm.
    calm: bool = False
    #: Another plan may be read: anything may move, and words may stand in other sections.
    free: bool = False


def declared(
    graph: Graph,
    touches: Touches,
    *,
    documents: Collection[str] = (),
    facts: Collection[str] = (),
    gone: Callable[[Spot], bool] | None = None,
    quoted: bool = True,
) -> Declared:
    """The declaration of a mutation: `touches` tells the quotes that stood on what it changes.

    `documents` are hashes of documents that are absent or changed, `facts` names of facts whose value changes. With
    `gone`, which tells the spots that are taken out, rows and tests that stood on nothing else must fall. With
    `quoted`, whatever quotes a touched place must move.
    """
    review, shas, names = graph.review, set(documents), set(facts)
    if _decides_version(graph, touches):
        return Declared({}, frozenset(review.standing), free=True)

    def near(stands: Stands) -> bool:
        return stands.on(touches) or bool(stands.documents & shas) or bool(stands.facts & names)

    may = {row for row, stands in graph.rows.items() if near(stands)}
    may |= tests_of(graph, may)
    may |= {check for check, stands in graph.checks.items() if near(stands)}
    may |= {f"header {f.name}" for f in review.validation.header if touches(f.evidence) or f.name in names}
    may |= {f"type {d.filename}" for d in review.inventory.documents if d.sha256 in shas}
    must: dict[str, How] = {}
    if quoted:
        must |= {r: "moves" for r, row in review.rows.items() if any(touches(e) for e in row.evidence)}
        must |= {c: "moves" for c, check in review.checks.items() if any(touches(e) for e in check.evidence)}
    if gone:
        must |= _fallen(graph, gone)
        values = {f.name: [o.evidence for o in graph.of_fact(f.name)] for f in review.validation.header}
        must |= {f"header {n}": "moves" for n, quotes in values.items() if all(gone(spot_of(q)) for q in quotes)}
    return Declared(must, frozenset(may | must.keys()))


def _decides_version(graph: Graph, touches: Touches) -> bool:
    """True when it touches what says which of several plans is the newest: then another plan may be read."""
    plans = [d for d in graph.review.inventory.documents if d.document_type == "project_plan"]
    rivals = [d for d in plans if d.status in ("in_scope", "pinned", "superseded")]
    said = (f for name in OF_VERSIONS for f in graph.of_fact(name))
    return len(rivals) > 1 and any(touches(f.evidence) for f in said)


def _fallen(graph: Graph, gone: Callable[[Spot], bool]) -> dict[str, How]:
    """Rows without any answer left, and tests that passed on nothing else."""
    must: dict[str, How] = {}

    def all_gone(spots: Iterable[Spot] | None) -> bool:
        found = list(spots or ())
        return bool(found) and all(map(gone, found))

    for requirement in graph.review.checklist.requirements:
        row = graph.review.rows[requirement.requirement_id]
        if row.status != "missing" and all_gone(graph.answer_spots(requirement)):
            must[row.requirement_id] = "falls"
            must[f"{row.requirement_id}:answered"] = "stops"
        passed = {t.test for t in row.tests if t.outcome == "pass"}
        for test in requirement.tests:
            item = f"{row.requirement_id}:{test.test}"
            if test.test in passed and any(map(all_gone, graph.needs(test, item))):
                must[item] = "stops"
                if row.status == "covered":
                    must[row.requirement_id] = "falls"
    return must


def of_document(graph: Graph, sha256: str) -> Declared:
    """What the absence of a document beside the plan must and may move."""
    review = graph.review
    found = declared(graph, lambda e: e.sha256 == sha256, documents=[sha256])
    document = review.documents[sha256]
    heirs = [d for d in review.inventory.documents if d.superseded_by == document.document_id]
    alone = usable(review, document.document_type) == [sha256] and not heirs
    must = dict(found.must) if not heirs else {}
    for requirement in review.checklist.requirements:
        row = review.rows[requirement.requirement_id]
        passed = {t.test for t in row.tests if t.outcome == "pass"}
        for test in requirement.tests:
            match test:
                case DocumentTest():
                    stood = alone and test.documents == (document.document_type,)
                case MapAgeTest():
                    stood = alone and document.document_type == "land_cover_map"
                case WorkbookYearsTest():
                    stood = alone and document.document_type == "farm_management_records"
                case BoundaryTest():
                    stood = alone and document.document_type == "gis_boundary"
                case RegisterTest():
                    stood = alone and document.document_type == "land_tenure" and test.what != "consent"
                case PapersTest():
                    stood = _only_register_named(graph, sha256, requirement.requirement_id, test.test)
                case _:
                    stood = False
            if stood and test.test in passed:
                must[f"{requirement.requirement_id}:{test.test}"] = "stops"
                if row.status == "covered":
                    must[requirement.requirement_id] = "falls"
    return Declared(must, found.may | must.keys() | {f"type {d.filename}" for d in heirs})


def of_nameless(graph: Graph) -> frozenset[str]:
    """What may move when a document that cannot be read loses its name: it may be any that a row asks for in vain."""
    in_vain = set()
    for requirement in graph.review.checklist.requirements:
        row = graph.review.rows[requirement.requirement_id]
        passed = {t.test for t in row.tests if t.outcome == "pass"}
        asked = [t.test for t in requirement.tests if isinstance(t, _FOR_DOCUMENTS) and t.test not in passed]
        in_vain |= {f"{row.requirement_id}:{test}" for test in asked} | ({row.requirement_id} if asked else set())
    return frozenset(in_vain)


def _only_register_named(graph: Graph, sha256: str, requirement_id: str, test: str) -> bool:
    """True when the plan names this register's title, and no other file could be taken for it."""
    extraction = graph.review.extraction
    own = [r for r in extraction.registers if graph.review.documents[sha256].document_id == r.document_id]
    title = own[0].title_number if own else None
    if not title or sum(r.title_number == title for r in extraction.registers) > 1:
        return False
    row = next(r for r in extraction.requirements if r.requirement_id == requirement_id)
    named = next((f.values.get("named", "") for f in row.findings if f.test == test), "")
    others = [n for d in graph.review.inventory.documents if d.sha256 != sha256 for n in (d.filename, *d.names)]
    return f"Register {title}" in named.split("; ") and not any(squash(title) in squash(n) for n in others)


def of_plan(graph: Graph) -> Declared:
    """Without its plan every row falls; where another plan takes its place, anything may move and nothing must."""
    review, plan = graph.review, graph.review.plan
    everything = frozenset(review.standing)
    rivals = [d for d in review.inventory.documents if d.document_type == "project_plan" and d is not plan]
    if any(d.status in ("in_scope", "pinned", "superseded") for d in rivals) or plan is None:
        return Declared({}, everything)
    must: dict[str, How] = {r: "falls" for r, row in review.rows.items() if row.status != "missing"}
    for check_id, check in review.checks.items():
        if any(e.sha256 == plan.sha256 for e in check.evidence):
            must[check_id] = "moves"
    must |= {f"header {f.name}": "moves" for f in review.validation.header if f.evidence.sha256 == plan.sha256}
    touched = declared(graph, lambda e: e.sha256 == plan.sha256, documents=[plan.sha256])
    may = touched.may | must.keys() | {i for i in everything if i.startswith("REQ-") or ":" in i}
    may |= {c for c, stands in graph.checks.items() if stands.inventory or review.checks[c].outcome == "pass"}
    return Declared(must, frozenset(may))


def of_value(graph: Graph, touches: Touches, facts: Collection[str], bound: Collection[str] = ()) -> Declared:
    """A value that is changed alone: whatever is bound to it exactly and passed must not pass again."""
    review, names = graph.review, set(bound or facts)
    found = declared(graph, touches, facts=facts)
    if _decides_version(graph, touches):
        return found
    must = dict(found.must)
    for check_id, stands in graph.checks.items():
        if stands.exact & names and review.checks[check_id].outcome == "pass":
            must[check_id] = "alarms"
    outcomes = {f"{r}:{t.test}": t.outcome for r, row in review.rows.items() for t in row.tests}
    for test, stands in graph.tests.items():
        if stands.exact & names and outcomes[test] == "pass":
            must[test] = "stops"
            requirement = test.partition(":")[0]
            if review.rows[requirement].status == "covered":
                must[requirement] = "falls"
    must |= {f"header {n}": "moves" for n in facts if f"header {n}" in review.standing}
    return Declared(must, found.may | must.keys() | tests_of(graph, must))


def tests_of(graph: Graph, rows: Collection[str]) -> set[str]:
    """The tests of these rows, the one on being answered included."""
    return {item for item in graph.review.standing if ":" in item and item.partition(":")[0] in rows}


def overlaps(words: Iterable[str]) -> Callable[[Evidence], bool]:
    """Tells the quotes that hold one of these lines, or stand inside one."""
    changed = [squash(w) for w in words if len(squash(w)) > 1]
    return lambda e: any(w in squash(e.quote) or squash(e.quote) in w for w in changed)
