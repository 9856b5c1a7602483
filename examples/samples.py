"""What a round leaves beside its report: the laboratory's sample table, and the record of the satellite image."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date, timedelta

from examples.chance import chance
from examples.farm import Farm
from examples.rounds import Round

_HEAD = ("Label", "NRMRef", "Received", "Reported", "BD", "Depth", "SOC", "SOCS")


def write_samples(farm: Farm, own: Round, slips: Collection[str] = ()) -> bytes:
    """The sample table as csv, one row for each composited sample; columns stand in another order on each farm."""
    rng = chance(f"samples {own.kind}", farm.seed)
    order = rng.sample(range(len(_HEAD)), len(_HEAD))
    fewer = 2 if "fewer-rows" in slips and own.kind == "baseline" else 0
    swapped = "swapped-columns" in slips and own.kind == "baseline"
    received = own.sampled_to + timedelta(days=4)
    reported = received + timedelta(days=19)
    rows: list[tuple[str, ...]] = [_HEAD]
    for number in range(1, own.samples - fewer + 1):
        density, carbon = round(rng.uniform(1.05, 1.45), 2), round(rng.uniform(1.4, 3.4), 2)
        depth, stock = f"{own.depth_cm}", f"{density * carbon * own.depth_cm:.2f}"
        pair = (depth, f"{density:.2f}") if swapped else (f"{density:.2f}", depth)
        head = (f"S{number:03d}", f"{rng.randint(10**5, 10**6 - 1)}", f"{received:%d/%m/%Y}", f"{reported:%d/%m/%Y}")
        rows.append((*head, *pair, f"{carbon:.2f}", stock))
    return "\n".join(",".join(row[i] for i in order) for row in rows).encode() + b"\n"


def image_day(farm: Farm, own: Round, slips: Collection[str] = ()) -> date:
    """The day of the satellite image: some weeks from the sampling, or half a year before it."""
    if "late-image" in slips and own.kind == "baseline":
        return own.sampled_from - timedelta(days=161)
    return own.sampled_from + timedelta(days=chance(f"image {own.kind}", farm.seed).randint(-60, 60))


def write_image_record(farm: Farm, own: Round, day: date) -> bytes:
    """What the provider says of the satellite image, as JSON; the day stands in the file's name as well."""
    record = {"mission": "S2A", "level": "L2A", "cloud_cover": round(chance(own.kind, farm.seed).uniform(0, 4), 2)}
    return (json.dumps({"tile": f"tile_{day:%Y%m%d}", **record}, indent=1) + "\n").encode()
