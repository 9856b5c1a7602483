"""The project plan: the registry's form, filled in for a made-up farm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from examples.binding import contents_pages, cover_page, frame, printed_number
from examples.chance import chance
from examples.farm import Farm
from examples.form import FORM, OWNER_SECTION, Ask, Entries, Fill, Grid, Section, Sub
from examples.pictures import cover_picture, field_map
from examples.sheet import Draw, Placed, Sheet, Sides, picture, print_pages, rule, text_at
from examples.style import Face, Style
from examples.wording import Answers, Passage

#: Left edges in points: chapters, section numbers, text, bullets, the text behind bullets.
_CHAPTER, _NUMBER, _TEXT, _BULLET, _POINT = 74.0, 104.0, 144.0, 162.0, 180.0
_APPENDIX_TEXT = 108.0


@dataclass(frozen=True)
class Planted:
    """A passage of an answer as it stands on one page; an answer that crosses a page is two of them."""

    requirement_id: str
    document: str
    section: str
    #: 1-based page of the PDF, and the number printed on it.
    page: int
    page_label: str | None
    #: Its lines joined by single spaces.
    text: str


@dataclass(frozen=True)
class PlanMade:
    """A plan as it was written: its bytes, and what stands where."""

    data: bytes
    answers: tuple[Planted, ...]
    #: Lines set in italics, with their 1-based page; the instructions, and nothing else.
    instructions: tuple[tuple[int, str], ...]
    #: Section numbers, or "Appendix", with the 1-based page of their heading.
    headings: tuple[tuple[str, int], ...]
    page_count: int


@dataclass(frozen=True)
class PlanOptions:
    """What a caller may change about a plan; see `examples.submission.write_submission`."""

    italics: bool = True
    answers: bool = True
    public: bool = False
    omit_sections: frozenset[str] = frozenset()
    drop_pages: frozenset[int] = frozenset()
    shuffle_pages: bool = False
    page_numbers: bool = True
    cover_id: str | None = None


def write_plan(
    document: str, farm: Farm, style: Style, instructions: dict[str, str], answers: Answers, options: PlanOptions
) -> PlanMade:
    """Fill in the form and return it with the place of every answer and instruction.

    `document` is the file name that the planted answers will carry.
    """
    writer = _Writer(farm, style, instructions, answers, options)
    for section in FORM:
        writer.write(section)
    return writer.finished(document)


class _Writer:
    """Walks through the form and sets each part of it."""

    def __init__(
        self, farm: Farm, style: Style, instructions: dict[str, str], answers: Answers, options: PlanOptions
    ) -> None:
        self.farm, self.style, self.options = farm, style, options
        self.instructions, self.answers = instructions, answers
        self.sheet = Sheet(style.paper, top=100.0, bottom=84.0, justified=style.justified)
        self.headings: list[tuple[Section, int]] = []
        self.italics: list[Placed] = []
        self.planted: list[tuple[str, str, Sequence[Placed]]] = []
        self.section = ""
        self.left = _TEXT

    def write(self, section: Section) -> None:
        """Set a section with all its parts, if this form has it."""
        if section.number == OWNER_SECTION and (self.options.public or not self.style.owner_section):
            return
        self.section = section.number
        self.heading(section)
        for part in section.parts:
            match part:
                case Ask():
                    self.ask(part)
                case Sub():
                    self.sub(part)
                case Fill():
                    self.fill(part)
                case Entries():
                    self.entries(part)
                case Grid():
                    self.grid(part)

    def heading(self, section: Section) -> None:
        """Set a heading; chapters open a page, and no heading stands alone at a page's foot."""
        style, sheet = self.style, self.sheet
        chapter = section.level == 1
        if chapter and self.headings:
            sheet.new_page()
        size = {1: style.chapter, 2: style.section}.get(section.level, style.section - 2)
        face = Face(style.form_family, "B" if style.bold_headings else "", size)
        self.left = _APPENDIX_TEXT if section.number == "Appendix" else _TEXT
        if not chapter:
            sheet.need(size * 1.4 + 14 + self.first_part_height(section))
            sheet.y += 14
        number = printed_number(section, style)
        self.headings.append((section, sheet.page))
        x = _CHAPTER if chapter else _NUMBER
        if number and style.tabbed_numbers:
            gap = max(sheet.measure(number + "  ", face), 30.0 if chapter else _TEXT - _NUMBER)
            sheet.draw(text_at(x, sheet.y + size * 0.93, number, face))
            self.plain(section.title, x + gap, face)
        else:
            self.plain(f"{number} {section.title}".strip(), x, face)
        sheet.y += 5

    def first_part_height(self, section: Section) -> float:
        """Room that a heading needs below it: its instruction and a few lines of the answer."""
        face, x = self.form_face(), self.left
        asked = [p for p in section.parts[:1] if isinstance(p, Ask)]
        return sum(self.sheet.height_of(self.instructions[p.key], x, face) for p in asked) + 3 * face.size * 1.4

    def plain(self, text: str, x: float, face: Face) -> None:
        """Set a heading's text, never spread out."""
        spread, self.sheet.justified = self.sheet.justified, False
        self.sheet.paragraph(text, x, face)
        self.sheet.justified = spread

    def form_face(self, key: str = "") -> Face:
        """The face of an instruction: italic, or that of the answers when italics are lost."""
        if not self.options.italics:
            return self.style.face()
        return self.style.face("I", answer=key == "4.5/Buffer Pools")

    def ask(self, part: Ask) -> None:
        """Set an instruction."""
        text, face = self.instructions[part.key], self.form_face(part.key)
        placed = self.point(text, face) if part.bullet else self.sheet.paragraph(text, self.left, face)
        self.italics += placed if self.options.italics else []

    def sub(self, part: Sub) -> None:
        """Set an unnumbered sub-head."""
        size = self.style.section if part.large else self.style.body + 1
        self.sheet.need(size + self.style.body * 1.32 * 4 + 18)
        self.sheet.y += 14 if part.large else 9
        family = self.style.answer_family if part.large else self.style.form_family
        self.plain(part.title, self.left, Face(family, "", size))
        self.sheet.y += 3

    def wanted(self, key: str) -> bool:
        """Whether the answer of that key is to be given at all."""
        left_out = self.options.omit_sections
        return self.options.answers and key not in left_out and key.split("/")[0] not in left_out

    def fill(self, part: Fill) -> None:
        """Set an answer in sentences."""
        passages = self.answers.sentences.get(part.key, [])
        if part.key == "1.16":
            passages = [Passage(self.instructions[f"1.16/{point}"], "- ") for point in "abc"]
        if not self.wanted(part.key):
            return
        for passage in passages:
            self.passage(passage, indented=part.indented)
        self.sheet.y += 4

    def passage(self, passage: Passage, indented: bool) -> None:
        """Set one paragraph, point or picture of an answer."""
        face = self.style.face()
        if passage.text == "[map]":
            self.map()
            return
        for line in passage.text.split("\n"):
            if passage.mark in ("- ", "-- "):
                placed = self.point(line, face, deeper=passage.mark == "-- ")
            elif passage.mark:
                number = passage.mark.replace(")", ".").strip()
                placed = self.sheet.paragraph(line, _POINT, face, mark=number, mark_x=_BULLET)
            else:
                placed = self.sheet.paragraph(line, _POINT if indented else self.left, face, gap=0 if indented else 7)
            self.plant(passage, placed)

    def point(self, text: str, face: Face, deeper: bool = False) -> list[Placed]:
        """Set a bullet point."""
        in_from = 18.0 * deeper + (self.left - _TEXT)
        return self.sheet.paragraph(
            text, _POINT + in_from, face, mark="\u2022", mark_x=_BULLET + in_from, symbol=self.style.symbol_bullets
        )

    def map(self) -> None:
        """Set the map of the fields."""
        width = self.sheet.width - self.sheet.right - self.left
        image = field_map(self.farm)
        height = width * image.height / image.width
        self.sheet.need(height + 10)
        self.sheet.draw(picture(image, self.left, self.sheet.y + 4, width, height))
        self.sheet.y += height + 12

    def entries(self, part: Entries) -> None:
        """Set a table of labels and answers."""
        cells = self.answers.entries[part.key] if self.wanted(part.key) else [Passage("")] * len(part.labels)
        width = self.sheet.width - self.sheet.right - self.left
        widths = (width * 0.45, width * 0.55) if len(part.labels) > 6 else (width * 0.335, width * 0.665)
        label, value = self.style.face(answer=False), self.style.face(answer=not part.form_face)
        self.sheet.y += 8
        for text, cell in zip(part.labels, cells, strict=True):
            _, placed = self.sheet.row(
                (text, cell.text),
                (label, value),
                self.left,
                widths,
                shaded=(True, False),
                centred=self.style.centred_labels,
            )
            self.plant(cell, placed)
        self.sheet.y += 8

    def grid(self, part: Grid) -> None:
        """Set a table with a head row; a bar parts a row's last cell into pieces that may stand on several pages."""
        width = self.sheet.width - self.sheet.right - self.left
        widths = [w * width for w in part.widths]
        head, body = self.style.face("B" if part.bold_heads else "", answer=part.bold_heads), self.style.face()
        self.sheet.y += 8
        self.sheet.need(110)
        self.sheet.row(part.heads, [head] * len(widths), self.left, widths, shaded=[True] * len(widths))
        empty = [[Passage("")] * len(widths)]
        listed = part.key == "Appendix/Rules"
        for row in self.answers.grids[part.key] if self.wanted(part.key) else empty:
            items = row[-1].text.split("|")
            for i, item in enumerate(items):
                first = row[:-1] if i == 0 else [Passage("")] * len(row[:-1])
                cells = [*first, Passage(item, requirements=row[-1].requirements)]
                faces = [body._replace(style="B") if listed and j == 0 else body for j in range(len(cells))]
                sides = _SIDES[i > 0, i < len(items) - 1]
                page, y = self.sheet.page, self.sheet.y
                links = [False] * len(first) + [listed]
                placed = self.sheet.row([c.text for c in cells], faces, self.left, widths, sides=sides, links=links)
                if i and self.sheet.page != page:
                    self.close_table(page, y, sum(widths))
                for cell, lines in zip(cells, placed, strict=True):
                    self.plant(cell, lines)
        self.sheet.y += 8

    def close_table(self, page: int, y: float, width: float) -> None:
        """Rule the edges of a row that runs on from one page to the next."""
        self.sheet.pages[page].append(rule(self.left, y, self.left + width, y))
        self.sheet.draw(rule(self.left, self.sheet.top, self.left + width, self.sheet.top))

    def plant(self, passage: Passage, placed: Sequence[Placed]) -> None:
        """Remember where an answer came to stand."""
        if placed:
            self.planted += [(requirement, self.section, placed) for requirement in passage.requirements]

    def finished(self, document: str) -> PlanMade:
        """Add cover, contents and page numbers, put the pages in order and print them."""
        style, options, front = self.style, self.options, 1 + self.style.contents_pages
        pages = [self.cover(), *contents_pages(style, self.headings), *self.sheet.pages]
        labels = [self.label(n) for n in range(1, len(pages) + 1)]
        framed = [frame(style, page, label) for page, label in zip(pages, labels, strict=True)]
        order = [n for n in range(len(pages)) if n + 1 not in options.drop_pages]
        if options.shuffle_pages:
            loose = [n for n in order if n >= front]
            chance("shuffle", self.farm.seed).shuffle(loose)
            order = [n for n in order if n < front] + loose
        where = {n - front: i + 1 for i, n in enumerate(order)}
        return PlanMade(
            data=print_pages(style.paper, [framed[n] for n in order]),
            answers=_by_page(self.planted, document, where, {n - front: label for n, label in enumerate(labels)}),
            instructions=tuple((where[p.page], p.text) for p in self.italics if p.page in where),
            headings=tuple((s.number, where[page]) for s, page in self.headings if page in where),
            page_count=len(order),
        )

    def label(self, page: int) -> str | None:
        """The number printed on a page, if any."""
        printed = page - self.style.offset
        return str(printed) if self.options.page_numbers and printed > 0 and page > 1 else None

    def cover(self) -> list[Draw]:
        """The cover; a blank form has neither id nor picture on it."""
        filled = self.options.answers
        shown = self.options.cover_id or (self.farm.project_id if filled else "")
        return cover_page(self.style, shown, cover_picture(self.farm) if filled else None)


_SIDES: dict[tuple[bool, bool], Sides] = {
    (False, False): "all",
    (True, False): "no top",
    (False, True): "no bottom",
    (True, True): "neither",
}


def _by_page(
    planted: Sequence[tuple[str, str, Sequence[Placed]]],
    document: str,
    where: dict[int, int],
    labels: dict[int, str | None],
) -> tuple[Planted, ...]:
    """Part each answer by the pages it stands on; what stood on a dropped page is gone."""
    return tuple(
        Planted(requirement, document, section, where[page], labels[page], " ".join(line.text for line in lines))
        for requirement, section, placed in planted
        for page, lines in groupby(placed, key=lambda line: line.page)
        if page in where
    )
