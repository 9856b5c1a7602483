"""What each line of the form's body is: heading, sub-head, instruction, printed label, or the proponent's words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz

from pipeline.forms.grammar import FormGrammar, FormSection, is_instruction, states_something
from pipeline.forms.normal import BULLETS, plain, squash
from pipeline.forms.pages import BodyPage, has_leaders
from pipeline.models import Line, Page

Kind = Literal["heading", "subhead", "maybe_subhead", "instruction", "label", "field", "text", "gap"]

_NUMBERED = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){0,2})\.?\s+(\S.*)$")
_ONLY_NUMBER = re.compile(r"^\d{1,2}(?:\.\d{1,2}){0,2}\.?$")
#: The end of a sentence, or of what introduces a list.
_ENDED = re.compile(r"[.?!:;][\"')\]]*\s*$")
_LIKE_HEADING = re.compile(r"^(?:\d{1,2}\.(?:\d|\s|$)|appendix\b)", re.I)
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
    def of(cls, pages: Sequence[BodyPage], grammar: FormGrammar) -> Style:
        """Measure it; the form's own headings do not count, or a plan of short answers would seem set in their size."""
        sizes: Counter[float] = Counter()
        italics = 0
        for page in pages:
            for line in page.lines:
                sizes[round(line.size, 1)] += 0 if _titles(line, grammar) else len(line.text)
                italics += line.italic
        body = max(sizes, key=lambda s: (sizes[s], s)) if sizes else 0.0
        # a large cover says nothing of the headings: only large lines that read like headings do
        sized = any(
            line.size >= _HEADING_RATIO * body and _LIKE_HEADING.match(plain(line.text))
            for page in pages
            for line in page.lines
        )
        return cls(body=body, sized=bool(body) and sized, italics=italics)

    def is_large(self, line: Line) -> bool:
        """Set like a heading."""
        return self.sized and line.size >= _HEADING_RATIO * self.body

    def stands_out(self, line: Line) -> bool:
        """Set in bold, or visibly larger than the body."""
        return line.size >= self.body + 0.3 or all(s.bold for s in line.spans)

    def is_larger(self, line: Line) -> bool:
        """Set like a sub-head, or larger."""
        return bool(self.body) and line.size >= _SUBHEAD_RATIO * self.body


def tokens(pages: Sequence[BodyPage], grammar: FormGrammar, style: Style) -> list[Token]:
    """Every line of the body in printed order, with what it is.

    After an absent page no section is known until a heading, or a sub-head that the form has in one section alone.
    """
    out: list[Token] = []
    section: FormSection | None = None
    lost = False
    for body in pages:
        if not body.follows and body.lines:
            out.append(Token("gap", body.page, body.lines[0], ""))
            section, lost = None, True
        index = 0
        while index < len(body.lines):
            if lost and section is None and (known := _section_of_subhead(body.lines, index, grammar, style)):
                section = known
                out.append(Token("heading", body.page, body.lines[index], "", name=known.number, title=known.title))
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
    if line.italic or _asks_on(body.lines, index, before):
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
    large = style.is_large(line)
    alone = index + 1 < len(lines) and bool(_ONLY_NUMBER.match(text)) and _same_type(line, lines[index + 1], style)
    if alone:  # number and title are two pieces of text, which some readers give as two lines
        index, line, text = index + 1, lines[index + 1], f"{text} {plain(lines[index + 1].text)}"
    numbered = _NUMBERED.match(text)
    if numbered:
        number, title = numbered.group(1), numbered.group(2)
        known = grammar.section(number)
        alike = bool(known) and _starts_title(title, known.titles if known else ())
        if known and not alike:  # a narrow column wraps a title after its first words
            whole = squash(_wrapped(lines, index, title, known, style)[0])
            alike = any(squash(t) == whole for t in known.titles)
        if not alike and not (large and re.match(r"[A-Z]", title)):
            return None
        if not alike and (named := _titled(lines, index, title, grammar, style)):
            # another section's number over this title: a form that lost or gained a section counts on wrongly
            return named[0].number, named[1], named[2] + alone
        exact = bool(known) and squash(title) in map(squash, known.titles if known else ())
        # without sizes a chapter's number looks like an item of a list: then only its exact title will do
        if style.sized and not style.is_larger(line) and not (exact and style.stands_out(line)):
            return None
        title, used = _wrapped(lines, index, title, known, style)
        if not large and "." not in number and not (known and squash(title) in map(squash, known.titles)):
            return None  # the title with all its lines: chapter 4 wraps
        return number, title, used + alone
    if style.sized and not large:
        return None
    titled = _titled(lines, index, text, grammar, style)
    if titled and (large or _only_title(titled[0])):
        return titled[0].number, titled[1], titled[2]
    return None


def _same_type(line: Line, following: Line, style: Style) -> bool:
    return style.is_large(line) and not following.italic and abs(following.size - line.size) < 0.6


def _titled(
    lines: Sequence[Line], index: int, title: str, grammar: FormGrammar, style: Style
) -> tuple[FormSection, str, int] | None:
    """The section whose whole title stands here, however many lines it wraps over, with those lines counted."""
    used = 1
    while True:
        if known := grammar.by_title(title):
            return known, title, used
        at = index + used
        if used == 4 or at == len(lines) or not _same_type(lines[index], lines[at], style):
            return None
        if not any(squash(t).startswith(squash(title)) for s in grammar.sections for t in s.titles):
            return None
        title, used = f"{title} {plain(lines[at].text)}", used + 1


def _titles(line: Line, grammar: FormGrammar) -> bool:
    """True for a line that reads like a heading of the form, whatever its size."""
    numbered = _NUMBERED.match(plain(line.text))
    known = grammar.section(numbered.group(1)) if numbered else None
    return bool(numbered and known and _starts_title(numbered.group(2), known.titles))


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
        longer = f"{title} {plain(following.text)}"
        goes_on = known and any(squash(t).startswith(squash(longer)) for t in known.titles)
        # a plan set anew in one size keeps the wide pitch of its chapter titles
        pitch = 3.2 if goes_on and not style.sized else 2.2
        if following.top - lines[index + used - 1].top > pitch * max(following.size, lines[index].size, 1.0):
            break
        same_type = style.is_large(following) and abs(following.size - lines[index].size) < 0.6
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
    titled = len(text) <= 90 and re.match(r"[A-Z]", text) and not text.endswith((".", ":", ";", ","))
    if (style.is_larger(line) and titled) or (style.is_large(line) and not states_something(text)):
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


def _section_of_subhead(lines: Sequence[Line], index: int, grammar: FormGrammar, style: Style) -> FormSection | None:
    """The only section of the form that has this line as a sub-head; None for any other line."""
    line = lines[index]
    if line.italic or (style.sized and not style.is_larger(line)):
        return None
    found = []
    for section in grammar.sections:
        subhead = _subhead(lines, index, section, style) if section.subheads else None
        if subhead and subhead[0] == "subhead":
            found.append(section)
    return found[0] if len(found) == 1 else None


def _label(line: Line, section: FormSection | None, before: list[Token]) -> tuple[str, int] | None:
    """The printed label that opens a line and where the value after it starts; None when there is none.

    Labels wrap: "Justification of choice of data or / description of measurement" is one label on several lines,
    and the heads of a table's columns follow each other in whatever order the reader meets them.
    """
    if not section or not section.labels:
        return None
    text = line.text.strip()
    whole = _bare(text)
    known = [_bare(label) for label in section.labels]
    run = whole
    for token in reversed(before):
        if token.kind != "label":
            break
        run = _bare(token.text) + run
        if _opens_labels(run, known):
            return text.rstrip(" :"), len(text)
    if len(whole) >= 3 and _opens_labels(whole, known):
        return text.rstrip(" :"), len(text)
    first = line.spans[0].text.strip() if line.spans else text
    for label in section.labels:
        if _bare(first) == _bare(label) and len(line.spans) > 1:
            at = text.find(line.spans[1].text.strip(), len(first))
            return label, at if at > 0 else len(text)
    for label in sorted(section.labels, key=len, reverse=True):
        if opened := re.match(re.escape(label) + r"(?:\s*:)?\s+|" + re.escape(label) + r"\s*:", text, re.I):
            return label, opened.end()
    return None


def _bare(label: str) -> str:
    """A label for comparing: with a colon or a star after it, it is still the same."""
    return squash(label).rstrip(":")


def _opens_labels(text: str, known: list[str]) -> bool:
    """True when the text is a label, its beginning, or several labels in a row."""
    return any("".join(known[start:]).startswith(text) for start in range(len(known)))


def _asks_on(lines: Sequence[Line], index: int, before: list[Token]) -> bool:
    """True for an instruction's line with upright words in it: a link, a rule's name, one word of emphasis.

    The instruction goes on around them, in the line or in the next; an answer stands after the end of its sentence.
    """
    line = lines[index]
    asked = before[-1] if before else None
    if not asked or asked.kind not in ("heading", "subhead", "instruction"):
        return False
    open_end = asked.kind == "instruction" and not _ENDED.search(asked.line.text)
    following = lines[index + 1] if index + 1 < len(lines) else None
    goes_on = (
        following is not None
        and following.italic
        and following.text.strip()[:1].islower()
        and following.top - line.top <= 1.7 * max(line.size, 8.0)
    )
    if open_end and goes_on:
        return True
    spans = [s for s in line.spans if s.text.strip(f" {BULLETS}")]
    italic = [i for i, s in enumerate(spans) if s.italic]
    if not italic or not (open_end or is_instruction(line.text)):
        return False
    upright = [i for i, s in enumerate(spans) if not s.italic]
    return goes_on or italic[-1] > upright[0] or not _ENDED.search(spans[italic[-1]].text)


def _upright_rest(line: Line) -> str | None:
    """The upright end of a line that opens with several italic words, copied from it; None for any other line."""
    spans = [s for s in line.spans if s.text.strip(f" {BULLETS}")]
    lead = 0
    while lead < len(spans) and spans[lead].italic:
        lead += 1
    if not lead or lead == len(spans) or any(s.italic for s in spans[lead:]):
        return None
    if sum(len(s.text.split()) for s in spans[:lead]) < 3 or not _ENDED.search(spans[lead - 1].text):
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
