"""Readings made by hand, shaped like the documents of a submission; every word in them is invented."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from pipeline.models import DocumentRecord, Page, Reading, Table

Row = tuple[str, ...]
FORM_HEADINGS = (
    "1.1. General Information", "1.2. Summary of the Project", "1.3. Credit Class and Methodology",
    "1.4. Project Eligibility", "1.5. Project Design", "1.6. Project Actors", "1.6.1. Project Proponent",
    "1.7. Project Ownership", "1.8. Project Start Date", "1.9. Crediting Period", "1.10. Permanence Period",
    "1.11. Project Location", "1.12. Project Activity", "2.1. No Net Harm", "2.4. Public Comment",
    "3.2. Project Boundary", "3.4. Additionality", "4.3. Leakage", "4.5. Risk Management", "5.3. Monitoring Plan",
)  # fmt: skip


def reading(*pages: str, kind: str = "pdf", tables: Sequence[Sequence[Row]] = (), **more: object) -> Reading:
    """A reading of these page texts; `tables` stand on page 1."""
    made = tuple(
        Page(
            number=number,
            text=text,
            tables=tuple(Table(top=0, bottom=9, rows=tuple(rows)) for rows in tables) if number == 1 else (),
        )
        for number, text in enumerate(pages, 1)
    )
    values = {"sha256": sha(*pages, kind), "reader": "made", "reader_version": "1", "kind": kind, "pages": made}
    return Reading.model_validate({**values, "page_count": len(made), **more})


def sheets(*sheet_rows: Sequence[Row], kind: str = "xlsx") -> Reading:
    """A reading of a workbook with these sheets, or of a delimited file."""
    made = tuple(
        Page(number=n, text="\n".join(" ".join(row) for row in rows), rows=tuple(rows), title="Sheet1")
        for n, rows in enumerate(sheet_rows, 1)
    )
    values = {"sha256": sha(repr(sheet_rows)), "reader": "made", "reader_version": "1", "kind": kind}
    return Reading.model_validate({**values, "pages": made, "page_count": len(made)})


def sha(*parts: str) -> str:
    """A hash that depends on the content only, as the store's does."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def record(made: Reading, filename: str, **more: object) -> DocumentRecord:
    """The store's record of a document with that content and name."""
    values = {
        "document_id": f"doc-{made.sha256[:12]}", "sha256": made.sha256, "size": 1, "filename": filename,
        "path": filename, "names": (filename,), "source_id": "source-1", "source_type": "path",
        "added_at": datetime(2030, 1, 1, tzinfo=UTC),
    }  # fmt: skip
    return DocumentRecord.model_validate({**values, **more})


def plan(
    name: str = "Larkfield Farm (7301Larkfield24)",
    cover: str = "7301Larkfield24",
    version: str | None = "2",
    submitted: str | None = "14/02/2031",
    private: bool = False,
    extra: str = "",
) -> Reading:
    """A project plan on the registry's form: cover, contents list with dots, body."""
    contents = "\n".join(f"{heading} {'.' * 40} {n // 3 + 1}" for n, heading in enumerate(FORM_HEADINGS))
    body = []
    for heading in FORM_HEADINGS:
        body.append(heading)
        if heading.startswith("1.1."):
            body.append(f"Project Name {name}")
            body += [f"Version of Document {version}"] if version else []
            body += [f"Date Submitted {submitted}"] if submitted else []
            body.append("Prepared by A. Writer")
        elif heading.startswith("1.6.1") and private:
            body += ["The developer of this project.", "1.6.2. Project Owner", "A. Grower, Larkfield Farm"]
        else:
            body.append("The answer to this question stands here in upright type.")
    if private:
        body += ["Appendix", "Land Ownership", "Official Copy (Register) - QX123456"]
    return reading(
        f"Regen Registry\nProject Plan: {cover}\nVersion: 4\nLast updated: 9 August 2023",
        f"Table of Contents\n{contents}",
        "\n".join(body) + extra,
    )


def report(kind: str, year: str = "2024", farm: str = "LARKFIELD FARM", reported: str = "03/05/2031") -> Reading:
    """A project report; `kind` is "Baseline" or "Monitoring"."""
    value = "Intentionally Blank" if kind == "Baseline" else "412.50"
    executive = [
        "Carbon Balance (tCO2e)", f"SOC Sequestered {value}", f"GHG Emissions {value}", f"Balance {value}",
        "Credit Statement", f"Credits Pending Issue {value}", "Project Outline", "Total Sampled Area 61.20 (ha)",
        "Soil Sampling Start 11/01/2025", "No of Samples 33", "1 Not applicable if this is a baseline report.",
    ]  # fmt: skip
    front = ["Soil Organic Carbon Project Report", f"{kind} Report", year, farm, f"Date Reported: {reported}"]
    return reading("\n".join(front), "\n".join(executive))


def emissions(farm: str = "Larkfield Farm", year_end: str = "31 Aug 2024") -> Reading:
    """A farm emission report of the calculator."""
    return reading(
        f"{farm} {year_end}\nPrepared using UK as the region in the Farm Carbon Calculator.\n"
        "Carbon balance\nEmissions\n88.10\ntonnes CO e per year\nOffset\n-12.40\ntonnes CO e per year\n75.70",
        "Table of Emissions\nFuels 8.10 9.19%\nInputs 40.00 45.40%\nLivestock 30.00 34.05%\nMaterials 10.00 11.35%",
    )


def register(title: str = "QX123456", edition: str = "04.02.2019", owner: str = "MARTIN ALDER") -> Reading:
    """An official copy of a land register whose owner's entry runs over a page break and whose lender stands in C."""
    return reading(
        "This electronic official copy of the register follows this message.\n"
        f"There is an application pending in the registry.\nTitle number {title} Edition date {edition}\n"
        "A: Property Register\n1 (01.03.1990) The Freehold land shown edged with red on the plan.\n"
        "2 Rights over the land in title QX999999.\n"
        f"B: Proprietorship Register\nTitle absolute\n1 (04.02.2019) PROPRIETOR: {owner} and JOAN",
        f"Title number {title}\n2 of 2\nB: Proprietorship Register continued\nALDER of Larkfield Farm, Oxmoor.\n"
        "2 (04.02.2019) The price stated was not given.\nC: Charges Register\n"
        "1 (05.02.2019) Proprietor: SOME BANK PLC (Scot. Co. Regn. No. SC123456)",
    )


def review(filled: bool = True) -> Reading:
    """A registry agent's review, which repeats every other document's title; unfilled it is the blank form."""
    approved = "Approved" if filled else ""
    return reading(
        "Project: Q01-001\nREGISTRY AGENT REVIEW\nProject Registration\nProject Name Larkfield\n"
        "Date of Submission\nCredit Protocol\nProgram Guide Version\nRegistry Agents\nDocuments Submitted\n"
        "7301Larkfield24 Project Plan\nOfficial Copy (Register) - QX123456\n7301Larkfield24_GHG_Emissions",
        "Review Outcome\n[ ] Approved\n[ ] Not Approved",
        "\n".join(FORM_HEADINGS),
        tables=[
            [
                ("Category", "Requirement", "Accepted Evidence", "Submitted Material", "Approved", "Comments"),
                ("General", "Use the newest version", "Plan", "Project Plan, Section 1.3", approved, ""),
            ]
        ],
    )


def handbook() -> Reading:
    """The calculator's handbook, which speaks of emissions throughout and measures none."""
    return reading(
        "Methodology of the\nFarm Carbon Calculator\nVersion 9.0\nMay 2029",
        "Table of Contents\nGlossary 3\n7.1. Fuels 7\nFuels and electricity 7\nInputs 11\nLivestock 12\nReferences 21",
        "Glossary\nGHG Greenhouse gas\nVersion history\nCarbon balance is emissions less offset, in tonnes CO2e.",
        "References\nProjects shall report greenhouse gas emissions.",
    )


def management(start: int = 2018, years: int = 7) -> Reading:
    """A yields workbook: named in its first cell, a row of years over blocks, averages at the bottom."""
    blocks = ("Cultivation", "Cover", "Catch", "Crop", "Residue")
    row_of_years = ("", *(cell for year in range(start, start + years) for cell in (str(year), "", "", "", "")))
    return sheets(
        [
            ("Pre-Baseline 5-Year Management and Average Yields", ""),
            row_of_years,
            ("Field", *(blocks * years)),
            ("Long Meadow", *(("Plough", "", "", "Wheat", "Chopped") * years)),
            (),
            ("Average Yield (t/ha)", "8.1"),
        ]
    )


def samples(measured: int, planned: int, header: Row | None = None) -> Reading:
    """A sample table with rows that hold a carbon value and rows that do not."""
    header = header or ("\ufeffLabel", "NRMRef", "BD", "Depth", "SOC", "SOCS", "Received", "Reported")
    socs = [position for position, cell in enumerate(header) if cell.strip("\ufeff").startswith("SOC")]
    rows: list[Row] = [header]
    for n in range(measured + planned):
        value = "2.31" if n < measured else ""
        rows.append(tuple(value if position in socs else str(n) for position in range(len(header))))
    return sheets(rows, kind="csv")


def picture(*captions: str) -> Reading:
    """A PDF of one picture with at most a caption."""
    return reading("\n".join(captions), unreadable_pages=(1,))
