"""What a coordinate system is called, and whether areas can be measured in it."""

from __future__ import annotations

import re

_NAME = re.compile(r'\s*(?:COMPD_?CS\["[^"]*",\s*|BOUNDCRS\[\s*SOURCECRS\[\s*)?(\w+)\["([^"]{1,120})"')
_UNIT = re.compile(r'(LENGTH)?UNIT\["([^"]*)",\s*([0-9.eE+-]+)')
_ANGLE = re.compile(r"deg|rad|grad|gon", re.IGNORECASE)
_EPSG = re.compile(r"(?:EPSG[:/]+(?:[\d.]*[:/])?|^)(\d{4,6})$", re.IGNORECASE)
#: Mercator keeps angles and stretches areas, in Britain by a factor of two and a half.
_STRETCHED = re.compile(r"mercator", re.IGNORECASE)
#: Stretches hardly at all within its zone.
_TRANSVERSE = re.compile(r"transverse|gauss|utm", re.IGNORECASE)
WGS84 = {"crs": "WGS 84", "crs_kind": "geographic"}


def of_wkt(text: str) -> dict[str, str]:
    """crs (its name), crs_kind (geographic, projected, stretched) and metres (per unit) of well-known text; or {}."""
    match = _NAME.match(text)
    if match is None:
        return {}
    keyword, name = match.group(1).upper(), " ".join(match.group(2).replace("_", " ").split())
    if not name or name.casefold() in ("unknown", "unnamed", "undefined"):
        return {}
    if keyword.startswith("GEO"):
        return {"crs": name, "crs_kind": "geographic"}
    method = re.search(r'(?:PROJECTION|METHOD)\["([^"]*)"', text)
    said = f"{name} {method.group(1) if method else ''}"
    if _STRETCHED.search(said) and not _TRANSVERSE.search(said):
        return {"crs": name, "crs_kind": "stretched"}
    units = [(m.group(1), m.group(3)) for m in _UNIT.finditer(text) if not _ANGLE.search(m.group(2))]
    # The older form names the map's unit before that of heights; the newer one names the ellipsoid's first.
    unit = units[-1][1] if units and units[-1][0] else units[0][1] if units else ""
    try:
        metres = float(unit)
    except ValueError:
        return {"crs": name, "crs_kind": "projected"}
    return {"crs": name, "crs_kind": "projected", **({"metres": repr(metres)} if 0 < metres < 1e6 else {})}


def of_name(name: str) -> dict[str, str]:
    """The same of a name such as "urn:ogc:def:crs:EPSG::27700"; what the number means is known for common ones only."""
    if re.search(r"CRS:?:?84$|CRS84", name, re.IGNORECASE):
        return dict(WGS84)
    match = _EPSG.search(name.strip())
    if match is None:
        return {"crs": " ".join(name.split())[:120], "crs_kind": "unknown"} if name.strip() else {}
    code = int(match.group(1))
    if code in (4326, 4979):
        return dict(WGS84)
    shown = f"EPSG:{code}"
    if code in (3857, 3395, 900913):
        return {"crs": shown, "crs_kind": "stretched"}
    if code in (4258, 4269, 4277, 4283, 7844):
        return {"crs": shown, "crs_kind": "geographic"}
    # British, Irish and European grids, and UTM on WGS 84 and ETRS89: all in metres.
    known = code in (27700, 2157, 29902, 29903, 3035) or 32601 <= code <= 32660 or 32701 <= code <= 32760
    if known or 25828 <= code <= 25838:
        return {"crs": shown, "crs_kind": "projected", "metres": "1.0"}
    return {"crs": shown, "crs_kind": "unknown"}
