"""Two plans of one project compared in answers: section by section the words that only one of them has.

Layout, page breaks, contents pages and the form's own words take no part, since the plans are compared as the form
lays them out; sentences are equal when they differ by type-setting only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from pipeline.checklists import Checklist, Requirement
from pipeline.classification.seen import fold
from pipeline.dossier import USABLE, Dossier
from pipeline.forms import Paragraph, Plan, read_plan
from pipeline.forms.normal import plain, squash
from pipeline.models import AnswerChange, Document, Evidence, PlanDifference
from pipeline.quoting import MAX_QUOTE, quote

#: Quotes of one side that stand with one changed section.
MOST_QUOTES = 4
_FIGURE = re.compile(r"\d+(?:[.,/:]\d+)*\s?%?")
#: What the public form leaves out (form 1.16): contacts, papers of tenure, yields; a place in the form or words.
_OMITTED = re.compile(r"^(?:1\.6|1\.7|1\.16|4\.3|Appendix)")
_OMITTED_WORDS = re.compile(r"\b(?:t/ha|yields?|historic|contact|telephone|e-?mail|address|register|title)\b", re.I)
#: What every new version changes of itself.
_OF_THE_VERSION = re.compile(r"^(?:version of document|date submitted|prepared by|contact information)\b", re.I)


def plan_differences(dossier: Dossier) -> tuple[PlanDifference, ...]:
    """The plan that was read against each other plan of the same project: older versions, its public or private form."""
    new, plan = dossier.plan_document, dossier.plan
    if new is None or plan is None:
        return ()
    found = []
    for old in sorted(dossier.inventory.documents, key=lambda d: (d.filename, d.sha256)):
        kind = _kind(new, old)
        if kind and (pages := dossier.pages(old)):
            other = read_plan(pages, dossier.checklist.grammar)
            changes = _changes(dossier, (old, other), (new, plan))
            found.append(
                PlanDifference(
                    kind=kind,
                    old=old.filename,
                    old_id=old.document_id,
                    new=new.filename,
                    new_id=new.document_id,
                    changes=changes,
                )
            )
    return tuple(found)


def _kind(new: Document, old: Document) -> Literal["version", "public_private", "unsure"] | None:
    """What the other plan is to the one that was read; None for plans of other projects and what cannot be read."""
    if old.document_type != "project_plan" or old.document_id == new.document_id:
        return None
    if old.superseded_by == new.document_id and old.status == "superseded":
        return "version"
    if old.status not in USABLE or not _same_farm(new, old):
        return None
    return "public_private" if {new.visibility, old.visibility} == {"public", "private"} else "unsure"


def _same_farm(one: Document, two: Document) -> bool:
    ids = one.facts.get("project_id"), two.facts.get("project_id")
    names = fold(one.facts.get("farm_name", "")), fold(two.facts.get("farm_name", ""))
    return bool(ids[0] and ids[0] == ids[1]) or bool(names[0] and names[0] == names[1])


_Read = tuple[Document, Plan]
_Sentence = tuple[Paragraph, int, int]


def _changes(dossier: Dossier, old: _Read, new: _Read) -> tuple[AnswerChange, ...]:
    order = list(dict.fromkeys([s.number for s in dossier.checklist.form] + [*old[1].sections, *new[1].sections]))
    found = []
    for number in order:
        for subhead in _subheads(number, old[1], new[1]):
            change = _compare(dossier, number, subhead, old, new)
            found += [change] if change else []
    return tuple(found)


def _subheads(number: str, *plans: Plan) -> list[str | None]:
    """The Appendix is told part by part; every other section as a whole."""
    if number[:1].isdigit():
        return [None]
    heads = {squash(p.subhead or ""): p.subhead for plan in plans for p in plan.paragraphs(number)}
    return [heads[key] for key in sorted(heads)]


def _compare(dossier: Dossier, number: str, subhead: str | None, old: _Read, new: _Read) -> AnswerChange | None:
    mine, theirs = _sentences(old[1], number, subhead), _sentences(new[1], number, subhead)
    keys = [squash(p.text[a:b]) for p, a, b in mine], [squash(p.text[a:b]) for p, a, b in theirs]
    # An answer that only moved within its section is the same answer.
    gone = [s for s, key in zip(mine, keys[0], strict=True) if key not in keys[1]]
    came = [s for s, key in zip(theirs, keys[1], strict=True) if key not in keys[0]]
    if not gone and not came:
        return None
    title = (gone or came)[0][0].section_title
    before, after = _figures(gone), _figures(came)
    return AnswerChange(
        section=number,
        section_title=subhead or title,
        kind="changed" if gone and came else "removed" if gone else "added",
        old=_quotes(dossier, old[0], gone),
        new=_quotes(dossier, new[0], came),
        figures=tuple(sorted((set(before) ^ set(after)))),
    )


def _sentences(plan: Plan, number: str, subhead: str | None) -> list[_Sentence]:
    found = plan.paragraphs(number)
    if subhead is not None or not number[:1].isdigit():
        found = [p for p in found if squash(p.subhead or "") == squash(subhead or "")]
    return [
        (p, a, b)
        for p in found
        if not _OF_THE_VERSION.match(plain(p.text))
        for a, b in p.sentences()
        if squash(p.text[a:b])
    ]


def _figures(sentences: Sequence[_Sentence]) -> list[str]:
    return [m.replace(" ", "") for p, a, b in sentences for m in _FIGURE.findall(plain(p.text[a:b]))]


def _quotes(dossier: Dossier, document: Document, sentences: Sequence[_Sentence]) -> tuple[Evidence, ...]:
    """The sentences as they stand; those that follow each other in one paragraph are one quote."""
    runs: list[_Sentence] = []
    for paragraph, start, end in sentences:
        last = runs[-1] if runs else None
        if last and last[0] is paragraph and last[2] == start and end - last[1] <= MAX_QUOTE:
            runs[-1] = (paragraph, last[1], end)
        else:
            runs.append((paragraph, start, end))
    found = []
    for paragraph, start, end in runs:
        for number, _, words in paragraph.cut(start, end):
            item = quote(
                document,
                dossier.page(document, number),
                words,
                section=paragraph.section or None,
                section_title=paragraph.subhead or paragraph.section_title or None,
            )
            found += [item] if item else []
    return tuple(dict.fromkeys(found))[:MOST_QUOTES]


# --- what a reviewer must know of it ---------------------------------------------------------------------------------


def weighed(difference: PlanDifference, checklist: Checklist) -> PlanDifference:
    """The same difference, each change with the rows that are answered there and whether it matters.

    It matters when a row is answered there and figures differ, an answer came or went, or the row's papers belong to
    this farm alone. What the public form may leave out (form 1.16) does not.
    """
    public_is_new = difference.kind == "public_private" and _is_public(difference)
    return difference.model_copy(
        update={"changes": tuple(_weigh(c, difference.kind, public_is_new, checklist) for c in difference.changes)}
    )


def _is_public(difference: PlanDifference) -> bool:
    """Whether the plan that was read is the shorter, public one: pinned by the reviewer against the usual order."""
    return sum(c.kind == "added" for c in difference.changes) < sum(c.kind == "removed" for c in difference.changes)


def _weigh(change: AnswerChange, kind: str, public_is_new: bool, checklist: Checklist) -> AnswerChange:
    rows = [r for r in checklist.requirements if _answers(r.answer.sections, change)]
    only_private = change.kind == ("removed" if public_is_new else "added")
    words = " ".join(e.quote for e in (*change.old, *change.new))
    why = ""
    if kind == "public_private" and only_private and (_OMITTED.match(change.section) or _OMITTED_WORDS.search(words)):
        return _told(change, rows, False, "left out of the public plan, as the form allows")
    if not rows:
        why = ""
    elif change.kind == "removed":
        why = "an answer is gone"
    elif change.kind == "added" and kind == "version":
        why = "an answer was added"
    elif change.figures:
        why = f"figures differ: {', '.join(change.figures[:6])}"
    elif any(r.scope == "farm" for r in rows) and change.kind == "changed":
        why = "the words on this farm differ"
    return _told(change, rows, bool(why), why or "worded differently")


def _told(change: AnswerChange, rows: Sequence[Requirement], matters: bool, why: str) -> AnswerChange:
    ids = tuple(r.requirement_id for r in rows)
    return change.model_copy(update={"requirement_ids": ids, "matters": matters, "why": why})


def _answers(places: Sequence[str], change: AnswerChange) -> bool:
    """Whether a row is answered at the place of a change; under a sub-head of it only when the place names that one."""
    for place in places:
        number, _, subhead = place.partition("/")
        if number != change.section:
            continue
        heads = {squash(e.section_title or "") for e in (*change.old, *change.new)}
        if not subhead or squash(subhead) in heads or squash(subhead) == squash(change.section_title):
            return True
    return False
