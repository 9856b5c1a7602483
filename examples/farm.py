"""A made-up farm drawn from a seed: every name, place, number and date is invented."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Literal

from examples.chance import chance

OwnerKind = Literal["person", "couple", "company"]

_FARMS = (
    "Hollowmere", "Nettlebarrow", "Wickerdale", "Ambermoor", "Quillbrook", "Saltwhistle", "Fernhallow", "Larkspindle",
)  # fmt: skip
_COUNTIES = ("Marlshire", "Thornmarch", "Eastwealdshire", "Brackenshire", "Saltfenshire")
_TOWNS = ("Little Quenby St Ann", "Market Oddling", "Upper Tressle", "Nether Cobbold", "Great Wimbling")
_FIRST = ("Agnes", "Tobias", "Marian", "Edmund", "Rosalind", "Piers", "Harriet", "Walter", "Imogen", "Silas")
_LAST = ("Marrowfield", "Thistlewick", "Quillfeather", "Hobblestock", "Applegarthe", "Wrenshaw-Combe", "Dunnockley")
_DEVELOPERS = ("Tallowgate Soils", "Greenhazel Carbon", "Loamwright", "Furrowmark")
_LENDERS = ("OLD MARL BANK PLC", "THE TRESSLE AGRICULTURAL BANK PLC", "ODDLING MUTUAL FINANCE PLC")
#: Letters that open no real county's title numbers.
_TITLE_PREFIXES = ("QX", "ZQ", "JQ", "VX")
_FIELD_NAMES = (
    "Top Leys", "Pond Field", "Long Acre", "Barn Ground", "Mill Piece", "Rookery", "Far Breck", "Church Close",
    "Gorse Bank", "Old Orchard", "Lower Meads", "Kiln Field", "Windpump", "Sandpit", "Hilltop", "Drovers",
)  # fmt: skip
_CROPS = (
    ("Winter Wheat", 8.2), ("Spring Barley", 5.9), ("Winter Barley", 6.8), ("Spring Beans", 3.6),
    ("Spring Oats", 5.5), ("Linseed", 1.7), ("Winter Oilseed Rape", 3.2),
)  # fmt: skip
_SOILS = ("sandy clay loam", "calcareous clay loam", "silty clay", "medium loam over chalk")


@dataclass(frozen=True)
class Contact:
    """Somebody who can be written to; the address is one line, the telephone is in a range kept free for fiction."""

    organisation: str
    person: str
    address: str
    email: str
    telephone: str


@dataclass(frozen=True)
class Parcel:
    """A field: its name, its area in hectares and its soil."""

    name: str
    hectares: float
    soil: str


@dataclass(frozen=True)
class Title:
    """A registered title of the farm's land."""

    number: str
    edition: date
    issued: date
    lender: str | None
    pending: bool


@dataclass(frozen=True)
class Farm:
    """All facts that the documents of one submission share."""

    seed: int
    project_id: str
    name: str
    estate: str
    county: str
    town: str
    developer: Contact
    prepared_by: str
    owner: str
    owner_kind: OwnerKind
    owner_contact: Contact
    company_number: str
    neighbour_title: str
    start: date
    crediting_end: date
    permanence_end: date
    submitted: date
    version: str
    methodology_version: str
    parcels: tuple[Parcel, ...]
    titles: tuple[Title, ...]
    #: Yields in t/ha by crop, then by harvest year; the five years before the start, then the project years.
    yields: dict[str, dict[int, float]]
    #: Gross emissions and offset in tCO2e for the first year.
    emissions: float
    #: Gross emissions in tCO2e of the year after.
    later_emissions: float
    offset: float
    stock_tonnes: float
    rainfall_mm: int
    elevation_m: int

    @property
    def hectares(self) -> float:
        """Area of all parcels in hectares."""
        return round(sum(p.hectares for p in self.parcels), 2)

    @property
    def project_name(self) -> str:
        """Name of the project as the form has it: the farm and its internal id."""
        return f"{self.name} ({self.project_id})"

    @property
    def permanence_start(self) -> date:
        """The day after the crediting period's own last day."""
        return years_after(self.start, 10)

    @property
    def history(self) -> tuple[int, ...]:
        """The five calendar years before the start year."""
        return tuple(range(self.start.year - 5, self.start.year))

    @property
    def cover_year(self) -> int:
        """Year of the newest land cover inventory that is at least ten years older than the start."""
        return max(y for y in (2000, 2006, 2012) if y <= self.start.year - 10)

    @property
    def baseline_year(self) -> int:
        """Year of the first sampling: the first February of the project, never more than a year after its start."""
        return self.start.year + (self.start.month > 2)

    @property
    def baseline_month(self) -> str:
        """Month of the first sampling, in words."""
        return f"February {self.baseline_year}"

    def average(self, crop: str) -> float | None:
        """Mean yield of a crop over the five years before the start, in t/ha; None when it was not grown."""
        grown = [t for year, t in self.yields[crop].items() if year in self.history]
        return round(sum(grown) / len(grown), 2) if grown else None


def years_after(day: date, years: int) -> date:
    """The same day of the year, that many years on; 29 February becomes 28 where it must."""
    last = calendar.monthrange(day.year + years, day.month)[1]
    return day.replace(year=day.year + years, day=min(day.day, last))


def draw_farm(seed: int, owner: str | None = None) -> Farm:
    """Draw the farm of a seed; the same seed gives the same farm on every machine.

    `owner` replaces the owner's name wherever it stands.
    """
    rng = chance("farm", seed)
    short = _FARMS[seed % len(_FARMS)]
    county, town = rng.choice(_COUNTIES), rng.choice(_TOWNS)
    year = 2019 + (seed * 5 + 4) % 6
    month, day = rng.choice(((1, 1), (1, 1), (10, 1), (3, 1), (9, 29)))
    start = date(year, month, day)
    kind: OwnerKind = ("person", "couple", "company")[seed % 3]
    last = rng.choice(_LAST)
    first, second, third, clerk = rng.sample(_FIRST, 4)
    drawn = {
        "person": f"{first} {last}",
        "couple": f"{first} {last} and {second} {last}",
        "company": f"{short} Farming Limited",
    }
    lane = rng.choice(("Mill", "Drove", "Chapel", "Pound"))
    street = f"Unit {rng.randint(2, 40)}, The Maltings, {rng.randint(2, 90)} Weir Street"
    maker = rng.choice(_DEVELOPERS)
    slug = maker.split()[0].lower()
    return Farm(
        seed=seed,
        project_id=f"{rng.randint(1200, 98000)}{short}{year % 100}",
        name=f"{short} Farm",
        estate=rng.choice((f"{short} Farm", f"{short} Estate")),
        county=county,
        town=town,
        developer=Contact(
            organisation=f"{maker} Ltd",
            person=f"{third} {rng.choice(_LAST)}",
            address=f"{street}, {rng.choice(_TOWNS)}, {rng.choice(_COUNTIES)}, {_postcode(rng)}. UK.",
            email=f"{third.lower()}@{slug}.example.org",
            telephone=f"+44 7700 900{rng.randint(0, 999):03d}",
        ),
        prepared_by=f"{clerk} {rng.choice(_LAST)}",
        owner=owner or drawn[kind],
        owner_kind=kind,
        owner_contact=Contact(
            organisation=f"{short} Farming Limited" if kind == "company" else f"{short} Farm Partners",
            person=f"{first} {last}",
            address=f"{short} Farm, {lane} Lane, {town}, {county}, {_postcode(rng)}",
            email=f"office@{short.lower()}.example.org",
            telephone=f"01632 960{rng.randint(0, 999):03d}",
        ),
        company_number=f"0{rng.randint(1000000, 9999999)}",
        neighbour_title=f"{rng.choice(_TITLE_PREFIXES)}{rng.randint(100000, 499999)}",
        start=start,
        crediting_end=years_after(start, 10) - timedelta(days=1),
        permanence_end=years_after(start, 20) - timedelta(days=1),
        submitted=start + timedelta(days=rng.randint(430, 640)),
        version=str(rng.randint(1, 3)),
        methodology_version="1.2.2" if year >= 2022 else "1.1",
        parcels=_parcels(rng),
        titles=_titles(rng, start),
        yields=_yields(rng, year),
        emissions=(emissions := round(rng.uniform(90, 640), 2)),
        later_emissions=round(emissions * chance("later emissions", seed).uniform(0.86, 1.12), 2),
        offset=round(rng.uniform(20, 88), 2),
        stock_tonnes=round(rng.uniform(4200, 23000), 2),
        rainfall_mm=rng.randint(58, 92) * 10,
        elevation_m=rng.randint(2, 19) * 10,
    )


def _postcode(rng: Random) -> str:
    """A postcode in an area that no post office serves."""
    return f"ZZ{rng.randint(1, 9)} {rng.randint(1, 9)}{rng.choice(('QX', 'WD', 'JL'))}"


def _parcels(rng: Random) -> tuple[Parcel, ...]:
    names = rng.sample(_FIELD_NAMES, rng.randint(8, 13))
    soils = rng.sample(_SOILS, 2)
    return tuple(Parcel(n, round(rng.uniform(4.2, 19.8), 2), rng.choice(soils)) for n in names)


def _titles(rng: Random, start: date) -> tuple[Title, ...]:
    prefix = rng.choice(_TITLE_PREFIXES)
    numbers = rng.sample(range(510000, 990000), rng.randint(2, 3))
    return tuple(
        Title(
            number=f"{prefix}{number}",
            edition=start - timedelta(days=rng.randint(300, 5200)),
            issued=start + timedelta(days=rng.randint(60, 400)),
            lender=rng.choice((None, *_LENDERS)) if i else rng.choice(_LENDERS),
            pending=rng.random() < 0.4,
        )
        for i, number in enumerate(sorted(numbers))
    )


def _yields(rng: Random, year: int) -> dict[str, dict[int, float]]:
    years = range(year - 5, year + rng.randint(1, 2))
    grown: dict[str, dict[int, float]] = {}
    for crop, usual in rng.sample(_CROPS, 4):
        skipped = rng.sample(list(years)[1:5], rng.randint(0, 2))
        grown[crop] = {y: round(usual * rng.uniform(0.91, 1.09), 2) for y in years if y not in skipped}
    return grown
