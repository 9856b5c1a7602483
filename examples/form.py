"""The skeleton of the project plan form: its sections, sub-heads and table labels, in order.

Numbers, titles and labels are those of the registry's form, since a reader finds its way by them; what the form asks
of the writer stands in `wording`, what a farm answers in `answers`. An answer's key is its section's number, a slash
and the sub-head where the section has several.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ask:
    """An instruction to the writer, set in italics; `key` finds its wording."""

    key: str
    bullet: bool = False


@dataclass(frozen=True)
class Sub:
    """An unnumbered sub-head."""

    title: str
    large: bool = False


@dataclass(frozen=True)
class Fill:
    """Room for an answer in sentences."""

    key: str
    indented: bool = False


@dataclass(frozen=True)
class Entries:
    """A table of labels on the left and answers on the right."""

    key: str
    labels: tuple[str, ...]
    #: Contact tables answer in the form's own face.
    form_face: bool = False


@dataclass(frozen=True)
class Grid:
    """A table with a head row; `widths` are shares of the text's width."""

    key: str
    heads: tuple[str, ...]
    widths: tuple[float, ...]
    bold_heads: bool = False


Part = Ask | Sub | Fill | Entries | Grid


@dataclass(frozen=True)
class Section:
    """A numbered section; chapters have no dot in their number and open a page."""

    number: str
    title: str
    parts: tuple[Part, ...] = ()

    @property
    def level(self) -> int:
        """1 for a chapter, 2 for 1.1, 3 for 1.6.1."""
        return self.number.count(".") + 1


_CONTACT = ("Organisation Name", "Contact Person", "Title", "Address", "Email", "Telephone")
_GENERAL = ("Project Name", "Version of Document", "Date Submitted", "Prepared by", "Contact Information")
_PARAMETER = (
    "Data Indicator",
    "Data unit",
    "Description",
    "Source of data",
    "Value applied",
    "Justification of choice of data or description of measurement methods and procedures applied",
    "Purpose of Data",
)


def _simple(number: str, title: str) -> Section:
    return Section(number, title, (Ask(number), Fill(number)))


def _asked(number: str, *titles: str) -> tuple[Part, ...]:
    """Sub-heads with an instruction and an answer each."""
    return tuple(p for t in titles for p in (Sub(t), Ask(f"{number}/{t}"), Fill(f"{number}/{t}")))


def _open(number: str, *titles: str, large: bool = False) -> tuple[Part, ...]:
    """Sub-heads with an answer each and no instruction of their own."""
    return tuple(p for t in titles for p in (Sub(t, large), Fill(f"{number}/{t}")))


#: Section 1.6.2 stands in some forms only; see `Style.owner_section`.
OWNER_SECTION = "1.6.2"

FORM: tuple[Section, ...] = (
    Section("1", "Project Details"),
    Section(
        "1.1",
        "General Information",
        (Entries("1.1", _GENERAL),),
    ),
    _simple("1.2", "Summary Description of the Project"),
    Section(
        "1.3",
        "Credit Class and Methodology",
        (
            Ask("1.3"),
            Sub("Credit Class"),
            Entries("1.3/Credit Class", ("Credit Class Name", "Credit Class Version")),
            Sub("Methodology"),
            Entries("1.3/Methodology", ("Methodology Name", "Methodology Version")),
        ),
    ),
    _simple("1.4", "Project Eligibility"),
    _simple("1.5", "Project Design"),
    Section("1.6", "Project Actors"),
    Section("1.6.1", "Project Proponent", (Ask("1.6.1"), Entries("1.6.1", _CONTACT, form_face=True))),
    Section(OWNER_SECTION, "Project Owner", (Ask("1.6.2"), Entries("1.6.2", _CONTACT, form_face=True))),
    Section(
        "1.7",
        "Project Ownership",
        (
            Ask("1.7"),
            Ask("1.7/a", bullet=True),
            Fill("1.7/a", indented=True),
            Ask("1.7/b", bullet=True),
            Fill("1.7/b", indented=True),
        ),
    ),
    _simple("1.8", "Project Start Date"),
    _simple("1.9", "Project Crediting Period"),
    _simple("1.10", "Permanence Period"),
    Section(
        "1.11",
        "Project Location",
        (
            Ask("1.11"),
            Entries("1.11", ("Country", "Region / State / Province", "City / Town / Community")),
            *_asked(
                "1.11",
                "Gross Project Area",
                "Habitat",
                "Environmental Conditions of Project Area",
                "Major Environmental Threats",
            ),
        ),
    ),
    _simple("1.12", "Description of Project Activity"),
    _simple("1.13", "Conditions Prior to Project Initiation"),
    _simple("1.14", "Compliance with Laws, Statutes, and Other Regulatory Frameworks"),
    _simple("1.15", "Participation in Other GHG or Environmental Crediting Programs"),
    Section(
        "1.16",
        "Additional Information Relevant to the Project",
        (
            Sub("Personal / Commercially Sensitive Information"),
            Ask("1.16"),
            Ask("1.16/a", bullet=True),
            Ask("1.16/b", bullet=True),
            Ask("1.16/c", bullet=True),
            Fill("1.16"),
        ),
    ),
    Section("2", "Safeguards"),
    _simple("2.1", "No Net Harm"),
    _simple("2.2", "Local Stakeholder Consultation"),
    _simple("2.3", "Environmental Impact"),
    _simple("2.4", "Public Comment"),
    Section("3", "Application of Credit Class and Methodology"),
    Section(
        "3.1",
        "Applicability of Credit Class and Methodology",
        (
            Ask("3.1"),
            *_open(
                "3.1",
                "General Information",
                "Ecosystem Type Classification",
                "Geographic Bioregion",
                "Prior Land Use Eligibility",
                "Project Activity",
            ),
        ),
    ),
    Section(
        "3.2",
        "Project Boundary",
        (
            Ask("3.2"),
            Grid(
                "3.2",
                ("Baseline GHG sources, sinks and reservoirs", "Gasses(CO₂, CH₄, NO₂)", "Explanation"),
                (0.36, 0.24, 0.40),
                bold_heads=True,
            ),
        ),
    ),
    _simple("3.3", "Baseline Scenario"),
    _simple("3.4", "Additionality"),
    _simple("3.5", "Credit Class & Methodology Deviations"),
    Section("4", "Quantification of GHG Emission Reduction and Removals"),
    _simple("4.1", "Baseline Emissions"),
    _simple("4.2", "Project Emissions"),
    _simple("4.3", "Leakage"),
    Section(
        "4.4",
        "Net GHG Emission Reductions and Removals",
        (
            Ask("4.4"),
            Grid(
                "4.4",
                (
                    "Year",
                    "Estimated baseline emissions (tCO₂e)",
                    "Estimated project removals (tCO₂e)",
                    "Estimated leakage emissions (tCO₂e)",
                    "Estimated net GHG emissions reductions or removals (tCO₂e)",
                ),
                (0.19, 0.20, 0.20, 0.20, 0.21),
            ),
            Fill("4.4"),
        ),
    ),
    Section("4.5", "Risk Management", (Ask("4.5"), Fill("4.5"), *_asked("4.5", "Buffer Pools"))),
    Section("5", "Monitoring"),
    Section("5.1", "Data and Parameters Available at Registration", (Ask("5.1"), Entries("5.1", _PARAMETER))),
    Section("5.2", "Data and Parameters Monitored", (Ask("5.2"), Entries("5.2", _PARAMETER))),
    Section(
        "5.3",
        "Monitoring Plan",
        (
            Ask("5.3"),
            Fill("5.3"),
            *_open(
                "5.3",
                "Sampling Method",
                "Laboratory Analysis",
                "AI Training",
                "AI Accuracy",
                "GHG emissions monitoring",
            ),
        ),
    ),
    Section(
        "Appendix",
        "Appendix",
        (
            *_open("Appendix", "GHG Emissions Calculation", large=True),
            Sub("Rules and Regulations Relating to Activities Carried Out Within the Project Area.", large=True),
            Grid("Appendix/Rules", ("Rule", "Link (if available)"), (0.46, 0.54)),
            *_open(
                "Appendix",
                "Sustainable Development Goals",
                "Co-Benefits",
                "Pre-Baseline Management Plan",
                "Land Cover Maps",
                "Land Ownership",
                large=True,
            ),
        ),
    ),
)
