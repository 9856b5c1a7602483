"""Rules on what the plan says is appended: its Appendix holds it, or the paper was sent beside it."""

from __future__ import annotations

from pipeline.models import DocumentType
from pipeline.verdicts.checks.rule import Case, Rule, Ruling, not_run


def _attached(case: Case, name: str, words: str, kind: DocumentType) -> Ruling:
    promised, kept = case.facts.all(f"promised_{name}"), case.facts.all(f"kept_{name}")
    if not promised:
        return not_run(f"The plan does not say that {words} stand in its Appendix.")
    if kept:
        return Ruling("pass", f"The Appendix holds {words}.", (promised[0].evidence, kept[0].evidence))
    if any(d.document_type == kind for d in case.inventory.documents):
        said = f"The Appendix holds no {words}; they were sent beside the plan."
        return Ruling("pass", said, (promised[0].evidence,))
    holds = f" ({listed})" if (listed := case.facts.value("appendix")) else ""
    places = list(dict.fromkeys(f.value for f in promised))
    said = f"Sections {' and '.join(places)} say" if len(places) > 1 else f"Section {places[0]} says"
    return Ruling(
        "warning",
        f"{said} that {words} are appended; the Appendix holds none{holds}, and none were sent.",
        (*(f.evidence for f in promised), *case.facts.evidence("appendix")),
    )


def _history(case: Case) -> Ruling:
    return _attached(case, "history", "records of past management", "farm_management_records")


def _tenure(case: Case) -> Ruling:
    return _attached(case, "tenure", "papers of tenure", "land_tenure")


RULES = (
    Rule("appended-history", "Appended records of past management are there", "Form 1.4, 3.1, Appendix", "high",
         ("REQ-009",), "The records are sent, or the plan no longer says that they are appended.", _history,
         told_in="absent:farm_management_records"),
    Rule("appended-tenure", "Appended papers of tenure are there", "Form 1.4, Appendix", "high", ("REQ-002",),
         "The papers are sent, or the plan no longer says that they are appended.", _tenure,
         told_in="absent:land_tenure"),
)  # fmt: skip
