"""Papers of tenure that a plan names, and whether they are in the folder."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.dossier import Dossier
from pipeline.forms.normal import plain
from pipeline.models import Evidence, Register

#: Two or more letters and five to seven digits, or the older one to three letters: a title number of a land register.
_TITLE = re.compile(r"(?<![A-Za-z0-9])([A-Z]{1,4})\s?(\d{4,7})(?![A-Za-z0-9])")
_NOT_TITLES = {"ISO", "EPSG", "SN", "BS", "EN", "PE", "COP", "GHG", "CO", "RPA", "SBI", "CPH", "IEC"}
_PLAN = re.compile(r"^\W{0,4}(?:(?:title|transfer|filed)\s+)?plan\b|^\W{0,4}transfer\b", re.I)
_PLAN_BEFORE = re.compile(r"\b(?:title|transfer|filed)\s+plan\b\W{0,12}(?:no\.?|number|of|-)?\W*$", re.I)


@dataclass(frozen=True)
class NamedPaper:
    """A paper that the plan names: its title number, whether it is that title's plan, and the words that name it."""

    title_number: str
    is_plan: bool
    evidence: Evidence | None

    @property
    def name(self) -> str:
        """What to ask for."""
        return f"{'Title plan' if self.is_plan else 'Register'} {self.title_number}"


def named_papers(dossier: Dossier, places: tuple[str, ...]) -> list[NamedPaper]:
    """Every paper named by title number in those sections of the plan, each once."""
    found: dict[tuple[str, bool], NamedPaper] = {}
    for paragraph in dossier.paragraphs(places):
        text = paragraph.text
        for match in _TITLE.finditer(text):
            if match.group(1) in _NOT_TITLES:
                continue
            number = match.group(1) + match.group(2)
            after, before = (
                plain(text[match.end() : match.end() + 24]),
                plain(text[max(0, match.start() - 30) : match.start()]),
            )
            is_plan = bool(_PLAN.match(after) or _PLAN_BEFORE.search(before))
            items = dossier.quote_paragraph(paragraph, match.start(), match.end())
            found.setdefault((number, is_plan), NamedPaper(number, is_plan, items[0] if items else None))
    return [found[key] for key in sorted(found)]


def absent_papers(dossier: Dossier, registers: list[Register], papers: list[NamedPaper]) -> list[NamedPaper]:
    """The named papers that are not in the folder: a register counts by its own title, a plan by its file's name."""
    titles = {r.title_number for r in registers}
    names = [n for d in dossier.of_type("land_tenure") for n in (d.filename, *d.names)]
    absent = []
    for paper in papers:
        in_name = [n for n in names if paper.title_number in re.sub(r"[\s_]", "", n).upper()]
        plan_there = any(re.search(r"plan", n, re.I) for n in in_name)
        there = plan_there if paper.is_plan else paper.title_number in titles
        if not there and not paper.is_plan:
            there = any(not re.search(r"plan", n, re.I) for n in in_name)
        if not there:
            absent.append(paper)
    return absent
