"""Methodologies as data: what each requirement asks, where the answer stands, what must be true for it to count."""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from rapidfuzz import process

from pipeline.checklists import model
from pipeline.checklists.model import KINDS, Checklist, Requirement, nearest
from pipeline.errors import ChecklistError

__all__ = ["Checklist", "Requirement", "available", "load", "source"]


def available(folder: Path | None) -> list[str]:
    """The methodologies there are checklists for, the user's own folder included."""
    own = {p.stem for p in folder.glob("*.toml")} if folder and folder.is_dir() else set()
    return sorted(own | _shipped().keys())


@cache
def _shipped() -> dict[str, bytes]:
    """The checklists that come with the program, which change with it alone."""
    found = (path for path in files(__name__).iterdir() if path.name.endswith(".toml"))
    return {path.name.removesuffix(".toml"): path.read_bytes() for path in found}


def load(methodology: str, folder: Path | None = None) -> Checklist:
    """The checklist of a methodology; one in the user's `folder` goes before the shipped one of the same name.

    Raises ChecklistError naming the file, the entry and the field when the file has a mistake in it.
    """
    return parsed(*source(methodology, folder))


def source(methodology: str, folder: Path | None = None) -> tuple[bytes, str]:
    """The checklist's file as it is, and where it stands; ChecklistError when there is none that can be read."""
    if folder is not None and not folder.is_dir():
        raise ChecklistError(
            f"There is no folder {folder} for checklists of your own.",
            "Make it, or correct checklist.folder in the settings.",
        )
    if methodology not in available(folder):
        near = process.extractOne(methodology, available(folder))
        known = ", ".join(available(folder)) or "none"
        hint = f"Did you mean {near[0]!r}? " if near and near[1] > 60 else ""
        raise ChecklistError(f"There is no checklist {methodology!r}.", f"{hint}Known: {known}.")
    own = folder / f"{methodology}.toml" if folder else None
    if own and own.is_file():
        try:
            content = own.read_bytes()
        except OSError as error:
            raise ChecklistError(
                f"The checklist {own} cannot be read: {error.strerror}.", "Give this user the right to read it."
            ) from error
        return content, str(own)
    return _shipped()[methodology], f"{methodology} (shipped)"


@lru_cache(maxsize=16)
def parsed(content: bytes, where: str) -> Checklist:
    """The checklist that a file's bytes hold; ChecklistError names `where` when there is a mistake in them."""
    try:
        data = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ChecklistError(f"The checklist {where} is not valid TOML: {error}.", "Correct that line.") from error
    data["sha256"] = hashlib.sha256(content).hexdigest()
    try:
        return Checklist.model_validate(data)
    except ValidationError as error:
        raise ChecklistError(
            f"The checklist {where} has a mistake: {_first_mistake(error, data)}.", "Correct it there."
        ) from error


def _first_mistake(error: ValidationError, data: dict[str, Any]) -> str:
    """The first thing wrong, in words: which entry, which field, and the nearest name for a misspelt one."""
    found = error.errors()
    # A misspelt name is also a missing one; the misspelling is what helps.
    first = next((one for one in found if one["type"] == "extra_forbidden"), found[0])
    place = [str(p) for p in first["loc"]]
    entry = _entry_name(first["loc"], data)
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        return f"{entry}: unknown name {place[-1]!r}{nearest(place[-1], _field_names())}"
    if first["type"] == "missing":
        return f"{entry}: {place[-1]!r} is missing"
    if first["type"] == "union_tag_not_found":
        return f"{entry}: 'kind' is missing"
    if first["type"] == "union_tag_invalid":
        kind = first["ctx"]["tag"]
        return f"{entry}: there is no kind of test {kind!r}{nearest(kind, KINDS)}"
    return f"{entry}: {place[-1]}: {message}" if place else message


def _entry_name(loc: tuple[int | str, ...], data: dict[str, Any]) -> str:
    # the entry as its writer knows it: "REQ-004, test 'area-in-hectares'"
    if len(loc) < 2 or not isinstance(loc[0], str) or not isinstance(loc[1], int):
        return "the file"
    entry = data[loc[0]][loc[1]]
    if loc[0] != "requirement":
        return f"{loc[0]} {entry.get('number', loc[1] + 1)}"
    name = str(entry.get("requirement_id", f"requirement number {loc[1] + 1}"))
    if len(loc) > 3 and loc[2] in ("tests", "notes") and isinstance(loc[3], int):
        inner = entry[loc[2]][loc[3]].get("test", loc[3] + 1)
        return f"{name}, {str(loc[2]).removesuffix('s')} {inner!r}"
    return name


def _field_names() -> set[str]:
    classes = [c for c in vars(model).values() if isinstance(c, type) and issubclass(c, BaseModel)]
    return {name for c in classes for name in c.model_fields} | {"requirement"}
