"""A project plan as the form lays it out: per section the proponent's own words, instructions taken away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pipeline.forms.grammar import FormGrammar
from pipeline.forms.normal import join_lines, squash
from pipeline.forms.pages import body_pages
from pipeline.forms.paragraphs import LeftOut, Paragraph, Piece
from pipeline.forms.prompts import (
    statements_in_italics,
    without_instructions,
    without_repetitions,
    without_upright_prompts,
)
from pipeline.forms.sequence import in_sequence
from pipeline.forms.style import Style, measured
from pipeline.forms.tokens import Kind, Token, tokens
from pipeline.models import Page

#: How the instructions of a section were told from the answer.
Separation = Literal["typography", "grammar", "none"]
#: Lines further apart than this many type sizes belong to different paragraphs.
_PARAGRAPH_GAP = 1.85


@dataclass(frozen=True)
class Field:
    """A printed label of a table with the value that stands beside it."""

    label: str
    value: str
    paragraph: Paragraph


@dataclass
class Section:
    """A section as found: its heading, the paragraphs of its answer, the fields of its tables."""

    number: str
    title: str
    page: int
    separation: Separation = "none"
    #: False when its own heading stood on an absent page and only a sub-head of it was seen.
    headed: bool = True
    #: Its lines in italics, and per sub-head (None above the first) how many paragraphs stood before them.
    asked: list[str] = field(default_factory=list)
    asked_under: dict[str | None, list[tuple[int, str]]] = field(default_factory=dict)
    #: What the form says itself, as it was taken away.
    left_out: list[LeftOut] = field(default_factory=list)
    paragraphs: list[Paragraph] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)

    @property
    def states_in_italics(self) -> bool:
        """True when its italics state something that no instruction would: perhaps an answer, never evidence."""
        return bool(statements_in_italics(self.asked_under))


@dataclass(frozen=True)
class Plan:
    """A whole plan; `orphans` stand before the first heading or after an absent page, so no section can be named."""

    sections: dict[str, Section]
    orphans: tuple[Paragraph, ...]
    #: typography: the form's italics are there; grammar: fonts are lost, instructions were told by their wording.
    separation: Separation

    def paragraphs(self, number: str, subhead: str | None = None) -> list[Paragraph]:
        """The answer of a section, or of one sub-head in it; empty when there is none."""
        section = self.sections.get(number)
        if not section:
            return []
        if subhead is None:
            return list(section.paragraphs)
        wanted = squash(subhead)
        return [p for p in section.paragraphs if p.subhead and squash(p.subhead) == wanted]

    def field(self, number: str, label: str) -> Field | None:
        """The filled field of that label in a section, if any."""
        section = self.sections.get(number)
        wanted = squash(label)
        found = (f for f in (section.fields if section else []) if squash(f.label) == wanted and f.value.strip())
        return next(found, None)

    def everything(self) -> Iterable[Paragraph]:
        """Every paragraph of every section in the order of the form, orphans last."""
        for section in self.sections.values():
            yield from section.paragraphs
        yield from self.orphans


def read_plan(pages: Sequence[Page], grammar: FormGrammar) -> Plan:
    """Read a plan's pages by the form's grammar.

    Instructions are set in italics and answers upright (measured on every plan seen); where a section has no
    italics the wording of instructions decides. Contents pages, headings, sub-heads, labels and page numbers
    are never part of an answer.
    """
    stream, style = body_tokens(pages, grammar)
    sections: dict[str, Section] = {}
    builder = _Builder(sections)
    for token in stream:
        builder.take(token)
    builder.close()
    separation: Separation = "typography" if style.italics >= 3 else "grammar"
    for section in sections.values():
        if section.separation != "typography":
            section.separation = "grammar"
        if separation == "typography" or section.asked:
            section.paragraphs = without_upright_prompts(section.paragraphs, section.asked_under, section.left_out)
        else:
            section.paragraphs = without_instructions(section.paragraphs, section.left_out)
        section.paragraphs = without_repetitions(section.paragraphs, section.asked, section.left_out)
    if separation != "typography":
        builder.orphans = without_instructions(builder.orphans, [])
    return Plan(sections, tuple(builder.orphans), separation)


def body_tokens(pages: Sequence[Page], grammar: FormGrammar) -> tuple[list[Token], Style]:
    """Every line of the form's body with what it is, in printed order, and how the document is set."""
    body, style = measured(body_pages(pages), grammar)
    body = in_sequence(body, grammar, style)
    return _resolve_subheads(tokens(body, grammar, style), style), style


def _resolve_subheads(stream: list[Token], style: Style) -> list[Token]:
    """A line a little larger than the body is a sub-head only if something stands under it; else it is an answer.

    One that is as large as the form's headings is never an answer.
    """
    out: list[Token] = []
    for index, token in enumerate(stream):
        if token.kind != "maybe_subhead":
            out.append(token)
            continue
        under = stream[index + 1].kind if index + 1 < len(stream) else "heading"
        titled = style.is_large(token.line) or under in ("text", "field", "instruction", "label")
        kind: Kind = "subhead" if titled else "text"
        out.append(
            Token(kind, token.page, token.line, token.text if kind == "subhead" else token.title, title=token.title)
        )
    return out


class _Builder:
    """Puts tokens together into sections and paragraphs."""

    def __init__(self, sections: dict[str, Section]) -> None:
        self.sections = sections
        self.orphans: list[Paragraph] = []
        self.section: Section | None = None
        self.subhead: str | None = None
        self.lines: list[Token] = []
        #: Pieces of the open paragraph on earlier pages.
        self.earlier: list[Piece] = []
        #: The token that opened the paragraph, whatever page it is on.
        self.opened_by: Token | None = None
        #: A label that stood alone on its line: what follows is its value.
        self.open_label: Token | None = None

    def take(self, token: Token) -> None:
        if token.kind in ("heading", "gap", "subhead"):
            self.close()
            self.open_label = None
        if token.kind == "heading":
            self.subhead = None
            seen = Section(token.name, token.title, token.page.number, headed=bool(token.text))
            self.section = self.sections.setdefault(token.name, seen)
        elif token.kind == "gap":
            self.section, self.subhead = None, None
        elif token.kind == "subhead":
            self.subhead = token.title
        elif token.kind == "instruction":
            self.close()
            if self.section:
                self.section.separation = "typography"
                self.section.asked.append(token.text)
                under = self.section.asked_under.setdefault(self.subhead, [])
                under.append((len(self.section.paragraphs), token.text))
                _leave_out(self.section.left_out, token, "instruction of the form, set in italics")
        elif token.kind == "label":
            self.close()
            self.open_label = token if self.section else None
            if self.section:
                _leave_out(self.section.left_out, token, "label printed by the form")
        elif self._starts_new(token):
            self.close()
            self.lines, self.opened_by = [token], token
        else:
            self._append(token)

    def _append(self, token: Token) -> None:
        if self.lines and token.page is not self.lines[-1].page:
            self._turn_page()
        self.lines.append(token)

    def _turn_page(self) -> None:
        page = self.lines[0].page
        self.earlier.append(Piece(page.number, page.label, tuple(t.text for t in self.lines)))
        self.lines = []

    def _starts_new(self, token: Token) -> bool:
        if not self.lines or token.kind == "field" or token.item:
            return True
        last = self.lines[-1]
        if token.page is not last.page:
            open_end = not last.text.rstrip().endswith((".", "!", "?", ":"))
            return not (open_end or token.text[:1].islower())
        drop = token.line.top - last.line.top
        return drop > _PARAGRAPH_GAP * max(token.line.size, last.line.size, 8.0)

    def close(self) -> None:
        """End the open paragraph."""
        if not self.lines:
            return
        last = self.lines[0]
        first = self.opened_by or last
        pieces = (*self.earlier, Piece(last.page.number, last.page.label, tuple(t.text for t in self.lines)))
        head = self.section
        paragraph = Paragraph(
            section=head.number if head else "",
            section_title=head.title if head else "",
            subhead=self.subhead,
            pieces=pieces,
            item=first.item,
        )
        if head:
            head.paragraphs.append(paragraph)
            self._note_field(head, first, paragraph)
        else:
            self.orphans.append(paragraph)
        self.lines, self.earlier = [], []
        self.opened_by = self.open_label = None

    def _note_field(self, head: Section, first: Token, paragraph: Paragraph) -> None:
        if first.kind == "field":
            head.fields.append(Field(first.name, paragraph.text[first.value_at :].strip(), paragraph))
        elif self.open_label:  # the value may stand on the next page
            head.fields.append(Field(self.open_label.name, paragraph.text, paragraph))


def _leave_out(left: list[LeftOut], token: Token, why: str) -> None:
    """Note a line; lines of one instruction become one entry."""
    last = left[-1] if left else None
    words = token.text.strip()
    if last and (last.page, last.why) == (token.page.number, why):
        left[-1] = LeftOut(last.page, last.page_label, join_lines((last.words, words)), why)
    else:
        left.append(LeftOut(token.page.number, token.page.label, words, why))
