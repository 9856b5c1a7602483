"""What each line of the form's body is: heading, sub-head, instruction, printed label, or the proponent's words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz

from pipeline.forms.grammar import FormGrammar, FormSection
from pipeline.forms.normal import BULLETS, plain, squash
from pipeline.forms.pages import BodyPage, has_leaders
from pipeline.models import Line, Page

Kind = Literal["heading", "subhead", "maybe_subhead", "instruction", "label", "field", "text", "gap"]

_NUMBERED = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){0,2})\.?\s+(\S.*)$")
_ITEM = re.compile(rf"^(?:[{BULLETS}]|[-\u2013] |\(?(?:\d{{1,2}}|[a-z]|[ivx]{{1,4}})[.)]\s)")
#: How much larger than the body a heading is set (the form: 16 and 20 points over 11), and a sub-head (12 over 11).
_HEADING_RATIO, _SUBHEAD_RATIO = 1.2, 1.05
#: Likeness of a printed title to the form's own; letters may differ, digits never do.
_TITLE_LIKENESS = 85.0


@dataclass(frozen=True)
class Token:
    """One line (or a heading over several) with what it is."""

    kind: Kind
    page: Page
    line: Line
    #: The words that count: for a line that opens in italics and goes on upright, the upright rest.
    text: str
    #: Heading: its section number. Field: its label.
    name: str = ""
    #: Heading and sub-head: the whole title, wrapped lines joined.
    title: str = ""
    #: Text that opens a list item.
    item: bool = False
    #: Field: where its value starts in `text`.
    value_at: int = 0


@dataclass(frozen=True)
class Style:
    """How the document is set: its body size, whether sizes tell headings apart, whether italics mark instructions."""

    body: float
    sized: bool
    italics: int

    @classmethod
    def of(cls, pages: Sequence[BodyPage]) -> Style:
        """Measure it."""
        sizes: Counter[float] = Counter()
        italics = 0
        for page in pages:
            for line in page.lines:
                sizes[round(line.size, 1)] += len(line.text)
                italics += line.italic
        body = max(sizes, key=lambda s: (sizes[s], s)) if sizes else 0.0
        larger = sum(count for size, count in sizes.items() if size >= _HEADING_RATIO * body)
        return cls(body=body, sized=bool(body) and larger > 0, italics=italics)

    def is_large(self, line: Line) -> bool:
        """Set like a heading."""
        return self.sized and line.size >= _HEADING_RATIO * self.body

    def is_larger(self, line: Line) -> bool:
        """Set like a sub-head, or larger."""
        return bool(self.body) and line.size >= _SUBHEAD_RATIO * self.body


def tokens(pages: Sequence[BodyPage], grammar: FormGrammar, style: Style) -> list[Token]:
    """Every line of the body in printed order, with what it is."""
    out: list[Token] = []
    section: FormSection | None = None
    for body in pages:
        if not body.follows and body.lines:
            out.append(Token("gap", body.page, body.lines[0], ""))
            section = None
        index = 0
        while index < len(body.lines):
            token, used = _token(body, index, grammar, style, section, out)
            if token.kind == "heading":
                section = grammar.section(token.name)
            out.append(token)
            index += used
    return out


def _token(
    body: BodyPage, index: int, grammar: FormGrammar, style: Style, section: FormSection | None, before: list[Token]
) -> tuple[Token, int]:
    line, page = body.lines[index], body.page
    text = line.text.strip()
    if not line.italic and not has_leaders(text):
        heading = _heading(body.lines, index, grammar, style)
        if heading:
            number, title, used = heading
            return Token("heading", page, line, text, name=number, title=title), used
    if line.italic:
        return Token("instruction", page, line, text), 1
    upright = _upright_rest(line)
    if upright is not None and before and before[-1].kind in ("heading", "subhead", "instruction"):
        return Token("text", page, line, upright, item=False), 1
    if not _continues(line, page, before):
        subhead = _subhead(body.lines, index, section, style)
        if subhead:
            kind, title, used = subhead
            return Token(kind, page, line, text, title=title), used
        label = _label(line, section, before)
        if label is not None:
            name, value_at = label
            kind = "field" if value_at < len(text) else "label"
            return Token(kind, page, line, text, name=name, value_at=value_at), 1
    return Token("text", page, line, text, item=bool(_ITEM.match(text))), 1


def _heading(lines: Sequence[Line], index: int, grammar: FormGrammar, style: Style) -> tuple[str, str, int] | None:
    """Number, title and how many lines the heading takes; None when the line is no heading."""
    line = lines[index]
    text = plain(line.text)
    numbered = _NUMBERED.match(text)
    large = style.is_large(line)
    if numbered:
        number, title = numbered.group(1), numbered.group(2)
        known = grammar.section(number)
        alike = bool(known) and _starts_title(title, known.titles if known else ())
        if not alike and not (large and re.match(r"[A-Z]", title)):
            return None
        # without sizes a chapter's number looks like an item of a list: then only its exact title will do
        if not large and style.sized and not line.size >= style.body * _SUBHEAD_RATIO:
            return None
        if not large and "." not in number and not (known and squash(title) in map(squash, known.titles)):
            return None
        title, used = _wrapped(lines, index, title, known, style)
        return number, title, used
    if style.sized and not large:
        return None
    known = grammar.by_title(text)
    if known and (large or _only_title(known)):
        return known.number, text, 1
    return None


def _only_title(known: FormSection) -> bool:
    """Without type sizes a line is trusted to be an unnumbered heading only where the form prints no number."""
    return not known.number[:1].isdigit()


def _starts_title(title: str, known: Sequence[str]) -> bool:
    printed = squash(title)
    for candidate in known:
        whole = squash(candidate)
        if len(printed) >= 4 and fuzz.ratio(printed, whole[: len(printed)]) >= _TITLE_LIKENESS:
            return len(printed) >= 0.45 * len(whole)
        if fuzz.ratio(printed, whole) >= _TITLE_LIKENESS:
            return True
    return False


def _wrapped(lines: Sequence[Line], index: int, title: str, known: FormSection | None, style: Style) -> tuple[str, int]:
    """The title with the lines it wraps onto."""
    used = 1
    while index + used < len(lines) and used < 4:
        following = lines[index + used]
        if following.italic or _NUMBERED.match(plain(following.text)):
            break
        if following.top - lines[index + used - 1].top > 2.2 * max(following.size, lines[index].size, 1.0):
            break
        longer = f"{title} {plain(following.text)}"
        same_type = style.is_large(following) and abs(following.size - lines[index].size) < 0.6
        goes_on = known and any(squash(t).startswith(squash(longer)) for t in known.titles)
        whole = known and any(squash(title) == squash(t) for t in known.titles)
        if not goes_on and (whole or not same_type):
            break
        title = longer
        used += 1
    return title, used


def _subhead(
    lines: Sequence[Line], index: int, section: FormSection | None, style: Style
) -> tuple[Kind, str, int] | None:
    line = lines[index]
    text = plain(line.text)
    if section:
        for declared in section.subheads:
            wanted = squash(declared)
            joined, used = text, 1
            while (
                squash(joined) != wanted
                and wanted.startswith(squash(joined))
                and index + used < len(lines)
                and used < 3
            ):
                joined, used = f"{joined} {plain(lines[index + used].text)}", used + 1
            if squash(joined) == wanted or (used == 1 and len(wanted) > 8 and fuzz.ratio(squash(text), wanted) >= 92):
                return "subhead", declared, used
    if (
        style.is_larger(line)
        and len(text) <= 90
        and re.match(r"[A-Z]", text)
        and not text.endswith((".", ":", ";", ","))
    ):
        joined, used = text, 1
        while (
            index + used < len(lines)
            and used < 3
            and abs(lines[index + used].size - line.size) < 0.3
            and not _NUMBERED.match(plain(lines[index + used].text))
            and 0 < lines[index + used].top - lines[index + used - 1].top < 2.0 * line.size
        ):
            joined, used = f"{joined} {plain(lines[index + used].text)}", used + 1
        return "maybe_subhead", joined, used
    return None


def _label(line: Line, section: FormSection | None, before: list[Token]) -> tuple[str, int] | None:
    """The printed label that opens a line and where the value after it starts; None when there is none.

    Labels wrap: "Justification of choice of data or / description of measurement" is one label on several lines,
    and the heads of a table's columns follow each other in whatever order the reader meets them.
    """
    if not section or not section.labels:
        return None
    text = line.text.strip()
    whole = squash(text)
    known = [squash(label) for label in section.labels]
    run = whole
    for token in reversed(before):
        if token.kind != "label":
            break
        run = squash(token.text) + run
        if _opens_labels(run, known):
            return text, len(text)
    if len(whole) >= 3 and _opens_labels(whole, known):
        return text, len(text)
    first = line.spans[0].text.strip() if line.spans else text
    for label in section.labels:
        if squash(first) == squash(label) and len(line.spans) > 1:
            at = text.find(line.spans[1].text.strip(), len(first))
            return label, at if at > 0 else len(text)
    for label in sorted(section.labels, key=len, reverse=True):
        if text.casefold().startswith(label.casefold() + " "):
            return label, len(label) + 1
    return None


def _opens_labels(text: str, known: list[str]) -> bool:
    """True when the text is a label, its beginning, or several labels in a row."""
    return any("".join(known[start:]).startswith(text) for start in range(len(known)))


def _upright_rest(line: Line) -> str | None:
    """The upright end of a line that opens with several italic words, copied from it; None for any other line."""
    spans = [s for s in line.spans if s.text.strip(f" {BULLETS}")]
    lead = 0
    while lead < len(spans) and spans[lead].italic:
        lead += 1
    if not lead or lead == len(spans) or any(s.italic for s in spans[lead:]):
        return None
    if sum(len(s.text.split()) for s in spans[:lead]) < 3:
        return None
    at = line.text.find(spans[lead].text)
    return line.text[at:].strip() if at >= 0 else None


def _continues(line: Line, page: Page, before: list[Token]) -> bool:
    """True when the line stands right under a value or text, at the same place: it goes on, whatever it says."""
    if not before:
        return False
    last = before[-1]
    if last.page is not page or last.kind not in ("text", "field"):
        return False
    left = last.line.x0
    if last.kind == "field":
        spans = last.line.spans
        left = spans[1].x0 if len(spans) > 1 else last.line.x0
    elif abs(line.x0 - left) <= 3 and last.line.size and abs(last.line.size - line.size) > 0.4:
        return False
    pitch = line.top - last.line.top
    return abs(line.x0 - left) <= 3 and 0 < pitch <= 1.7 * max(line.size, 8.0)
