"""Several farms as a developer sends them on one day: a clean one, a muddled one, a copied round, a hopeless one."""

from __future__ import annotations

import io
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

from examples.chance import chance
from examples.farm import draw_farm
from examples.register import write_register
from examples.review import Slips, write_review
from examples.submission import Submission, write_submission

Kind = Literal["clean", "versions", "copied round", "hopeless", "ordinary"]
#: Degrees, as desktop programs write it beside a shapefile.
_WGS_84 = (
    'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
)
#: The first farms of every portfolio, in this order; all others are what their seed makes of them.
KINDS: tuple[Kind, ...] = ("clean", "versions", "copied round", "hopeless")


@dataclass(frozen=True)
class Sent:
    """One folder of the portfolio: what kind of farm it is, and its submission before it was changed."""

    kind: Kind
    folder: Path
    submission: Submission


def write_portfolio(out: Path, farms: int, seed: int = 1) -> tuple[Sent, ...]:
    """Write that many folders into `out`, seeds counting up from `seed`; the same seed gives the same bytes.

    The third folder is a later round of the first farm, so it has the first one's seed.
    """
    names: set[str] = set()
    sent: list[Sent] = []
    for place in range(farms):
        kind = KINDS[place] if place < len(KINDS) else "ordinary"
        own = seed if kind == "copied round" else seed + place
        folder = out / _name(own, kind, names)
        sent.append(Sent(kind, folder, _write(kind, folder, own, sent)))
    return tuple(sent)


def _name(seed: int, kind: Kind, taken: set[str]) -> str:
    """The farm and its start year; names come round again after some farms, so those get their internal id as well."""
    farm = draw_farm(seed)
    name = f"{farm.name} {farm.start.year}"
    if kind == "copied round":
        return f"{name} Monitoring Round 1"
    if name in taken:
        name = f"{name} {farm.project_id}"
    taken.add(name)
    return name


def _write(kind: Kind, folder: Path, seed: int, sent: list[Sent]) -> Submission:
    if kind == "clean":
        return _clean(folder, seed)
    if kind == "versions":
        return _versions(folder, seed)
    if kind == "copied round":
        return _copied_round(folder, sent[0])
    return _hopeless(folder, seed) if kind == "hopeless" else write_submission(folder, seed)


def _clean(folder: Path, seed: int) -> Submission:
    """Everything that can be right is: all papers sent, nothing pending, nothing twice, nothing broken."""
    made = write_submission(folder, seed, public=False, absent_paper=False, area_in_picture=False)
    for key in ("duplicate", "temporary", "broken"):
        made.files[key].unlink()
    for number, title in enumerate(made.farm.titles, start=1):
        made.files[f"register-{number}"].write_bytes(write_register(made.farm, replace(title, pending=False), None))
    _shapefile(folder / "GIS" / f"{made.farm.estate} boundary", seed)
    return made


def _ring(seed: int) -> list[tuple[float, float]]:
    """A square of land at sea, against the clock: no farm of ours lies on anybody's map."""
    at = chance("boundary", seed)
    west, south = round(at.uniform(-20, -15), 4), round(at.uniform(48, 52), 4)
    ring = [(west, south), (west + 0.01, south), (west + 0.01, south + 0.008), (west, south + 0.008), (west, south)]
    return [(round(x, 4), round(y, 4)) for x, y in ring]


def _shapefile(stem: Path, seed: int) -> None:
    """The boundary as desktop programs keep it: four files that are one layer."""
    import shapefile

    stem.parent.mkdir()
    shp, shx, dbf = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with shapefile.Writer(shp=shp, shx=shx, dbf=dbf, shapeType=shapefile.POLYGON) as writer:
        writer.field("NAME", "C", size=20)
        writer.poly([_ring(seed)[::-1]])
        writer.record("Project boundary")
    # A table says when it was last changed, and would differ from day to day.
    table = dbf.getvalue()[:1] + bytes((126, 1, 5)) + dbf.getvalue()[4:]
    parts = {".shp": shp.getvalue(), ".shx": shx.getvalue(), ".dbf": table, ".prj": _WGS_84.encode("ascii")}
    for suffix, data in parts.items():
        stem.with_name(stem.name + suffix).write_bytes(data)


def _zip(archive: Path, files: list[Path]) -> None:
    """Move files into an archive, under a folder of its name; stored, so that every machine makes the same bytes."""
    with zipfile.ZipFile(archive, "w") as made:
        for file in files:
            made.writestr(zipfile.ZipInfo(f"{archive.stem}/{file.name}"), file.read_bytes())
            file.unlink()


def _versions(folder: Path, seed: int) -> Submission:
    """The plan that counts is version 3; beside it lie an older one, its public twin, and a review of the older one.

    The land registers come as a zip.
    """
    made = write_submission(folder, seed, public=False, plan_version="3")
    plan = made.files["plan"]
    with _beside(seed, public=False, plan_version="2") as old:
        shutil.copyfile(old.files["plan"], plan.with_name(f"{plan.stem} (1).pdf"))
    with _beside(seed, public=True, plan_version="3") as twin:
        shutil.copyfile(twin.files["plan"], folder / twin.files["plan"].name)
    _zip(folder / "Land.zip", [made.files[f"register-{n}"] for n in range(1, len(made.farm.titles) + 1)])
    farm = made.farm
    sent = [path.stem for key, path in made.files.items() if key not in ("duplicate", "temporary", "broken")]
    older = Slips(submitted=farm.submitted - timedelta(days=190))
    review = write_review(farm, "registration", sent, older)
    (folder / f"{farm.name} Registry Agent Review.pdf").write_bytes(review)
    return made


def _copied_round(folder: Path, before: Sent) -> Submission:
    """A round that sends the files of the one before again, and a single new one whose ending stands twice."""
    shutil.copytree(before.folder, folder, copy_function=shutil.copyfile)
    farm = before.submission.farm
    renewed = replace(farm.titles[0], issued=farm.titles[0].issued + timedelta(days=365), pending=False)
    name = f"Official Copy (Register) - {renewed.number} renewed.pdf.pdf"
    (folder / name).write_bytes(write_register(farm, renewed, None))
    return before.submission


def _hopeless(folder: Path, seed: int) -> Submission:
    """A blank form, registers that broke off on the way, and a picture nobody can open; no map and no workbook."""
    made = write_submission(folder, seed, answers=False, public=False)
    for key in ("land_cover_map", "yields", "duplicate"):
        made.files[key].unlink()
    for number in range(1, len(made.farm.titles) + 1):
        register = made.files[f"register-{number}"]
        register.write_bytes(register.read_bytes()[:700])
    (folder / "IMG_2041.pdf").write_bytes(b"\x00" * 512)
    return made


@contextmanager
def _beside(seed: int, **variations: object) -> Iterator[Submission]:
    """A second submission of the same seed, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="registry-review-example-") as folder:
        yield write_submission(Path(folder), seed, **variations)
