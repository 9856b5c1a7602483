"""The figures of a farm's first two rounds, and what may be wrong with them: baseline and first monitoring report."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from examples.chance import chance
from examples.farm import Farm, years_after
from examples.ghg import year_end

RoundKind = Literal["baseline", "monitoring"]
#: Tonnes of CO2e that a tonne of carbon makes, as the reports print it.
_CONVERSION = 3.67
#: Everything that can be planted in the reports and in what they are held to, and the check that must notice.
SLIPS = {
    "few-cores": "cores-per-stratum",
    "few-cores-later": "cores-per-stratum",
    "two-core-counts": "cores-agree",
    "covered-share": "covered-share",
    "shallow": "core-depth",
    "coarse-position": "position-accuracy",
    "bold-position": "position-claim",
    "late-baseline": "baseline-after-start",
    "other-stock": "baseline-stock",
    "more-sampled": "sampled-area",
    "larger-area": "plan-area",
    "poor-model": "model-error",
    "two-model-errors": "model-error",
    "change-off": "stock-change",
    "conversion-off": "conversion",
    "balance-off": "carbon-balance",
    "credits-off": "credit-statement",
    "emissions-off": "report-emissions",
    "leakage-alone": "leakage-support",
    "minus": "emissions-sign",
    "estimate-off": "estimate-measured",
    "other-emissions": "baseline-emissions",
    "later-emissions": "emissions-round",
    "larger-farm": "emissions-area",
    "fewer-rows": "sample-count",
    "swapped-columns": "sample-columns",
    "late-image": "imagery-date",
    "yields-fall": "yield-drop",
}


@dataclass(frozen=True)
class Round:
    """What one project report states; money-like figures are those of a monitoring round."""

    kind: RoundKind
    year: int
    #: The developer's id of the farm in this round: another number and year suffix each time.
    round_id: str
    reported: date
    sampled_from: date
    sampled_to: date
    samples: int
    hectares: float
    sampled_hectares: float
    strata_hectares: int
    cores: int
    depth_cm: int
    gnss_metres: float
    position_metres: float
    #: Error of the model in percent: in the outline, and in the table of results.
    mape: float
    table_mape: float
    net_tonnes: float
    change_tonnes: float
    gain: float
    emissions: float
    leakage: float
    balance: float
    buffer: int
    credits: int
    #: Another number of cores that the appendix tells of, for blocks of the same size as the strata.
    block_cores: int | None
    #: What a later report says of the share of the area that this round's samples covered, in percent.
    covered: int
    #: Whether a table of yields stands beside the leakage.
    yields_shown: bool


def draw_rounds(farm: Farm, slips: Collection[str] = ()) -> tuple[Round, Round]:
    """Draw the baseline and the first monitoring round of a farm; `slips` are keys of `SLIPS`.

    An unknown slip raises ValueError.
    """
    unknown = set(slips) - SLIPS.keys()
    if unknown:
        raise ValueError(f"no such slip: {', '.join(sorted(unknown))}; there are {', '.join(SLIPS)}")
    first = _baseline(farm)
    later = _monitoring(farm, first)
    if "few-cores" in slips:
        first = replace(first, cores=8)
    if "few-cores-later" in slips:
        later = replace(later, cores=7)
    if "two-core-counts" in slips:
        first = replace(first, block_cores=first.cores + 26)
    if "covered-share" in slips:
        first = replace(first, covered=first.covered - 17)
    if "shallow" in slips:
        first = replace(first, depth_cm=20)
    if "coarse-position" in slips:
        first = replace(first, gnss_metres=6.0, position_metres=8.0)
    if "bold-position" in slips:
        later = replace(later, gnss_metres=3.0, position_metres=1.0)
    if "late-baseline" in slips:
        day = years_after(farm.start, 1) + timedelta(days=45)
        first = replace(first, sampled_from=day, sampled_to=day)
        later = replace(later, sampled_from=years_after(day, 1), sampled_to=years_after(day, 1))
    if "other-stock" in slips:
        first = replace(first, net_tonnes=round(first.net_tonnes + 31.5, 2))
        later = replace(later, net_tonnes=round(later.net_tonnes + 31.5, 2))
    if "more-sampled" in slips:
        first = replace(first, sampled_hectares=round(first.hectares + 3.1, 2), covered=100)
    if "larger-area" in slips:
        first, later = (replace(r, hectares=round(r.hectares * 1.06, 2)) for r in (first, later))
    if "poor-model" in slips:
        first = replace(first, mape=23.4, table_mape=23.4)
    if "two-model-errors" in slips:
        first = replace(first, table_mape=round(first.mape + 0.6, 2))
    return first, _slipped(later, slips)


def _slipped(later: Round, slips: Collection[str]) -> Round:
    """The monitoring round with its sums wrong where asked for."""
    if "change-off" in slips:
        change = round(later.change_tonnes + 9.0, 2)
        later = _counted(replace(later, change_tonnes=change, gain=round(change * _CONVERSION, 2)))
    if "conversion-off" in slips:
        later = _counted(replace(later, gain=round(later.change_tonnes * 3.5, 2)))
    if "emissions-off" in slips:
        later = _counted(replace(later, emissions=round(later.emissions - 20.5, 2)))
    if "leakage-alone" in slips:
        later = _counted(replace(later, leakage=14.2, yields_shown=False))
    if "balance-off" in slips:
        later = _credited(replace(later, balance=round(later.balance + 6.4, 2)))
    if "credits-off" in slips:
        later = replace(later, buffer=later.buffer - 3)
    return later


def _baseline(farm: Farm) -> Round:
    rng = chance("baseline round", farm.seed)
    day = date(farm.baseline_year, 2, rng.randint(3, 19))
    share = rng.choice((0.52, 0.61, 0.74))
    strata = rng.choice((1, 2))
    sampled = round(farm.hectares * share, 2)
    mape = round(rng.uniform(4.1, 8.9), 2)
    return Round(
        kind="baseline",
        year=year_end(farm).year,
        round_id=farm.project_id,
        reported=farm.submitted - timedelta(days=rng.randint(10, 40)),
        sampled_from=day,
        sampled_to=day + timedelta(days=rng.randint(0, 2)),
        samples=max(6, round(sampled / strata)),
        hectares=farm.hectares,
        sampled_hectares=sampled,
        strata_hectares=strata,
        cores=rng.choice((10, 12, 14)),
        depth_cm=30,
        gnss_metres=rng.choice((0.025, 0.5, 1.5)),
        position_metres=2.0,
        mape=mape,
        table_mape=mape,
        net_tonnes=farm.stock_tonnes,
        change_tonnes=0.0,
        gain=0.0,
        emissions=0.0,
        leakage=0.0,
        balance=0.0,
        buffer=0,
        credits=0,
        block_cores=None,
        covered=round(sampled / farm.hectares * 100),
        yields_shown=False,
    )


def _monitoring(farm: Farm, first: Round) -> Round:
    rng = chance("monitoring round", farm.seed)
    day = date(year_end(farm, later=True).year, 11, rng.randint(3, 26))
    emissions = farm.later_emissions
    change = round((emissions + rng.uniform(110, 480)) / _CONVERSION, 2)
    short = farm.name.split()[0]
    number = int(farm.project_id.partition(short)[0])
    mape = round(rng.uniform(3.2, 4.0), 2)
    later = replace(
        first,
        kind="monitoring",
        year=first.year + 1,
        round_id=f"{number + rng.randint(1, 9)}{short}{(first.year + 1) % 100}",
        reported=day + timedelta(days=rng.randint(120, 300)),
        sampled_from=day,
        sampled_to=day + timedelta(days=rng.randint(0, 2)),
        samples=max(6, round(farm.hectares / (first.strata_hectares + 1))),
        sampled_hectares=round(farm.hectares - 0.03, 2),
        strata_hectares=first.strata_hectares + 1,
        mape=mape,
        table_mape=mape,
        net_tonnes=round(first.net_tonnes + change, 2),
        change_tonnes=change,
        gain=round(change * _CONVERSION, 2),
        emissions=emissions,
        leakage=rng.choice((0.0, 0.0, 8.4)),
        covered=100,
        yields_shown=True,
    )
    return _counted(later)


def _counted(later: Round) -> Round:
    """Gain less emissions and leakage, and the credits of that."""
    return _credited(replace(later, balance=round(later.gain - later.emissions - later.leakage, 2)))


def _credited(later: Round) -> Round:
    total = math.floor(later.balance)
    return replace(later, credits=total, buffer=math.ceil(total * 0.2))
