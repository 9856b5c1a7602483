"""What a farm's own words came to, in the words that every door shows."""

from __future__ import annotations

from pipeline.desk.comparison import FarmsOwn, RowOwn, SectionOwn
from pipeline.models import wording

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
