"""A project plan as the form lays it out: per section the proponent's own words, instructions taken away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pipeline.forms.grammar import FormGrammar, is_instruction, is_instruction_item
from pipeline.forms.normal import join_lines, plain, squash
from pipeline.forms.pages import body_pages
from pipeline.forms.paragraphs import Paragraph, Piece
from pipeline.forms.tokens import Kind, Style, Token, tokens
from pipeline.models import Page

#: How the instructions of a section were told from the answer.
Separation = Literal["typography", "grammar", "none"]
#: Lines further apart than this many type sizes belong to different paragraphs.
_PARAGRAPH_GAP = 1.85
#: Fewer letters than this may stand in an instruction and in an answer by chance.
_REPEATED = 16


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
    #: Its lines in italics.
    asked: list[str] = field(default_factory=list)
    paragraphs: list[Paragraph] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)


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
        if section.separation != "typography" or not _asks(section.asked):
            section.paragraphs = _without_instructions(section.paragraphs, only_lead=separation == "typography")
        section.paragraphs = _without_repetitions(section.paragraphs, section.asked)
    if separation != "typography":
        builder.orphans = _without_instructions(builder.orphans, only_lead=False)
    return Plan(sections, tuple(builder.orphans), separation)


def body_tokens(pages: Sequence[Page], grammar: FormGrammar) -> tuple[list[Token], Style]:
    """Every line of the form's body with what it is, in printed order, and how the document is set."""
    body = body_pages(pages)
    style = Style.of(body, grammar)
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
        if token.kind == "heading":
            self.close()
            self.subhead = None
            seen = Section(token.name, token.title, token.page.number, headed=bool(token.text))
            self.section = self.sections.setdefault(token.name, seen)
        elif token.kind == "gap":
            self.close()
            self.section, self.subhead = None, None
        elif token.kind == "subhead":
            self.close()
            self.subhead = token.title
        elif token.kind == "instruction":
            self.close()
            if self.section:
                self.section.separation = "typography"
                self.section.asked.append(token.line.text)
        elif token.kind == "label":
            self.close()
            self.open_label = token if self.section else None
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
        elif self.open_label and self.open_label.page is first.page:
            head.fields.append(Field(self.open_label.name, paragraph.text, paragraph))


def _asks(lines: list[str]) -> bool:
    """True when a section's italics hold an instruction; answers set in italics by accident hold none."""
    return any(is_instruction(line) for line in (*lines, join_lines(lines)))


def _without_repetitions(paragraphs: list[Paragraph], asked: list[str]) -> list[Paragraph]:
    """Take away sentences that only say the section's instruction again in upright type: they answer nothing."""
    said = squash(" ".join(asked))
    out: list[Paragraph] = []
    for paragraph in paragraphs:
        again = [
            (start, end)
            for start, end in paragraph.sentences()
            if len(words := squash(paragraph.text[start:end])) >= _REPEATED and words in said
        ]
        out.extend(paragraph.without(again) if again else [paragraph])
    return out


def _without_instructions(paragraphs: list[Paragraph], only_lead: bool) -> list[Paragraph]:
    """Take away sentences that tell the proponent what to write, and the bare list items under them.

    With `only_lead` (the document has its italics, this section has none: its instruction was deleted or retyped)
    only what stands before the first words of an answer under each sub-head is looked at.
    """
    out: list[Paragraph] = []
    listing = False
    answered: set[str | None] = set()
    for paragraph in paragraphs:
        drop: list[tuple[int, int]] = []
        for number, (start, end) in enumerate(paragraph.sentences()):
            if only_lead and paragraph.subhead in answered:
                break
            sentence = paragraph.text[start:end]
            if is_instruction(sentence):
                drop.append((start, end))
                listing = plain(sentence).endswith(":")
            elif listing and paragraph.item and number == 0 and is_instruction_item(sentence):
                drop.append((start, end))
            else:
                answered.add(paragraph.subhead)
        if drop:
            out.extend(paragraph.without(drop))
        else:
            listing = listing and paragraph.item
            out.append(paragraph)
    return out
