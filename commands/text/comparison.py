"""What is this farm's own, in words: how each row stands among reviewed submissions, then the words of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commands.text.answers import Answer
from commands.text.terminal import folded, parts, table
from pipeline.desk.comparison import FarmsOwn, RowOwn, SectionOwn, farms_own
from pipeline.models import wording

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.models import SessionRecord


def own(ws: Workspace, record: SessionRecord, particular: bool, width: int) -> Answer:
    """The comparison as a value and as text; `particular` leaves out what stands word for word in another."""
    made = farms_own(ws, record)
    made = only_particular(made) if particular else made
    return Answer(made, _text(made, particular, width))


#: Of a section that leaves out or moves a sentence, so that there is none to quote.
ONLY_TOGETHER = "each sentence stands in a reviewed submission, but in none just these in this order"


def only_particular(made: FarmsOwn) -> FarmsOwn:
    """Without the rows and sections of which nothing is particular to this farm."""
    rows = tuple(one for one in made.rows if one.particular)
    return made.model_copy(update={"rows": rows, "sections": particular_sections(made)})


def particular_sections(made: FarmsOwn) -> tuple[SectionOwn, ...]:
    """Sections with words of their own, or whose sentences stand in no reviewed submission all together and alone."""
    return tuple(one for one in made.sections if one.own or not one.identical_to)


def in_words(row: RowOwn) -> str:
    """How a row stands among what people reviewed before, and what they decided there."""
    if not row.sections:
        return "stands on no section of the plan"
    if not row.identical_to:
        return "this farm's own words"
    said = [f"{wording.label(kind, wording.DECISION)} in {count}" for kind, count in row.decided.items()]
    silent = row.identical_to - sum(row.decided.values())
    said += [f"without a decision in {silent}"] if silent else []
    same = f"the same words as in {wording.count(row.identical_to, 'reviewed submission')}: {', '.join(said)}"
    return "; ".join([same, *_but(row)])


def _but(row: RowOwn) -> list[str]:
    """What is this farm's own about a row although its words are not."""
    found = []
    if not any(one.alike for one in row.sessions):
        there = sorted({wording.label(one.status, wording.ROW_STATUS) for one in row.sessions})
        here = wording.label(row.status, wording.ROW_STATUS)
        same = there == [here]
        found.append("other tests fail or papers lack here" if same else f"{here} here, {' or '.join(there)} there")
    if row.other_documents:
        found.append(f"stands on {wording.count(len(row.other_documents), 'document')} of its own")
    return found


def _text(made: FarmsOwn, particular: bool, width: int) -> str:
    if not made.reviewed:
        what = f"{made.project_name}: on no other submission here a decision holds, so there is nothing to compare."
        return folded(what, width)
    head = f"{made.project_name}, beside {wording.count(made.reviewed, 'reviewed submission')}."
    if not particular:
        same = sum(one.identical_to > 0 for one in made.rows)
        head += f" {same} of {len(made.rows)} rows stand on words that were reviewed before; no decision is taken over."
    cells = [(r.requirement_id, r.title, in_words(r)) for r in made.rows]
    rows = table(("Row", "Title", "Words"), cells, width) if cells else "No row is particular to this farm."
    said = [_section(one, width) for one in particular_sections(made)]
    title = "Words that stand in no reviewed submission:" if said else "Every word of the plan was reviewed before."
    return parts(folded(head, width), rows, title, *said)


def _section(one: SectionOwn, width: int) -> str:
    rows = f", for {', '.join(one.requirement_ids)}" if one.requirement_ids else ""
    what = f"{one.own_sentences} of {wording.count(one.sentences, 'sentence')}" if one.own else ONLY_TOGETHER
    head = f"{one.section} {one.title}{rows}: {what}"
    quotes = [folded(f"“{item.quote}” ({wording.page(item)})", width, "  ") for item in one.own]
    return "\n".join([folded(head, width), *quotes])
