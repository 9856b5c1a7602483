"""Rules on papers: what titles the registers are of, which named files came, what another plan of the project says."""

from __future__ import annotations

from pipeline.models import AnswerChange, Paper, PlanDifference
from pipeline.verdicts.checks.rule import Case, Rule, Ruling, not_run

#: Quotes of each side that stand with one changed answer.
_QUOTES = 2


def _class_of_title(case: Case) -> Ruling:
    read = [t for t in case.titles if t.class_of_title]
    if not read:
        return not_run("No register whose class of title could be read was received.")
    lesser = [t for t in read if t.class_of_title != "absolute"]
    if lesser:
        said = "; ".join(f"{t.title_number} is {t.class_of_title}" for t in lesser)
        items = [e for t in lesser for e in t.evidence if e.section_title == "class of title"]
        return Ruling("warning", f"Not every title is absolute: {said}.", tuple(items))
    return Ruling("pass", f"Every title is absolute: {', '.join(t.title_number for t in read)}.")


def _titles_listed(case: Case) -> Ruling:
    if not any(t.named for t in case.titles):
        return not_run("The plan lists no paper of tenure by a title number.")
    if not (received := [t for t in case.titles if t.received]):
        return not_run("No land register was received.")
    unlisted = [t for t in received if not t.named]
    if unlisted:
        listed = next(e for t in case.titles for e in t.named_where)
        items = [next((e for e in t.evidence if e.section_title == "title number"), None) for t in unlisted]
        return Ruling(
            "warning",
            f"Registers of {', '.join(t.title_number for t in unlisted)} were received; the plan lists other titles.",
            (listed, *(e for e in items if e)),
        )
    return Ruling("pass", "The plan lists the title of every register that was received.")


def _named_documents(case: Case) -> Ruling:
    """Papers of tenure have a test of their own; what is absent as a kind is told by the row that asks for it."""
    named = [p for p in case.papers if not p.title_number]
    if not named:
        return not_run("Neither the plan nor a report names a file.")
    absent = [p for p in named if p.received is None and not _told_as_a_kind(case, p)]
    if absent:
        said = "; ".join(f"{p.name} ({p.where[0].document})" if p.where else p.name for p in absent)
        return Ruling(
            "warning", f"Named and not received: {said}.", tuple(e for p in absent for e in p.where[:_QUOTES])
        )
    return Ruling("pass", "No file that the plan or a report names is absent without having been asked for already.")


def _told_as_a_kind(case: Case, paper: Paper) -> bool:
    kind = paper.document_type
    asked = {t for r in case.checklist.requirements for t in r.documents}
    there = any(d.document_type == kind and d.status in ("in_scope", "pinned") for d in case.inventory.documents)
    return kind in asked and not there


def _superseded_answers(case: Case) -> Ruling:
    found = [d for d in case.plan_differences if d.kind == "version"]
    if not found:
        return not_run("No older version of the plan was received.")
    return _changed(found, "The newer plan changed answers", "No answer that matters differs from the older plan")


def _public_answers(case: Case) -> Ruling:
    found = [d for d in case.plan_differences if d.kind == "public_private"]
    if not found:
        return not_run("The plan was not received in both its public and its private form.")
    words = (
        "The public and the private plan answer differently",
        "The public plan only leaves out what it may leave out",
    )
    return _changed(found, *words)


def _changed(found: list[PlanDifference], words: str, none: str) -> Ruling:
    changes = [(d, c) for d in found for c in d.changes if c.matters]
    if not changes:
        items = next(((d.changes[0].old[:1] + d.changes[0].new[:1]) for d in found if d.changes), ())
        return Ruling("pass", f"{none} ({', '.join(d.old for d in found)}).", items)
    said = "; ".join(dict.fromkeys(f"{_place(c)}: {c.why}" for _, c in changes))
    items = tuple(e for _, c in changes for e in (*c.old[:_QUOTES], *c.new[:_QUOTES]))
    names = ", ".join(dict.fromkeys(d.old for d, _ in changes))
    return Ruling("warning", f"{words} ({names} against {changes[0][0].new}). {said}.", items)


def _place(change: AnswerChange) -> str:
    place = change.section if change.section[:1].isdigit() else f"{change.section}, {change.section_title}"
    return f"{place} ({', '.join(change.requirement_ids)})" if change.requirement_ids else place


RULES = (
    Rule("class-of-title", "Titles are absolute", "PG 8.2", "medium", ("REQ-002",),
         "The reviewer accepts the class of title, or a better one is shown.", _class_of_title),
    Rule("titles-listed", "The plan lists the registers' titles", "PG 8.2; Form Appendix", "low", ("REQ-002",),
         "The plan lists these titles, or the reviewer sets their registers aside.", _titles_listed),
    Rule("named-documents", "Named files were received", "PG 8.2; Form Appendix", "medium", (),
         "Each named file is sent, or the document that names it is corrected.", _named_documents),
    Rule("superseded-answers", "Answers that the newer plan changed", "Form 1.1", "medium", (),
         "The reviewer has seen what changed.", _superseded_answers),
    Rule("public-answers", "Public and private plan say the same", "Form 1.16", "medium", (),
         "One of the two plans is corrected, or the difference is explained.", _public_answers),
)  # fmt: skip
