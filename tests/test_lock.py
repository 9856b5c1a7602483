"""What CI installs is pinned: every package that pyproject.toml asks for, in an allowed version, by its hashes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pins() -> dict[str, list[tuple[Requirement, list[str]]]]:
    """Each package's pins, one for each environment, with their hashes."""
    found: dict[str, list[tuple[Requirement, list[str]]]] = {}
    code = re.sub(r"^\s*#.*\n", "", LOCK, flags=re.M)
    for entry in re.sub(r"\\\n", " ", code).splitlines():
        words, *hashes = entry.split("--hash=")
        requirement = Requirement(words.strip())
        found.setdefault(canonicalize_name(requirement.name), []).append((requirement, [h.strip() for h in hashes]))
    return found


def asked_for() -> list[Requirement]:
    project = PROJECT["project"]
    groups = (project["dependencies"], project["optional-dependencies"]["dev"], PROJECT["build-system"]["requires"])
    return [Requirement(one) for group in groups for one in group]


def test_every_package_is_pinned_in_a_version_that_the_project_allows() -> None:
    pinned = pins()
    wrong = []
    for wanted in asked_for():
        found = pinned.get(canonicalize_name(wanted.name), [])
        versions = [next(iter(pin.specifier)).version for pin, _ in found]
        if not versions or not all(wanted.specifier.contains(one) for one in versions):
            wrong.append(f"{wanted} is pinned as {versions or 'nothing'}; run: make lock")
    assert wrong == []


def test_every_pin_is_exact_and_has_its_hashes() -> None:
    for entries in pins().values():
        for pin, hashes in entries:
            assert [one.operator for one in pin.specifier] == ["=="], pin
            assert pin.url is None
            assert hashes, pin
            assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes), pin


def test_the_lock_is_for_every_python_that_the_project_is_for() -> None:
    versions = [c.rpartition(" ")[2] for c in PROJECT["project"]["classifiers"] if re.search(r":: 3\.\d+$", c)]
    assert versions == ["3.11", "3.12", "3.13"]
    for wanted in asked_for():
        entries = pins()[canonicalize_name(wanted.name)]
        for version in versions:
            linux = {"python_version": version, "python_full_version": f"{version}.7", "sys_platform": "linux"}
            assert any(pin.marker is None or pin.marker.evaluate(linux) for pin, _ in entries), (wanted, version)


def test_no_address_and_no_path_of_a_machine_is_in_it() -> None:
    assert not re.search(r"://|--(?:index|extra|find|trusted)|^-|file:", LOCK, re.M)


def test_ci_installs_by_the_lock_and_asks_for_known_holes() -> None:
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "export LOCKED=1" in run
    assert "make audit" in run
    assert "--require-hashes --requirement requirements.lock" in (ROOT / "Makefile").read_text(encoding="utf-8")
