"""A project report: executive page, results, carbon balance and how it was sampled, in either of the two layouts."""

from __future__ import annotations

from collections.abc import Sequence

from examples.chance import chance
from examples.farm import Farm
from examples.rounds import Round
from examples.sheet import Sheet, print_pages, text_at
from examples.style import Face

_LEFT = 70.0
_BLANK = "Intentionally Blank"
_LABS = ("Ferndale Soil Laboratory", "Quenby Analytical", "Marl Lane Laboratories")
_TEAMS = ("Tressle Sampling", "Oddling Field Services", "Wimbling Soil Teams")


def report_name(own: Round) -> str:
    """The file name as developers give it: id of the round, then what it is."""
    return f"{own.round_id} Soil Organic Carbon Project {own.kind.title()} Report {own.year}.pdf"


def write_report(farm: Farm, own: Round, before: Round | None = None, emissions_file: str = _BLANK) -> bytes:
    """The report as PDF; `before` is the round before a monitoring round, `emissions_file` its report of emissions.

    Half of the farms have the older layout (SOC Sequestered, Permanence Buffer Credit Contribution, MAPE) and half the
    newer one (Net SOC Change, Buffer Pool, Max MAPE); half set the executive page as ruled tables, half as bare lines.
    """
    return _Report(farm, own, before, emissions_file).printed()


class _Report:
    """Sets one page of the report after the other."""

    def __init__(self, farm: Farm, own: Round, before: Round | None, emissions_file: str) -> None:
        rng = chance("report", farm.seed)
        self.newer, self.ruled = rng.random() < 0.5, rng.random() < 0.5
        self.lab, self.team = rng.choice(_LABS), rng.choice(_TEAMS)
        self.farm, self.own, self.before, self.emissions_file = farm, own, before, emissions_file
        self.sheet = Sheet("a4", top=92, bottom=70)

    def printed(self) -> bytes:
        self._cover()
        for label, part in (
            ("i", self._executive),
            ("ii", self._terms),
            ("1", self._information),
            ("2", self._results),
            ("3", self._balance),
            ("A-1", self._sampling),
            ("A-2", self._analysis),
        ):
            self._turn(label)
            part()
        return print_pages(self.sheet.paper, self.sheet.pages)

    def _turn(self, label: str) -> None:
        self.sheet.new_page()
        shown = label if label.islower() else f"Page | {label}"
        self.sheet.draw(text_at(self.sheet.width - 120, self.sheet.height - 40, shown, Face("helvetica", "", 10)))

    def _head(self, text: str, size: float = 14) -> None:
        self.sheet.need(size * 3)
        self.sheet.paragraph(text, _LEFT, Face("helvetica", "B", size), gap=6)

    def _say(self, text: str) -> None:
        self.sheet.paragraph(text, _LEFT, Face("helvetica", "", 10.5), gap=8)

    def _rows(self, rows: Sequence[Sequence[str]], ruled: bool = True) -> None:
        face, columns = Face("helvetica", "", 10.5), len(rows[0])
        room = self.sheet.width - 2 * _LEFT
        widths = [room * 0.5, *[room * 0.5 / (columns - 1)] * (columns - 1)]
        for row in rows:
            if ruled:
                self.sheet.row(row, [face] * columns, _LEFT, widths)
                continue
            x = _LEFT
            for text, wide in zip(row, widths, strict=True):
                self.sheet.draw(text_at(x, self.sheet.y + 10, text, face))
                x += wide
            self.sheet.y += 17
        self.sheet.y += 14

    def _cover(self) -> None:
        own = self.own
        self._head("Soil Organic Carbon Project Report", 24)
        self._head("Baseline Report" if own.kind == "baseline" else "Monitoring Report", 20)
        self._head(str(own.year), 20)
        self._head(self.farm.name.upper(), 18)
        self._say(f"Date Reported: {own.reported:%d/%m/%Y}")

    def _executive(self) -> None:
        own, filled = self.own, self.own.kind == "monitoring"

        def money(value: str) -> str:
            return value if filled else _BLANK

        leakage = [("Leakage", f"{own.leakage:.2f}")] if filled and own.leakage else []
        self._head("Executive Summary", 18)
        self._head("Carbon Balance (tCO2e)", 12)
        self._rows(
            [
                ("Net SOC Change" if self.newer else "SOC Sequestered", money(f"{own.gain:.2f}")),
                ("GHG Emissions", money(f"{own.emissions:.2f}")),
                *leakage,
                ("Balance", money(f"{own.balance:.2f}")),
            ],
            self.ruled,
        )
        self._head("Credit Statement", 12)
        self._rows(
            [
                ("Buffer Pool" if self.newer else "Permanence Buffer Credit Contribution", money(f"{own.buffer}")),
                ("Credits Pending Issue", money(f"{own.credits - own.buffer}")),
                ("Total", money(f"{own.credits}")),
            ],
            self.ruled,
        )
        self._head("Project Outline", 12)
        self._rows(
            [
                ("Total Project Area", f"{own.hectares:.2f}", "(ha)"),
                ("Total Sampled Area", f"{own.sampled_hectares:.2f}", "(ha)"),
                ("Field Boundaries", "RPA", ""),
                ("Soil Sampling Start", f"{own.sampled_from:%d/%m/%Y}", ""),
                ("Soil Sampling Finish", f"{own.sampled_to:%d/%m/%Y}", ""),
                ("No of Samples", f"{own.samples}", ""),
                ("Laboratory Analysis", self.lab.split()[0], ""),
                ("Max MAPE" if self.newer else "MAPE", f"{own.mape:.2f}", "(%)"),
                ("Net SOC", f"{own.net_tonnes:.2f}", "(tonnes)"),
                ("SOC Change", f"{own.change_tonnes:.2f}" if filled else "0", "(tonnes)"),
            ],
            self.ruled,
        )

    def _terms(self) -> None:
        self._head("List of Terms")
        self._say("Soil organic carbon stock (SOCS): tonnes of organic carbon in the soil of an area.")
        self._say("Carbon dioxide equivalent: carbon in the soil multiplied by 3.67, to set it against emissions.")
        self._say("Mean Absolute Percentage Error (MAPE): mean difference between laboratory and model in percent.")

    def _information(self) -> None:
        farm, own = self.farm, self.own
        self._head("Project Information")
        for line in (
            f"Organisation Name: {farm.developer.organisation}",
            f"Project Name: {own.round_id}",
            f"Monitoring Year: {own.year}",
            f"Contact: {farm.developer.person}",
            f"Crediting Term Period (Start + 10 Years): {farm.start:%d/%m/%Y} - {farm.crediting_end:%d/%m/%Y}",
            "Project Status: Active",
            f"Project Filename: {own.round_id} Soil Organic Carbon Project Report",
        ):
            self._say(line)

    def _results(self) -> None:
        own, farm = self.own, self.farm
        self._head("Results")
        self._say("Table 1: SOC Results")
        self._say(f"Project Area AI SOC MAPE {own.table_mape:.2f}")
        crops = list(farm.yields)
        mean = own.net_tonnes / own.hectares
        self._rows(
            [
                ("Field", "Crop", "Area [ha]", "Net Mean [t/ha]"),
                *(
                    (p.name, crops[i % len(crops)], f"{p.hectares:.2f}", f"{mean:.2f}")
                    for i, p in enumerate(farm.parcels)
                ),
                ("Totals", "", f"{own.hectares:.2f}", f"{mean:.2f}"),
            ]
        )

    def _balance(self) -> None:
        own, before = self.own, self.before
        self._head("Carbon Balance")
        self._say("Emissions of the period are taken off the gain in soil carbon, in tonnes of CO2e.")
        self._say("Table 2: Carbon Balance")
        blank = ("Blank",) * 4
        rows: list[tuple[str, ...]] = [("Year", "SOC [t]", "SOC Change [t]", "Emitted", "Balance", "Credit")]
        if before:
            rows.append((f"{before.year}", f"{before.net_tonnes:.2f}", *blank))
            figures = (own.change_tonnes, own.emissions, own.balance)
            rows.append((f"{own.year}", f"{own.net_tonnes:.2f}", *(f"{v:.2f}" for v in figures), f"{own.credits}"))
        else:
            rows.append((f"{own.year}", f"{own.net_tonnes:.2f}", *blank))
        self._rows(rows)
        self._say("Table 3: Emissions Report Files")
        self._rows([("Baseline", _BLANK), ("Monitoring Period", self.emissions_file)])
        if own.leakage and own.yields_shown:
            self._yields()

    def _yields(self) -> None:
        self._head("Leakage", 12)
        self._say("Table 4: Yields against their average of five years, from which leakage is reckoned.")
        rows = [
            (crop, f"{average:.2f} t/ha", f"{average * 0.97:.2f} t/ha")
            for crop in self.farm.yields
            if (average := self.farm.average(crop)) is not None
        ]
        self._rows([("Crop", "Average yield", "Yield of the year"), *rows])

    def _sampling(self) -> None:
        own, before = self.own, self.before
        self._head("Appendix-A Methodology")
        self._head("Sampling Method", 12)
        self._say(
            f"Strata of like size were laid out by Compact Geographical Stratification, on average of "
            f"{own.strata_hectares} (ha) each. An average of {own.cores} cores were taken on a grid within each "
            f"stratum. The core depth was 0-{own.depth_cm} cm. The cores of a stratum were mixed into one sample. "
            f"{self.team} took the samples with a vehicle that drives its own corer. The place of each core was "
            f"recorded with a Global Navigation Satellite System (GNSS) to an accuracy of +/- {own.gnss_metres:g} "
            f"metres. The core positions were within {own.position_metres:g}m of the sampling plan."
        )
        if own.block_cores:
            self._say(
                f"Mixed samples of {own.block_cores} cores were taken for each block of {own.strata_hectares} ha."
            )
        if before:
            self._head("Change of the Sampling Design", 12)
            self._say(
                f"The design of the {before.year} round covered {before.covered}% of the project area. For "
                f"{own.year} it was widened to all fields, as far as they could be reached."
            )

    def _analysis(self) -> None:
        self._head("Laboratory Analysis", 12)
        self._say(f"{self.lab}, accredited to ISO/IEC 17025, measured carbon by dry combustion and bulk density.")
        self._head("Accuracy", 12)
        self._say("The model's estimates were set against all results of the laboratory, and the MAPE was deducted.")
