"""A monitoring round of a made-up farm, and the pages of its report that a review of it repeats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from examples.chance import chance
from examples.farm import Farm
from examples.sheet import Sheet, print_pages
from examples.style import Face


@dataclass(frozen=True)
class Round:
    """What a monitoring report of the farm says, for a review of it to repeat."""

    project_id: str
    year: int
    reported: date
    mape: float
    samples: int
    strata_ha: int
    cores: int
    credits: int

    @property
    def lines(self) -> tuple[str, ...]:
        """These facts as the report prints them."""
        buffer = -(-self.credits // 5)
        return (
            f"Date Reported: {self.reported:%d/%m/%Y}",
            f"Project Name: {self.project_id}",
            f"Monitoring Year: {self.year}",
            f"Permanence Buffer Credit Contribution {buffer}",
            f"Credits Pending Issue {self.credits - buffer}",
            f"Total {self.credits}",
            f"No of Samples {self.samples}",
            f"MAPE {self.mape:.2f} (%)",
            f"Fields were divided into an average of {self.strata_ha} (ha) strata.",
            f"An average of {self.cores} cores were taken in a grid within each stratum.",
        )


def draw_round(farm: Farm) -> Round:
    """The farm's first monitoring round; the same seed gives the same figures."""
    rng = chance("round", farm.seed)
    letters = farm.project_id.strip("0123456789")
    year = farm.start.year + 1
    return Round(
        project_id=f"{rng.randint(1200, 98000)}{letters}{year % 100}",
        year=year,
        reported=date(year + 1, rng.randint(5, 11), rng.randint(1, 28)),
        mape=round(rng.uniform(3, 15), 2),
        samples=rng.randint(20, 60),
        strata_ha=rng.randint(2, 5),
        cores=rng.randint(10, 14),
        credits=rng.randint(200, 900),
    )


def write_monitoring_report(farm: Farm, done: Round) -> bytes:
    """The report as PDF: its cover, its executive page with the outline, and how samples were taken."""
    sheet = Sheet("a4")
    large, text = Face("helvetica", "B", 16), Face("helvetica", "", 11)
    for words in ("Soil Organic Carbon Project Report", "Monitoring Report", str(done.year), farm.name.upper()):
        sheet.paragraph(words, 72, large, gap=8)
    sheet.paragraph(done.lines[0], 72, text)
    sheet.new_page()
    sheet.paragraph("Executive Summary", 72, large, gap=8)
    for words in done.lines[1:]:
        sheet.paragraph(words, 72, text, gap=4)
    return print_pages(sheet.paper, sheet.pages)
