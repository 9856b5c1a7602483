"""A whole submission in a folder: what a farm sends to the registry, and the mess that comes with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from examples.farm import Farm, Title, draw_farm
from examples.ghg import write_ghg_report, year_end
from examples.land_cover import write_land_cover
from examples.plan import PlanMade, PlanOptions, Planted, write_plan
from examples.project_report import report_name, write_report
from examples.register import printed_proprietor, write_register
from examples.rounds import draw_rounds
from examples.samples import image_day, write_image_record, write_samples
from examples.style import Style, draw_style
from examples.wording import draw_answers, draw_instructions
from examples.yields import write_yields


@dataclass(frozen=True)
class Variations:
    """What may differ from the submission that a seed gives; None leaves it to the seed."""

    #: Instructions in italics, or upright in the same face as the answers.
    italics: bool = True
    #: False leaves the form blank.
    answers: bool = True
    #: Sections whose answer is left out, heading and instruction stay: "1.8", "Appendix", "1.7/a", "1.11/Habitat".
    omit_sections: Collection[str] = ()
    #: 1-based PDF pages that are taken out of the finished plan.
    drop_pages: Collection[int] = ()
    #: All pages after the contents in another order.
    shuffle_pages: bool = False
    #: False leaves the plan's pages without printed numbers, as a scanner's or a merged copy is.
    page_numbers: bool = True
    #: The public form of the plan: no 1.6.2, no yield figures, no list of tenure papers.
    public: bool | None = None
    plan_version: str | None = None
    #: The owner's name, in the plan and in the registers.
    owner: str | None = None
    #: The proprietor in the registers, in place of the owner.
    register_proprietor: str | None = None
    #: Registers that are left out, by their place from 1 on; the plan names them all the same.
    omit_registers: Collection[int] = ()
    #: Whether every register opens with a note of pending applications, or none.
    pending: bool | None = None
    #: A lender on every title, or with False on none.
    lenders: bool | None = None
    #: Share of each issuance that goes to the buffer, in percent; `buffer_parts` are its halves unless given.
    buffer_percent: float = 20
    buffer_parts: tuple[float, float] | None = None
    #: Last day of the crediting period as 1.9 prints it.
    crediting_end: str | None = None
    #: The internal id on the plan's cover, which may differ from the one in 1.1.
    cover_id: str | None = None
    #: Version of the methodology as 1.3 prints it.
    methodology_version: str | None = None
    #: Whether the Appendix names one paper that was not sent.
    absent_paper: bool | None = None
    #: Whether the area in hectares stands in the map picture alone.
    area_in_picture: bool | None = None
    #: How many project reports are sent with the plan: none, the baseline, or the first monitoring report as well,
    #: each with its sample table and image record, the monitoring report with its report of emissions.
    rounds: int = 0
    #: What is wrong in the reports or in what they are held to: keys of `examples.rounds.SLIPS`.
    slips: Collection[str] = ()


@dataclass(frozen=True)
class Submission:
    """What was written, and what a review of it should find."""

    folder: Path
    farm: Farm
    style: Style
    plan: PlanMade
    #: Files by what they are: plan, register-1 ..., land_cover_map, yields, ghg_report, duplicate, temporary, broken.
    files: Mapping[str, Path]
    #: The document type of every file that can be read, by file name.
    document_types: Mapping[str, str]
    #: Answers with requirement, page and words; a requirement may be answered in several places.
    answers: tuple[Planted, ...]
    #: Values as they are printed: owner, start, crediting_end, permanence_end, area, version, buffer, ...
    facts: Mapping[str, str]
    #: Papers that the plan names and that are not in the folder.
    absent_papers: tuple[str, ...]

    @property
    def project_name(self) -> str:
        """A name for the session that reviews it."""
        return f"{self.farm.name} {self.farm.start.year}"


def write_submission(folder: Path, seed: int = 1, **variations: Any) -> Submission:
    """Write the submission of a seed into a folder, which is made if need be; the same seed gives the same bytes.

    `variations` are the fields of `Variations`; an unknown one raises TypeError. Beside the documents the folder gets
    a second copy of a register under another name, an office program's lock file, and the first half of a PDF.
    """
    wish = Variations(**variations)
    farm = draw_farm(seed, owner=wish.owner)
    farm = replace(
        farm,
        version=wish.plan_version or farm.version,
        methodology_version=wish.methodology_version or farm.methodology_version,
    )
    farm = replace(farm, titles=tuple(_title(title, wish) for title in farm.titles))
    style = draw_style(seed)
    style = replace(
        style,
        public=style.public if wish.public is None else wish.public,
        absent_paper=style.absent_paper if wish.absent_paper is None else wish.absent_paper,
        area_in_picture=style.area_in_picture if wish.area_in_picture is None else wish.area_in_picture,
    )
    registers = [f"Official Copy (Register) - {title.number}" for title in farm.titles]
    absent = [f"Official Copy (Title Plan) - {farm.titles[0].number}"] if style.absent_paper else []
    workbook = f"{farm.project_id} Historic 5 Year Management and Average Yields"
    facts = _facts(farm, style, wish, [*registers, *absent], workbook)
    plan_name = f"{farm.project_id} {'Public ' if style.public else ''}Project Plan.pdf"
    plan = write_plan(plan_name, farm, style, draw_instructions(seed), draw_answers(seed, facts), _options(style, wish))
    map_name = f"{farm.estate} - {farm.cover_year} Land Cover Map.pdf"
    ghg_report = write_ghg_report(farm, hectares=_ghg_area(farm, wish))
    contents = {
        "plan": (plan_name, plan.data, "project_plan"),
        **{
            f"register-{i}": (f"{name}.pdf", write_register(farm, title, wish.register_proprietor), "land_tenure")
            for i, (name, title) in enumerate(zip(registers, farm.titles, strict=True), start=1)
            if i not in wish.omit_registers
        },
        "land_cover_map": (map_name, write_land_cover(farm), "land_cover_map"),
        "yields": (f"{workbook}.xlsx", write_yields(farm, _later_yields(wish)), "farm_management_records"),
        "ghg_report": (f"{farm.project_id}_GHG_Emissions_{year_end(farm):%d_%b_%Y}.pdf", ghg_report, "ghg_emissions"),
    }
    if "later-emissions" in wish.slips:
        del contents["ghg_report"]  # what the plan calls its baseline is the report of the next year
    contents |= _rounds(farm, wish)
    first = next((contents[key][1] for key in sorted(contents) if key.startswith("register-")), None)
    if first is not None:
        contents["duplicate"] = ("scan_0001.pdf", first, "land_tenure")
    contents["temporary"] = (f"~${workbook[2:]}.xlsx", b"\x05clerk".ljust(165, b" "), "")
    contents["broken"] = (f"{farm.project_id}_Sample_Plan.pdf", ghg_report[: len(ghg_report) // 2], "")
    folder.mkdir(parents=True, exist_ok=True)
    for name, data, _ in contents.values():
        (folder / name).write_bytes(data)
    named = not style.public and wish.answers and "Appendix" not in wish.omit_sections
    return Submission(
        folder=folder,
        farm=farm,
        style=style,
        plan=plan,
        files={key: folder / name for key, (name, _, _) in contents.items()},
        document_types={name: kind for name, _, kind in contents.values() if kind},
        answers=plan.answers,
        facts={key: str(value) for key, value in facts.items() if key != "farm"}
        | {
            "project_id": farm.project_id,
            "cover_id": wish.cover_id or farm.project_id,
            "proprietor": printed_proprietor(wish.register_proprietor or farm.owner),
            "version": farm.version,
            "area": f"{farm.hectares:.2f}",
        },
        absent_papers=(*(registers[i - 1] for i in sorted(wish.omit_registers)), *absent) if named else (),
    )


def _rounds(farm: Farm, wish: Variations) -> dict[str, tuple[str, bytes, str]]:
    """The project reports that are sent, with what belongs to each, by key."""
    drawn = draw_rounds(farm, wish.slips)
    found: dict[str, tuple[str, bytes, str]] = {}
    for own, before in zip(drawn[: wish.rounds], (None, *drawn), strict=False):
        if before:
            emissions_file = f"{own.round_id}_GHG_Emissions_{year_end(farm, later=True):%d_%b_%Y}.pdf"
            report = write_report(farm, own, before, emissions_file)
            sent = write_ghg_report(farm, later=True, hectares=_ghg_area(farm, wish))
            found["later_ghg_report"] = (emissions_file, sent, "ghg_emissions")
        else:
            report = write_report(farm, own)
        day = image_day(farm, own, wish.slips)
        image, table = f"S2A_tile_{day:%Y%m%d}.json", f"{own.round_id}_Sample_Plan_Results.csv"
        found |= {
            f"{own.kind}_report": (report_name(own), report, f"{own.kind}_report"),
            f"{own.kind}_samples": (table, write_samples(farm, own, wish.slips), "lab_results"),
            f"{own.kind}_image": (image, write_image_record(farm, own, day), "imagery_metadata"),
        }
    return found


def _later_yields(wish: Variations) -> float:
    """What is left of the yields of the project's own years."""
    return 0.8 if "yields-fall" in wish.slips else 0.0 if "leakage-alone" in wish.slips else 1.0


def _ghg_area(farm: Farm, wish: Variations) -> float | None:
    return round(farm.hectares * 1.12, 2) if "larger-farm" in wish.slips else None


def _stated_emissions(farm: Farm, wish: Variations) -> float:
    """What the plan calls its baseline emissions."""
    if "later-emissions" in wish.slips:
        return farm.later_emissions
    return round(farm.emissions + 12.4, 2) if "other-emissions" in wish.slips else farm.emissions


def _title(title: Title, wish: Variations) -> Title:
    lender = title.lender
    if wish.lenders is not None:
        lender = (lender or "OLD MARL BANK PLC") if wish.lenders else None
    return replace(title, lender=lender, pending=title.pending if wish.pending is None else wish.pending)


def _options(style: Style, wish: Variations) -> PlanOptions:
    return PlanOptions(
        italics=wish.italics,
        answers=wish.answers,
        public=style.public,
        omit_sections=frozenset(wish.omit_sections),
        drop_pages=frozenset(wish.drop_pages),
        shuffle_pages=wish.shuffle_pages,
        page_numbers=wish.page_numbers,
        cover_id=wish.cover_id,
    )


def _facts(farm: Farm, style: Style, wish: Variations, papers: list[str], workbook: str) -> dict[str, object]:
    """What the braces of the answers stand for; empty strings remove their paragraph."""
    parts = wish.buffer_parts or (wish.buffer_percent / 2, wish.buffer_percent / 2)
    emissions = _stated_emissions(farm, wish)
    removals, baseline = round(farm.hectares * 6), round(emissions * (2 if "estimate-off" in wish.slips else 1))
    per_line = style.papers_per_line
    crops = list(farm.yields)
    averages = "; ".join(f"{c} {a:.2f} t/ha" for c in crops if (a := farm.average(c)) is not None)
    lines = [" - ".join(papers[i : i + per_line]) for i in range(0, len(papers), per_line)]
    return {
        "farm": farm,
        "owner": farm.owner,
        "developer": farm.developer.organisation,
        "start": style.day(farm.start),
        "crediting_end": wish.crediting_end or style.day(farm.crediting_end),
        "permanence_start": style.day(farm.permanence_start),
        "permanence_end": style.day(farm.permanence_end),
        "submitted": style.day(farm.submitted),
        "buffer": f"{wish.buffer_percent:g}%",
        "part_a": f"{parts[0]:g}%",
        "part_b": f"{parts[1]:g}%",
        "area_text": "" if style.area_in_picture else f"{farm.hectares:.2f} hectares.",
        "crops": f"{', '.join(crops[:-1])} and {crops[-1]}".lower(),
        "soils": " and ".join(sorted({p.soil for p in farm.parcels})),
        "yield_text": "" if style.public else f"Averages of the 5 years before the start: {averages} ({workbook}).",
        "history_text": "" if style.public else f"Years {farm.history[0]} to {farm.history[-1]}: {workbook}.",
        "papers": "" if style.public else "\n".join(lines),
        "emissions": f"{'-' if 'minus' in wish.slips else ''}{emissions:.2f}",
        "baseline": baseline,
        "removals": removals + baseline,
        "net": removals,
    }
