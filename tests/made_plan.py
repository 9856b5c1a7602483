"""Plans on the registry's form set by hand: headings, instructions, answers and tables where a test wants them.

`pages(*parts)` sets parts one under the other as a reader would hand them over; `review(...)` puts such a plan with
other readings into an inventory and carries extraction and validation out on it, with nothing stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from pipeline.checklists import Checklist, load
from pipeline.evidence.dossier import Dossier
from pipeline.forms import Plan, read_plan
from pipeline.models import (
    Document,
    DocumentType,
    ExtractionResult,
    Inventory,
    Line,
    Page,
    Reading,
    RequirementEvidence,
    RequirementResult,
    Span,
    ValidationResult,
)
from pipeline.stages.cross_validate import validation_of
from pipeline.stages.extract_evidence import evidence_of
from pipeline.stages.map_requirements import mapping_of

WIDTH, HEIGHT, LEFT, BODY = 595.0, 842.0, 72.0, 11.0
#: Left edge of a table's second column.
SECOND = 260.0


@dataclass(frozen=True)
class Part:
    """Lines set in one style; each line is its spans as (words, italic), side by side."""

    lines: tuple[tuple[tuple[str, bool], ...], ...]
    size: float = BODY
    gap: float = 26.0
    x0: float = LEFT
    #: Left edges of the spans where they stand in columns.
    columns: tuple[float, ...] = ()


#: The next part stands on a new page; `SKIP` also leaves out one printed page number.
TURN = Part((), gap=-1)
SKIP = Part((), gap=-2)


def head(number: str, title: str, *more: str, dot: str = ".") -> Part:
    """A heading, wrapped where `more` lines are given: chapters 20 points, sections 16, below them 14."""
    size = (20.0, 16.0, 14.0)[min(number.count("."), 2)]
    first = f"{number}{dot} {title}" if number[:1].isdigit() else title
    return Part(tuple(((text, False),) for text in (first, *more)), size=size)


def sub(title: str, *more: str, size: float = 12.0) -> Part:
    """An unnumbered sub-head."""
    return Part(tuple(((text, False),) for text in (title, *more)), size=size)


def ask(*lines: str, gap: float = 26.0) -> Part:
    """An instruction in italics."""
    return Part(tuple(((text, True),) for text in lines), gap=gap)


def say(*lines: str, x0: float = LEFT, size: float = BODY, gap: float = 26.0) -> Part:
    """A paragraph of the proponent, one string a line."""
    return Part(tuple(((text, False),) for text in lines), x0=x0, size=size, gap=gap)


def mixed(*spans: tuple[str, bool]) -> Part:
    """One line of several pieces, each (words, italic)."""
    return Part((spans,), gap=14.0)


def cell(label: str, value: str = "") -> Part:
    """A row of a table: a label and, in the second column, its value."""
    return Part((((label, False), (value, False)) if value else ((label, False),),), columns=(LEFT, SECOND), gap=20.0)


def pages(*parts: Part, footer: bool = True, numbers: bool = True, first: int = 1) -> tuple[Page, ...]:
    """The parts on pages; with `numbers` each page prints its own at its foot."""
    sheets: list[tuple[int, list[Line]]] = [(first, [])]
    top = 90.0
    for part in parts:
        if part.gap < 0 or top > 0.8 * HEIGHT:
            sheets.append((sheets[-1][0] + (2 if part.gap == -2 else 1), []))
            top = 90.0
        top += part.gap if sheets[-1][1] and part.gap > 0 else 0
        for number, spans in enumerate(part.lines):
            top += part.size * 1.25 if number else 0
            sheets[-1][1].append(_line(part, spans, top))
    return tuple(
        _page(number, printed if numbers else None, lines, footer) for number, (printed, lines) in enumerate(sheets, 1)
    )


def _line(part: Part, spans: Sequence[tuple[str, bool]], top: float) -> Line:
    made: list[Span] = []
    x = part.x0
    for index, (words, italic) in enumerate(spans):
        x = part.columns[index] if part.columns else x
        width = len(words) * part.size * 0.5
        font = "Lato-Italic" if italic else "Lato"
        made.append(Span(text=words, x0=x, x1=x + width, font=font, size=part.size, italic=italic))
        x += width + part.size * 0.3
    text = " ".join(words for words, _ in spans)
    return Line(text=text, x0=part.x0, top=top, x1=x, bottom=top + part.size, spans=tuple(made))


def _page(number: int, printed: int | None, lines: list[Line], footer: bool) -> Page:
    label = str(printed) if printed is not None else None
    if label and footer:
        span = Span(text=label, x0=300, x1=306, font="Lato", size=BODY)
        foot = Line(text=label, x0=300, top=800, x1=306, bottom=811, spans=(span,))
        lines = [foot, *lines]  # the reader returns a footer first
    text = "\n".join(line.text for line in lines)
    return Page(number=number, label=label, width=WIDTH, height=HEIGHT, text=text, lines=tuple(lines))


def scanned(made: Sequence[Page]) -> tuple[Page, ...]:
    """The same pages with fonts lost: no italics, one size."""
    return tuple(
        page.model_copy(
            update={
                "lines": tuple(
                    line.model_copy(
                        update={
                            "spans": tuple(
                                s.model_copy(update={"italic": False, "font": "", "size": BODY}) for s in line.spans
                            )
                        }
                    )
                    for line in page.lines
                )
            }
        )
        for page in made
    )


CHECKLIST: Checklist = load("soil-carbon-v1.2.2")


#: Enough upright words for a reader to see which size the body is set in.
FILLER = (
    head("1.2", "Summary Description of the Project"),
    *(say("The farm grows cereals and keeps a flock of sheep, as it did before the project."),) * 8,
)


def plan_of(*parts: Part) -> Plan:
    """A plan read from these parts, after a summary of ordinary length."""
    return read_plan(pages(*FILLER, *parts), CHECKLIST.grammar)


def said(plan: Plan, number: str, subhead: str | None = None) -> list[str]:
    """The answers of a section as running text."""
    return [p.text for p in plan.paragraphs(number, subhead)]


# --- a whole plan --------------------------------------------------------------------------------------------------

TITLES = {section.number: section.title for section in CHECKLIST.form}
#: What a made-up farm answers, by section; every requirement that the plan alone decides is answered well.
ANSWERS: dict[str, tuple[Part, ...]] = {
    "1.1": (
        cell("Project Name", "Fernhallow Farm (7301Fernhallow24)"),
        cell("Version of Document", "2"),
        cell("Date Submitted", "14/02/2025"),
        cell("Prepared by", "A. Writer"),
    ),
    "1.3": (
        sub("Credit Class"),
        cell("Credit Class Name", "GHG Benefits in Managed Crop and Grassland Systems Credit Class"),
        cell("Credit Class Version", "1.5.1"),
        sub("Methodology"),
        cell(
            "Methodology Name",
            "Soil Organic Carbon Estimation in Regenerative Cropping and Managed Grassland Ecosystems Methodology",
        ),
        cell("Methodology Version", "1.2.2"),
    ),
    "1.4": (ask("Describe how the project is eligible."), say("The crediting term lasts ten years.")),
    "1.7": (
        ask("Provide evidence of:"),
        ask("\u2022 Proof of tenure"),
        say("The land of the farm is owned by Agnes Marrowfield."),
        ask("\u2022 Distribution of credits"),
        say("All issued credits belong to Agnes Marrowfield, 100%."),
    ),
    "1.8": (ask("Indicate the start date."), say("The project starts on 01/01/2024.")),
    "1.9": (ask("Indicate the crediting period."), say("01/01/2024 to 31/12/2033")),
    "1.10": (ask("Indicate the permanence period."), say("01/01/2034 to 31/12/2043")),
    "1.11": (
        cell("Country", "England"),
        sub("Gross Project Area"),
        say("The area is 120.40 hectares."),
        sub("Habitat"),
        say("Arable fields with hedges and grass margins."),
        sub("Environmental Conditions of Project Area"),
        say("The climate is temperate with 640 mm of rainfall."),
    ),
    "1.14": (ask("Describe compliance with the law."), say("The project complies with every law that binds it.")),
    "1.15": (ask("Disclose other listings."), say("The project is not registered in any other program.")),
    "2.1": (ask("Describe impacts."), say("No adverse impacts are expected on the neighbours.")),
    "2.2": (ask("Describe the consultation."), say("The neighbours were consulted by letter.")),
    "2.3": (ask("Describe assessments."), say("No environmental impact assessment was needed.")),
    "2.4": (ask("Describe public comments."), say("No public consultation was needed for this project.")),
    "3.1": (
        sub("Prior Land Use Eligibility"),
        say("There was no change of land use in the previous five years; the land has always been arable."),
    ),
    "3.2": (
        ask("Fill in the table."),
        say("Soil organic carbon sink CO2 The main sink."),
        say("Livestock emissions source CH4 From the grazing flock."),
    ),
    "3.4": (
        ask("Describe additionality."),
        say("The practices are not required by law. The gains are above business as usual."),
        say("A drawdown of carbon is reasonably expected. Credits are issued only after the baseline sampling."),
    ),
    "3.5": (ask("Describe deviations."), say("None.")),
    "4.3": (
        ask("Describe leakage."),
        say("Yields may not fall by more than 10% against the five-year average."),
    ),
    "4.5": (
        ask("Describe risks."),
        sub("Buffer Pools"),
        say("Of each issuance 20% goes to the buffer: 10% for the term and 10% for permanence."),
    ),
    "5.3": (
        ask("Describe monitoring."),
        sub("Sampling Method"),
        say("Soil cores are taken in each stratum."),
        sub("Laboratory Analysis"),
        say("The laboratory measures bulk density."),
        sub("AI Training"),
        say("The model is trained on the samples."),
        sub("AI Accuracy"),
        say("Accuracy is given as the mean absolute error."),
        sub("GHG emissions monitoring"),
        say("Greenhouse gas emissions are reported each year."),
    ),
    "Appendix": (
        sub("Rules and Regulations Relating to Activities Carried Out Within the Project Area.", size=16),
        say("Farming Rules for Water are kept on the whole farm."),
    ),
}


def parts_of(answers: Mapping[str, Sequence[Part]]) -> Iterator[Part]:
    """Every section of the form with these answers, chapters on pages of their own."""
    for number, title in TITLES.items():
        if "." not in number and number != "1":
            yield TURN
        yield head(number, title)
        yield from answers.get(number, ())


def full_plan(**sections: Sequence[Part]) -> tuple[Page, ...]:
    """The whole plan; `s3_5=[...]` puts other parts under 3.5, an empty list leaves the section blank."""
    changed = {name.removeprefix("s").replace("_", "."): tuple(parts) for name, parts in sections.items()}
    unknown = changed.keys() - TITLES.keys()
    assert not unknown, f"the form has no section {unknown}"
    return pages(*parts_of({**ANSWERS, **changed}))


# --- reviews -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Paper:
    """A document for the inventory with the pages its reading has."""

    filename: str
    kind: DocumentType
    made: tuple[Page, ...]
    status: str = "in_scope"
    more: Mapping[str, object] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """A hash of name and text, as stable as a content's."""
        return hashlib.sha256(repr((self.filename, [p.text for p in self.made])).encode()).hexdigest()

    @property
    def document(self) -> Document:
        """The entry in the inventory."""
        values = {
            "document_id": f"doc-{self.sha256[:12]}",
            "filename": self.filename,
            "path": self.filename,
            "names": (self.filename,),
            "sha256": self.sha256,
            "size": 1,
            "document_type": self.kind,
            "classified_by": ("made",),
            "status": self.status,
            "pages": len(self.made),
            "source_type": "path",
            "added_at": datetime(2030, 1, 1, tzinfo=UTC),
        }
        return Document.model_validate({**values, **self.more})


def plain_pages(*texts: str) -> tuple[Page, ...]:
    """Pages of which only the text matters."""
    return tuple(Page(number=n, text=text) for n, text in enumerate(texts, 1))


def register_pages(
    proprietor: str,
    title: str = "QX510001",
    lender: str = "OLD MARL BANK PLC",
    message: str = "The electronic official copy of the register follows this message.",
    tenure: str = "Freehold",
) -> tuple[Page, ...]:
    """The official copy of a title, its lines as the reader gives them."""
    return plain_pages(
        f"{message}\nThis copy is the only one.",
        "\n".join(
            (
                "Official copy of register of title",
                f"Title number {title} Edition date 04.03.2019",
                "A: Property Register",
                f"1 (01.05.1984) The {tenure} land shown edged with red on the plan of the above title.",
                "2 The land edged green has been removed and entered under the title number QX100211.",
                "B: Proprietorship Register",
                "Title absolute",
                f"1 (04.03.2019) PROPRIETOR: {proprietor} of Fernhallow Farm, Mill Lane, Upper Tressle, ZZ4 4QX.",
                "2 (04.03.2019) The price stated to have been paid was £900,000.",
                "C: Charges Register",
                "1 (04.03.2019) REGISTERED CHARGE dated 4 March 2019.",
                f"2 (04.03.2019) Proprietor: {lender} (Scot. Co. Regn. No. SC327001) of 3 Exchange Row, Oddling.",
            )
        ),
    )


def plan_paper(made: tuple[Page, ...] | None = None, **more: object) -> Paper:
    """The plan as a document of the inventory."""
    return Paper("7301Fernhallow24 Project Plan.pdf", "project_plan", made or full_plan(), more=more)


def register_paper(filename: str, made: tuple[Page, ...]) -> Paper:
    """A land register as a document of the inventory."""
    return Paper(filename, "land_tenure", made)


def dossier_of(*papers: Paper, checklist: Checklist = CHECKLIST) -> Dossier:
    """What the tests of a review look at."""
    readings = {
        p.sha256: Reading(
            sha256=p.sha256, reader="made", reader_version="1", kind="pdf", pages=p.made, page_count=len(p.made)
        )
        for p in papers
    }
    inventory = Inventory(documents=tuple(p.document for p in papers))
    return Dossier(checklist, inventory, lambda document: readings[document.sha256])


@dataclass(frozen=True)
class Review:
    """Extraction and validation of some papers."""

    extraction: ExtractionResult
    validation: ValidationResult

    def row(self, requirement_id: str) -> RequirementResult:
        """A row of the report."""
        return next(r for r in self.validation.requirements if r.requirement_id == requirement_id)

    def found(self, requirement_id: str) -> RequirementEvidence:
        """What extraction found for a row."""
        return next(r for r in self.extraction.requirements if r.requirement_id == requirement_id)

    def outcome(self, check_id: str) -> str:
        """The outcome of a check."""
        return next(c.outcome for c in self.validation.checks if c.check_id == check_id)

    def facts(self, name: str) -> list[str]:
        """The values of a fact."""
        return [f.value for f in self.extraction.facts if f.name == name]

    def quotes(self, requirement_id: str) -> str:
        """All quotes of a row, joined."""
        return " | ".join(e.quote for e in self.row(requirement_id).evidence)


def review(*papers: Paper, checklist: Checklist = CHECKLIST) -> Review:
    """Carry out extraction and validation; without papers, on the whole plan alone."""
    papers = papers or (plan_paper(),)
    dossier = dossier_of(*papers, checklist=checklist)
    extraction = evidence_of(checklist, dossier.inventory, dossier.read)
    validation = validation_of(checklist, dossier.inventory, mapping_of(checklist, dossier.inventory), extraction)
    return Review(extraction, validation)


def with_section(**sections: Sequence[Part]) -> Review:
    """The review of the whole plan with other parts in some sections: `with_section(s3_5=[say("None.")])`."""
    return review(plan_paper(full_plan(**sections)))


def closed(paper: Paper) -> Paper:
    """The paper as one that could not be opened."""
    return replace(paper, status="unreadable", made=())
