"""Whether words on a page of a plan are the proponent's: no instruction, heading, label or list of contents."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.forms.normal import squash
from pipeline.forms.plan import Plan
from pipeline.forms.prompts import WORDED
from pipeline.models import Page


def is_own(plan: Plan, pages: Sequence[Page], page: Page, words: str) -> bool:
    """True when the proponent wrote these words on that page; `plan` was read from `pages`.

    Where the form's instructions are set in italics, upright words that only sound like one are taken for the
    proponent's: rows leave them out to be safe, while a person looks at what others quote.
    """
    numbers = _alike(pages, page)
    wanted = squash(words)
    said = [squash(piece.text) for p in plan.everything() for piece in p.pieces if piece.page in numbers]
    if plan.separation == "typography":
        left_out = (left for section in plan.sections.values() for left in section.left_out)
        said += [squash(left.words) for left in left_out if left.why == WORDED and left.page in numbers]
    fields = (field for section in plan.sections.values() for field in section.fields)
    here = [f for f in fields if any(piece.page in numbers for piece in f.paragraph.pieces)]
    labels = [squash(f.label) for f in here if squash(f.paragraph.text).startswith(squash(f.label))]
    # Labels that stand beside their values are part of paragraphs. A sign between them, so that no two make a third.
    return "".join(said).count(wanted) > "\n".join(labels).count(wanted)


def _alike(pages: Sequence[Page], page: Page) -> frozenset[int]:
    """The page and those that say the same word for word: of a page that comes twice, the form's body holds one."""
    text = squash(page.text)
    return frozenset(p.number for p in pages if p is page or (len(p.text) == len(page.text) and squash(p.text) == text))
