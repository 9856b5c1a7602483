"""Two plans of one project compared in answers: section by section the words that only one of them has.

Layout, page breaks, contents pages and the form's own words take no part, since the plans are compared as the form
lays them out; sentences are equal when they differ by type-setting only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from pipeline.checklists import Checklist, Requirement
from pipeline.checklists.model import PapersTest
from pipeline.classification.seen import fold
from pipeline.evidence.dossier import USABLE, Dossier
from pipeline.evidence.quoting import MAX_QUOTE, quote
from pipeline.forms import Paragraph, Plan, read_plan
from pipeline.forms.normal import plain, squash
from pipeline.models import AnswerChange, Document, Evidence, PlanDifference

#: Quotes of one side that stand with one changed section.
MOST_QUOTES = 4
#: Letters of a quote in a message, and letters by which a shortened sentence is known again.
_SHORTENED, _SAME_START = 110, 40
_FIGURE = re.compile(r"\d+(?:[.,/:]\d+)*\s?%?")
#: What the public form leaves out (form 1.16): contacts, papers of tenure, yields; a place in the form or words.
_OMITTED = re.compile(r"^(?:1\.6|1\.7|1\.16|4\.3|Appendix)")
_OMITTED_WORDS = re.compile(r"\b(?:t/ha|yields?|historic|contact|telephone|e-?mail|address|register|title)\b", re.I)
#: What every new version changes of itself.
_OF_THE_VERSION = re.compile(r"^(?:version of document|date submitted|prepared by|contact information)\b", re.I)


def plan_differences(dossier: Dossier) -> tuple[PlanDifference, ...]:
    """The plan that was read against every other one of the project: older versions, its public or private form."""
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
                    public_id=next((d.document_id for d in (old, new) if d.visibility == "public"), None)
                    if kind == "public_private"
                    else None,
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
#: A paragraph, and where in its text a sentence begins and ends.
Sentence = tuple[Paragraph, int, int]


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
        old=quotes_of(dossier, old[0], gone)[:MOST_QUOTES],
        new=quotes_of(dossier, new[0], came)[:MOST_QUOTES],
        figures=tuple(sorted(set(before) ^ set(after))),
    )


def _sentences(plan: Plan, number: str, subhead: str | None) -> list[Sentence]:
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


def _figures(sentences: Sequence[Sentence]) -> list[str]:
    return [m.replace(" ", "") for p, a, b in sentences for m in _FIGURE.findall(plain(p.text[a:b]))]


def quotes_of(dossier: Dossier, document: Document, sentences: Sequence[Sentence]) -> tuple[Evidence, ...]:
    """Sentences of a plan as they stand; those that follow each other in one paragraph are one quote."""
    runs: list[Sentence] = []
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
    return tuple(dict.fromkeys(found))


# --- what a reviewer must know of it ---------------------------------------------------------------------------------


def weighed(difference: PlanDifference, checklist: Checklist) -> PlanDifference:
    """The same difference, each change with the rows that are answered there and whether it matters.

    It matters when a row is answered there and figures differ, an answer came or went, or the row is about this farm
    alone. What the public form may leave out (form 1.16) does not.
    """
    changes = tuple(_weigh(c, difference, checklist) for c in difference.changes)
    return difference.model_copy(update={"changes": changes})


def _weigh(change: AnswerChange, difference: PlanDifference, checklist: Checklist) -> AnswerChange:
    rows = [r for r in checklist.requirements if _answers(_places(r), change)]
    if difference.kind == "public_private" and _only_left_out(change, difference):
        return _told(change, rows, False, "left out of the public plan, as the form allows")
    if not rows:
        return _told(change, rows, False, "no row is answered here")
    if change.kind == "changed" and not change.figures and all(r.scope != "farm" for r in rows):
        return _told(change, rows, False, "worded differently, with the same figures")
    return _told(change, rows, True, _in_words(change, difference))


def _in_words(change: AnswerChange, difference: PlanDifference) -> str:
    """Both answers, shortened: old and new, or what the public and what the private plan says."""
    if difference.kind != "public_private":
        if change.kind == "changed":
            return f"{_short(change.old)} became {_short(change.new)}"
        return "the answer is gone" if change.kind == "removed" else "an answer was added"
    public_is_new = difference.public_id == difference.new_id
    public, private = (change.new, change.old) if public_is_new else (change.old, change.new)
    said = [f"the public plan says {_short(public)}"] * bool(public)
    said += [f"the private plan says {_short(private)}"] * bool(private)
    return " and ".join(said) if len(said) > 1 else f"only {said[0]}"


def _only_left_out(change: AnswerChange, difference: PlanDifference) -> bool:
    """True when the public side says nothing of its own where it may leave things out (form 1.16)."""
    public_is_new = difference.public_id == difference.new_id
    public, private = (change.new, change.old) if public_is_new else (change.old, change.new)
    allowed = _OMITTED.match(change.section) or _OMITTED_WORDS.search(" ".join(e.quote for e in private))
    own = set(_FIGURE.findall(_words(public))) - set(_FIGURE.findall(_words(private)))
    return bool(allowed) and (
        not public or (not own and squash(_words(public))[:_SAME_START] in squash(_words(private)))
    )


def _words(items: Sequence[Evidence]) -> str:
    return " ".join(plain(e.quote) for e in items)


def _short(items: Sequence[Evidence]) -> str:
    text = plain(items[0].quote) if items else ""
    return f"“{text if len(text) <= _SHORTENED else text[:_SHORTENED].rsplit(' ', 1)[0] + ' …'}”"


def _places(requirement: Requirement) -> list[str]:
    """Where a row is answered; names of owners and papers of tenure are looked for in further sections."""
    tenure = [s for t in requirement.tests if isinstance(t, PapersTest) for s in t.sections if s != "Appendix"]
    return [*requirement.answer.sections, *tenure]


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
