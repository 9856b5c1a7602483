"""Where a section begins: a heading with its number and title, over as many lines as it wraps."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.forms.grammar import FormGrammar, FormSection
from pipeline.forms.normal import plain, squash
from pipeline.forms.style import Style
from pipeline.forms.titles import numbered, only_number, starts_title
from pipeline.models import Line


def heading_at(
    lines: Sequence[Line], index: int, grammar: FormGrammar, style: Style, section: FormSection | None = None
) -> tuple[str, str, int] | None:
    """Number, title and how many lines the heading takes; None when the line is no heading.

    `section` is the one that the line stands in: where neither sizes nor numbers tell headings apart, a whole title
    counts only for a section that comes after it in the form.
    """
    line = lines[index]
    text = plain(line.text)
    large = style.is_large(line)
    alone = index + 1 < len(lines) and only_number(text) and _number_of(lines, index, grammar, style)
    if alone:  # number and title are two pieces of text, which some readers give as two lines
        index, line, text = index + 1, lines[index + 1], f"{text} {plain(lines[index + 1].text)}"
    parts = numbered(text)
    if parts:
        number, title = parts
        known = grammar.section(number)
        alike = bool(known) and starts_title(title, known.titles if known else ())
        if known and not alike:  # a narrow column wraps a title after its first words
            whole = squash(_wrapped(lines, index, title, known, style)[0])
            alike = any(squash(t) == whole for t in known.titles)
        trusted = large and re.match(r"[A-Z]", title)
        unsized = not style.sized and "." in number and _titled(lines, index, title, grammar, style)
        if not alike and not trusted and not unsized:
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
    if titled and (large or _only_title(titled[0]) or _comes_next(titled[0], section, text, grammar, style)):
        return titled[0].number, titled[1], titled[2]
    return None


def _number_of(lines: Sequence[Line], index: int, grammar: FormGrammar, style: Style) -> bool:
    """True when a lone number is the number of the title below it."""
    line, following = lines[index], lines[index + 1]
    if style.sized:
        return _same_type(line, following, style)
    number = plain(line.text).rstrip(".")
    titled = _titled(lines, index + 1, plain(following.text), grammar, style)
    return "." in number and bool(titled) and grammar.section(number) == (titled and titled[0])


def _comes_next(known: FormSection, section: FormSection | None, text: str, grammar: FormGrammar, style: Style) -> bool:
    """True where numbers and sizes are lost and the whole title of a later section stands alone in its line."""
    if style.sized or style.numbered or (section and squash(text) in map(squash, section.subheads)):
        return False
    return section is None or grammar.sections.index(known) > grammar.sections.index(section)


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
        if used == 4 or at == len(lines) or lines[at].italic:
            return None
        if style.sized and not _same_type(lines[index], lines[at], style):
            return None
        if not any(squash(t).startswith(squash(title)) for s in grammar.sections for t in s.titles):
            return None
        title, used = f"{title} {plain(lines[at].text)}", used + 1


def _only_title(known: FormSection) -> bool:
    """Without type sizes a line is trusted to be an unnumbered heading only where the form prints no number."""
    return not known.number[:1].isdigit()


def _wrapped(lines: Sequence[Line], index: int, title: str, known: FormSection | None, style: Style) -> tuple[str, int]:
    """The title with the lines it wraps onto."""
    used = 1
    while index + used < len(lines) and used < 4:
        following = lines[index + used]
        if following.italic or numbered(plain(following.text)):
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
