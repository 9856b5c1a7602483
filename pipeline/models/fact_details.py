"""What a fact holds beyond one word or figure: several values that were read together, each with its type."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from pipeline.models.base import Value


class EstimateRow(Value):
    """A row of the plan's table 4.4, in tonnes of CO2e; None for a cell that is no number."""

    of: Literal["estimate"] = "estimate"
    year: int
    baseline: float | None
    removals: float | None
    #: 0 where the table says in words that there is none.
    leakage: float | None
    net: float | None


class Term(Value):
    """A period from its first to its last day."""

    of: Literal["term"] = "term"
    first: date
    last: date


class Shares(Value):
    """Percentages that are stated together, in their order."""

    of: Literal["shares"] = "shares"
    percents: tuple[float, ...]


class CoreCount(Value):
    """Soil cores taken in each stratum or block; `hectares` of it and `year` of the round where they are said."""

    of: Literal["cores"] = "cores"
    count: int
    unit: Literal["stratum", "block"]
    hectares: float | None
    year: int | None


class CoveredShare(Value):
    """Per cent of the project area that was sampled, in the round of `year` where one is named."""

    of: Literal["covered"] = "covered"
    percent: float
    year: int | None


class SampleTable(Value):
    """Rows with a result in a laboratory's table, and the first day on which it received samples."""

    of: Literal["sample_table"] = "sample_table"
    rows: int
    received: date | None


class SampleValues(Value):
    """Bulk density (kg/l) and depth (cm) of a sample that stands for `rows` rows; None for an empty cell."""

    of: Literal["sample_values"] = "sample_values"
    density: float | None
    depth: float | None
    rows: int


class CropYields(Value):
    """A crop's average yields in t/ha by harvest year."""

    of: Literal["yields"] = "yields"
    crop: str
    tonnes: dict[int, float]


class FuelArea(Value):
    """Hectares behind an emission report: tonnes from fuels by tonnes a hectare, with what rounding leaves open."""

    of: Literal["fuel_area"] = "fuel_area"
    hectares: float
    slack: float
    fuels: float
    per_hectare: float


class StatedFigure(Value):
    """A labelled figure as printed: what it measures, its digits, its unit."""

    of: Literal["figure"] = "figure"
    kind: str
    raw: str
    unit: str


FactDetail = Annotated[
    EstimateRow
    | Term
    | Shares
    | CoreCount
    | CoveredShare
    | SampleTable
    | SampleValues
    | CropYields
    | FuelArea
    | StatedFigure,
    Field(discriminator="of"),
]
