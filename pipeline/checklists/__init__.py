"""Methodologies as data: what each requirement asks, where the answer stands, what must be true for it to count."""

from __future__ import annotations

import hashlib
import tomllib
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from rapidfuzz import process

from pipeline.checklists.model import Checklist, Requirement
from pipeline.errors import ChecklistError

__all__ = ["Checklist", "Requirement", "available", "load"]


def available(folder: Path | None) -> list[str]:
    """The methodologies there are checklists for, the user's own folder included."""
    own = {p.stem for p in folder.glob("*.toml")} if folder and folder.is_dir() else set()
    shipped = {p.name.removesuffix(".toml") for p in files(__name__).iterdir() if p.name.endswith(".toml")}
    return sorted(own | shipped)


def load(methodology: str, folder: Path | None = None) -> Checklist:
    """The checklist of a methodology; one in the user's `folder` goes before the shipped one of the same name.

    Raises ChecklistError naming the file, the entry and the field when the file has a mistake in it.
    """
    if methodology not in available(folder):
        near = process.extractOne(methodology, available(folder))
        known = ", ".join(available(folder)) or "none"
        hint = f"Did you mean {near[0]!r}? " if near and near[1] > 60 else ""
        raise ChecklistError(f"There is no checklist {methodology!r}.", f"{hint}Known: {known}.")
    own = folder / f"{methodology}.toml" if folder else None
    if own and own.is_file():
        return _parse(own.read_bytes(), str(own))
    return _parse(files(__name__).joinpath(f"{methodology}.toml").read_bytes(), f"{methodology} (shipped)")


@lru_cache(maxsize=16)
def _parse(content: bytes, where: str) -> Checklist:
    try:
        data = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ChecklistError(f"The checklist {where} is not valid TOML: {error}.", "Correct that line.") from error
    data["sha256"] = hashlib.sha256(content).hexdigest()
    try:
        return Checklist.model_validate(data)
    except ValidationError as error:
        raise ChecklistError(f"The checklist {where} has a mistake: {_first_mistake(error, data)}.") from error


def _first_mistake(error: ValidationError, data: dict[str, Any]) -> str:
    """The first thing wrong, in words: which entry, which field, and the nearest name for a misspelt one."""
    first = error.errors()[0]
    place = [str(p) for p in first["loc"]]
    entry = _entry_name(first["loc"], data)
    if first["type"] == "extra_forbidden":
        near = process.extractOne(place[-1], sorted(_field_names()))
        hint = f"; did you mean {near[0]!r}?" if near and near[1] > 60 else ""
        return f"{entry}: unknown name {place[-1]!r}{hint}"
    return f"{entry}: {place[-1] if place else 'file'}: {first['msg']}"


def _entry_name(loc: tuple[int | str, ...], data: dict[str, Any]) -> str:
    if len(loc) > 1 and loc[0] == "requirement" and isinstance(loc[1], int):
        entry = data["requirement"][loc[1]]
        return str(entry.get("requirement_id", f"requirement number {loc[1] + 1}"))
    return "the file"


def _field_names() -> set[str]:
    from pipeline.checklists import model

    classes = [c for c in vars(model).values() if isinstance(c, type) and issubclass(c, BaseModel)]
    return {name for c in classes for name in c.model_fields} | {"requirement"}
