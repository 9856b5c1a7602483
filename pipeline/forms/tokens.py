"""What each line of the form's body is: heading, sub-head, instruction, printed label, or the proponent's words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz

from pipeline.forms.grammar import FormGrammar, FormSection, is_instruction, states_something
from pipeline.forms.headings import heading_at
from pipeline.forms.normal import BULLETS, plain, squash
from pipeline.forms.pages import BodyPage, has_leaders
from pipeline.forms.style import Style
from pipeline.forms.titles import numbered
from pipeline.models import Line, Page

Kind = Literal["heading", "subhead", "maybe_subhead", "instruction", "label", "field", "text", "gap"]

#: The end of a sentence, or of what introduces a list.
_ENDED = re.compile(r"[.?!:;][\"')\]]*\s*$")
_ITEM = re.compile(rf"^(?:[{BULLETS}]|[-\u2013] |\(?(?:\d{{1,2}}|[a-z]|[ivx]{{1,4}})[.)]\s)")


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
            if token.kind == "text" and (asked := _asked_before(token)):
                out.append(asked)
            out.append(token)
            index += used
    return out


def _token(
    body: BodyPage, index: int, grammar: FormGrammar, style: Style, section: FormSection | None, before: list[Token]
) -> tuple[Token, int]:
    line, page = body.lines[index], body.page
    text = line.text.strip()
    if not line.italic and not has_leaders(text):
        heading = heading_at(body.lines, index, grammar, style, section)
        if heading:
            number, title, used = heading
            return Token("heading", page, line, text, name=number, title=title), used
    if line.italic or _asks_on(body.lines, index, before):
        return Token("instruction", page, line, text), 1
    upright = _upright_rest(line)
    if upright is not None and before and _opens_asking(line, upright, before[-1]):
        return Token("text", page, line, upright, item=False), 1
    if not _continues(line, page, before) or _is_subhead(text, section, before):
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
            and not numbered(plain(lines[index + used].text))
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


def _opens_asking(line: Line, upright: str, last: Token) -> bool:
    """True when the italics that open a line ask for something: under a heading or a question they always do."""
    return last.kind in ("heading", "subhead", "instruction") or is_instruction(_lead(line, upright))


def _lead(line: Line, upright: str) -> str:
    return line.text[: line.text.rfind(upright)].strip()


def _asked_before(token: Token) -> Token | None:
    """The instruction that stands in the same line before the answer, as a token of its own."""
    lead = _lead(token.line, token.text) if token.text != token.line.text.strip() else ""
    return Token("instruction", token.page, token.line, lead) if lead else None


def _is_subhead(text: str, section: FormSection | None, before: list[Token]) -> bool:
    """True for a sub-head of the form that stands alone in its line, after the end of a sentence."""
    declared = squash(text) in map(squash, section.subheads if section else ())
    return declared and bool(before) and bool(_ENDED.search(before[-1].text))


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
