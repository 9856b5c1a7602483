"""How a plan is set: what its sizes, its numbers and its italics are worth for telling the form from the answers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.forms.grammar import FormGrammar
from pipeline.forms.normal import plain
from pipeline.forms.pages import BodyPage
from pipeline.forms.titles import numbered, starts_title
from pipeline.models import Line

_LIKE_HEADING = re.compile(r"^(?:section\s+)?(?:\d{1,2}[.):](?:\d|\s|$)|appendix\b)", re.I)
#: A section's number; a chapter's may stand before an item of a list as well.
_DOTTED = re.compile(r"^(?:section\s+)?\d{1,2}\.\d", re.I)
#: How much larger than the body a heading is set (the form: 16 and 20 points over 11), and a sub-head (12 over 11).
_HEADING_RATIO, _SUBHEAD_RATIO = 1.2, 1.05
#: Fewer headings with their numbers than this, and the numbers were lost, as a word processor's own numbering is.
_NUMBERED_ENOUGH = 3


#: With more of its lines in italics than this, italics are the face of the whole text and tell nothing.
_SLANTED = 0.9


@dataclass(frozen=True)
class Style:
    """How the document is set: its body size, whether sizes and numbers tell headings apart, how much is in italics."""

    body: float
    sized: bool
    italics: int
    #: False when no heading carries its number: then whole titles are all there is.
    numbered: bool = True

    @classmethod
    def of(cls, pages: Sequence[BodyPage], grammar: FormGrammar) -> Style:
        """Measure it; the form's own headings do not count, or a plan of short answers would seem set in their size."""
        sizes: Counter[float] = Counter()
        italics = headed = 0
        for page in pages:
            for line in page.lines:
                heading = _titles(line, grammar)
                dotted = heading and bool(_DOTTED.match(plain(line.text)))
                sizes[round(line.size, 1)] += 0 if heading else len(line.text)
                italics += line.italic
                headed += dotted
        body = max(sizes, key=lambda s: (sizes[s], s)) if sizes else 0.0
        # a large cover says nothing of the headings: only large lines that read like headings do
        sized = any(
            line.size >= _HEADING_RATIO * body
            and (_LIKE_HEADING.match(plain(line.text)) or grammar.by_title(plain(line.text)))
            for page in pages
            for line in page.lines
        )
        return cls(body=body, sized=bool(body) and sized, italics=italics, numbered=headed >= _NUMBERED_ENOUGH)

    def is_large(self, line: Line) -> bool:
        """Set like a heading."""
        return self.sized and line.size >= _HEADING_RATIO * self.body

    def stands_out(self, line: Line) -> bool:
        """Set in bold, or visibly larger than the body."""
        return line.size >= self.body + 0.3 or all(s.bold for s in line.spans)

    def is_larger(self, line: Line) -> bool:
        """Set like a sub-head, or larger."""
        return bool(self.body) and line.size >= _SUBHEAD_RATIO * self.body


def _titles(line: Line, grammar: FormGrammar) -> bool:
    """True for a line that reads like a heading of the form, whatever its size."""
    parts = numbered(plain(line.text))
    known = grammar.section(parts[0]) if parts else None
    return bool(parts and known and starts_title(parts[1], known.titles))


def measured(pages: Sequence[BodyPage], grammar: FormGrammar) -> tuple[list[BodyPage], Style]:
    """The pages with their style; where nearly all is in italics, they are read as upright."""
    lines = [line for page in pages for line in page.lines]
    if lines and sum(line.italic for line in lines) > _SLANTED * len(lines):
        pages = [replace(page, lines=tuple(_upright(line) for line in page.lines)) for page in pages]
    return list(pages), Style.of(pages, grammar)


def _upright(line: Line) -> Line:
    spans = tuple(span.model_copy(update={"italic": False}) for span in line.spans)
    return line.model_copy(update={"spans": spans})
