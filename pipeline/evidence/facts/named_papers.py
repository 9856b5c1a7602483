"""Papers of tenure that a plan names, and whether they are in the folder."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pipeline.evidence.dossier import Dossier
from pipeline.forms.normal import plain
from pipeline.forms.paragraphs import Paragraph
from pipeline.models import Document, Evidence, Register

#: One to four letters and up to seven digits: a title number of a land register. Short ones count only where the words
#: before them say what they are; a company's number looks like a title's.
_TITLE = re.compile(r"(?<![A-Za-z0-9])([A-Z]{1,4})(\s?)(\d{1,7})(?![A-Za-z0-9])")
_CUE = re.compile(r"\b(?:register|title(?:\s+(?:no\.?|number|plan))?|deed|transfer)\b\W*$", re.I)
_COMPANY = re.compile(
    r"\b(?:company|co)\b\W*(?:reg\w*\W*)?(?:no|number|nr)?\W*$|\breg(?:n|istration|istered)?\W*(?:no|number|nr)\W*$",
    re.I,
)
_LONG = 4
_NOT_TITLES = {"ISO", "EPSG", "SN", "BS", "EN", "PE", "COP", "GHG", "CO", "RPA", "SBI", "CPH", "IEC"}
_PLAN = re.compile(r"^\W{0,4}(?:(?:title|transfer|filed)\s+)?plan\b|^\W{0,4}transfer\b", re.I)
_PLAN_BEFORE = re.compile(r"\b(?:title|transfer|filed)\s+plan\b\W{0,12}(?:no\.?|number|of|-)?\W*$", re.I)


#: Sections whose subject is tenure: there a long title number needs no word that says what it is.
TENURE_SECTIONS = ("1.6.2", "1.7", "1.16", "Appendix")


@dataclass(frozen=True)
class NamedPaper:
    """A paper that the plan names: its title number, whether it is that title's plan, and the words that name it."""

    title_number: str
    is_plan: bool
    evidence: Evidence | None
    #: Every place that names it, the first among them.
    where: tuple[Evidence, ...] = ()

    @property
    def name(self) -> str:
        """What to ask for."""
        return f"{'Title plan' if self.is_plan else 'Register'} {self.title_number}"


def named_papers(dossier: Dossier, places: tuple[str, ...]) -> list[NamedPaper]:
    """Every paper named by title number in those sections of the plan, each once."""
    return _named(dossier, dossier.paragraphs(places))


def papers_anywhere(dossier: Dossier) -> list[NamedPaper]:
    """Every paper named by title number in the whole plan, each once."""
    return _named(dossier, dossier.plan.everything() if dossier.plan else ())


def _named(dossier: Dossier, paragraphs: Iterable[Paragraph]) -> list[NamedPaper]:
    found: dict[tuple[str, bool], NamedPaper] = {}
    for paragraph in paragraphs:
        text = paragraph.text
        for match in _TITLE.finditer(text):
            letters, space, figures = match.groups()
            after, before = (
                plain(text[match.end() : match.end() + 24]),
                plain(text[max(0, match.start() - 30) : match.start()]),
            )
            year = bool(space) and re.fullmatch(r"(?:19|20)\d\d", figures)
            if letters in _NOT_TITLES or _COMPANY.search(before) or year:
                continue
            said = _CUE.search(before) or _PLAN.match(after) or _PLAN_BEFORE.search(before)
            if not said and (len(figures) < _LONG or paragraph.section not in TENURE_SECTIONS):
                continue
            number = letters + figures
            is_plan = bool(_PLAN.match(after) or _PLAN_BEFORE.search(before))
            items = tuple(dossier.quote_paragraph(paragraph, match.start(), match.end())[:1])
            known = found.setdefault((number, is_plan), NamedPaper(number, is_plan, items[0] if items else None))
            found[number, is_plan] = replace(known, where=tuple(dict.fromkeys((*known.where, *items))))
    return [found[key] for key in sorted(found)]


def received_as(dossier: Dossier, registers: list[Register], paper: NamedPaper) -> Document | None:
    """The document in scope that is the paper: a register by its own title, a plan by what stands on it or its name."""
    by_id = {d.document_id: d for d in dossier.of_type("land_tenure")}
    if not paper.is_plan and (own := [r for r in registers if r.title_number == paper.title_number]):
        return by_id[own[0].document_id]
    # a register counts as what it is: another title in its file's name does not make it that title's register
    read = {r.document_id for r in registers}
    others = [d for d in by_id.values() if d.document_id not in read]
    printed = [d for d in others if paper.is_plan and _is_plan_of(d, paper.title_number)]
    return next(iter(printed), None) or next((d for d in others if named_in(paper, (d.filename, *d.names))), None)


def _is_plan_of(document: Document, title_number: str) -> bool:
    return document.facts.get("paper") == "title plan" and document.facts.get("title_number") == title_number


def absent_papers(dossier: Dossier, registers: list[Register], papers: list[NamedPaper]) -> list[NamedPaper]:
    """The named papers that are not in the folder."""
    return [p for p in papers if received_as(dossier, registers, p) is None]


def named_in(paper: NamedPaper, names: Iterable[str]) -> bool:
    """True when one of the file names carries the paper's title number and says plan, or not, as the paper does."""
    letters, figures = re.match(r"([A-Z]+)(\d+)", paper.title_number).groups()  # type: ignore[union-attr]  # made of these
    own = re.compile(rf"(?<![A-Z]){letters}[\s_-]?{figures}(?!\d)", re.I)
    return any(own.search(n) and bool(re.search(r"plan", n, re.I)) == paper.is_plan for n in names)
