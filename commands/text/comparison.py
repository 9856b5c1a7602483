"""What is this farm's own, in words: how each row stands among reviewed submissions, then the words of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commands.text.answers import Answer
from commands.text.terminal import folded, parts, table
from pipeline.desk.comparison import FarmsOwn, SectionOwn, farms_own
from pipeline.desk.comparison.in_words import ONLY_TOGETHER, in_words, only_particular, particular_sections
from pipeline.models import wording

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.models import SessionRecord


def own(ws: Workspace, record: SessionRecord, particular: bool, width: int) -> Answer:
    """The comparison as a value and as text; `particular` leaves out what stands word for word in another."""
    made = farms_own(ws, record)
    made = only_particular(made) if particular else made
    return Answer(made, _text(made, particular, width))


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
