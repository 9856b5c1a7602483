"""Mutations of a reading: answers taken out, words changed, italics lost; what the reader gave stays as it was else."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pipeline.evidence.dates import DateMention
from pipeline.forms.grammar import FormGrammar
from pipeline.forms.normal import squash
from pipeline.forms.plan import body_tokens
from pipeline.forms.tokens import Token
from pipeline.models import Line, Page, Reading

#: A line's new words; the same words leave it alone, None takes it out.
Edit = Callable[[Page, str], str | None]
#: Words of company names that say what kind of holder it is; a changed name keeps them.
_FORM_WORDS = re.compile(
    r"^(?:limited|ltd|llp|plc|company|trust|trustees|partnership|farms?|estates?|and|of|the)$", re.I
)


def edited(reading: Reading, edit: Edit) -> Reading | None:
    """The reading with every line passed through `edit`; None when that changed nothing."""
    pages = tuple(_edited_page(page, edit) for page in reading.pages)
    if all(new is old for new, old in zip(pages, reading.pages, strict=True)):
        return None
    return reading.model_copy(update={"pages": pages})


def _edited_page(page: Page, edit: Edit) -> Page:
    lines = [(line, edit(page, line.text)) for line in page.lines]
    text = [(line, edit(page, line)) for line in page.text.split("\n")]
    if all(line.text == new for line, new in lines) and all(old == new for old, new in text):
        return page
    kept = tuple(line if line.text == new else with_words(line, new) for line, new in lines if new is not None)
    return page.model_copy(update={"lines": kept, "text": "\n".join(new for _, new in text if new is not None)})


def with_words(line: Line, words: str) -> Line:
    """The line saying `words` in the type it is set in: what is left of each span, or all of it in the first."""
    if line.text.startswith(words):
        kept, at = [], 0
        for span in line.spans:
            at = line.text.find(span.text, at)
            if 0 <= at < len(words):
                kept.append(span.model_copy(update={"text": span.text[: len(words) - at]}))
            at += len(span.text)
        return line.model_copy(update={"text": words, "spans": tuple(kept)})
    same = [s for s in line.spans if s.text.strip() and s.text in words]
    changed = [s for s in line.spans if s not in same]
    rest = words
    for span in same:
        rest = rest.replace(span.text, "", 1)
    if changed and rest.strip():
        spans = tuple(
            s if s in same else s.model_copy(update={"text": rest.strip()})
            for s in line.spans
            if s in (*same, changed[0])
        )
        return line.model_copy(update={"text": words, "spans": spans})
    first = line.spans[:1]
    whole = tuple(s.model_copy(update={"text": words, "x1": line.x1}) for s in first)
    return line.model_copy(update={"text": words, "spans": whole})


# --- answers


def without_answer(reading: Reading, grammar: FormGrammar, number: str) -> Reading | None:
    """The plan with the answer of one section taken out; headings, sub-heads, labels and instructions stay."""
    stream, _ = body_tokens(reading.pages, grammar)
    left: dict[int, dict[int, str]] = {}
    section = ""
    for token in stream:
        if token.kind == "heading":
            section = token.name
        elif token.kind == "gap":
            section = ""
        elif section == number and token.kind in ("text", "field", "maybe_subhead"):
            left.setdefault(token.page.number, {})[id(token.line)] = _before_answer(token)
    if not left:
        return None
    pages = tuple(_without_lines(page, left.get(page.number, {})) for page in reading.pages)
    return reading.model_copy(update={"pages": pages})


def _before_answer(token: Token) -> str:
    """What of the line is the form's own: a label, or an instruction before an answer in the same line."""
    text = token.line.text
    if token.kind == "field":
        at = text.find(token.text[token.value_at :].strip())
        return text[:at].rstrip() if at > 0 else ""
    at = text.find(token.text)
    return text[:at].rstrip() if at > 0 and text[:at].strip() else ""


def _without_lines(page: Page, left: dict[int, str]) -> Page:
    if not left:
        return page
    gone = [squash(line.text) for line in page.lines if id(line) in left]
    stay = {squash(line.text): left[id(line)] for line in page.lines if id(line) in left}
    lines = tuple(
        line if id(line) not in left else with_words(line, left[id(line)])
        for line in page.lines
        if id(line) not in left or left[id(line)]
    )
    text = []
    for words in page.text.split("\n"):
        if squash(words) in gone:
            gone.remove(squash(words))
            words = stay[squash(words)]
            if not words:
                continue
        text.append(words)
    said = "".join(stay)
    tables = tuple(
        t.model_copy(update={"rows": tuple(tuple("" if squash(c) in said else c for c in row) for row in t.rows)})
        for t in page.tables
    )
    return page.model_copy(update={"lines": lines, "text": "\n".join(text), "tables": tables})


# --- dates, shares, names


def another_day(mention: DateMention) -> str | None:
    """The date one day off in the same month, printed as it was; None when its day cannot be told."""
    if mention.value is None:
        return None
    found = [m for m in re.finditer(r"(?<!\d)(\d{1,2})(st|nd|rd|th)?(?!\d)", mention.raw)
             if int(m.group(1)) == mention.value.day]  # fmt: skip
    if not found:
        return None
    at = found[-1] if re.match(r"\d{4}", mention.raw) else found[0]
    day = mention.value.day + (1 if mention.value.day < 28 else -1)
    new = str(day).zfill(len(at.group(1))) + (_ordinal(day) if at.group(2) else "")
    return mention.raw[: at.start()] + new + mention.raw[at.end() :]


def _ordinal(day: int) -> str:
    return "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def changed_share(total: int, to: int) -> Callable[[str], str]:
    """An edit that says `to` per cent where the words say `total` per cent, in figures or written out."""
    figures = re.compile(rf"(?<![\d.])(?:{total})(?=(?:\.0+)?\s?(?:%|per\s?cent\b)|\)?\s*(?:%|per\s?cent\b))", re.I)
    written = re.compile(r"\btwenty\b(?!-)", re.I)
    return lambda words: (
        written.sub("fifteen", figures.sub(str(to), words)) if total == 20 else figures.sub(str(to), words)
    )


def another_name(name: str) -> Callable[[str], str]:
    """An edit that spells the words of a name with other letters, as long and in the same case."""
    tokens = [t for t in re.findall(r"[^\W\d_]+", name) if len(t) > 1 and not _FORM_WORDS.match(t)]
    if not tokens:
        return lambda words: words
    wanted = re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(tokens, key=len, reverse=True))) + r")\b", re.I)
    return lambda words: wanted.sub(lambda m: "".join(map(_next_letter, m.group())), words)


def _next_letter(letter: str) -> str:
    for alphabet in ("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
        if letter in alphabet:
            return alphabet[(alphabet.index(letter) + 3) % 26]
    return letter


# --- the whole document


def upright(reading: Reading) -> Reading:
    """The document as if no letter of it were in italics."""
    return reading.model_copy(update={"pages": tuple(map(_upright, reading.pages))})


def _upright(page: Page) -> Page:
    lines: Sequence[Line] = [
        line.model_copy(update={"spans": tuple(s.model_copy(update={"italic": False}) for s in line.spans)})
        for line in page.lines
    ]
    return page.model_copy(update={"lines": tuple(lines)})
