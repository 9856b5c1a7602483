"""docs/security.md is true: each line names the tests that hold it, and these tests are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def rows() -> list[list[str]]:
    """The cells of every line of a table, heads and rules left out."""
    lines = [line for line in PAGE.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if row[0] != "could try to" and not set(row[0]) <= set("-|")]


def defined_in(module: str) -> set[str]:
    """Every test that a module defines."""
    tree = ast.parse((ROOT / "tests" / f"{module}.py").read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_line_of_the_threat_model_names_tests_that_are_there() -> None:
    found = rows()
    assert len(found) > 30
    for row in found:
        assert len(row) == 3, row
        named = re.findall(r"`(test_\w+)::(test_\w+)`", row[2])
        assert named, row
        assert [f"{module}::{test}" for module, test in named if test not in defined_in(module)] == []


def test_a_section_says_who_it_is_about() -> None:
    assert len(re.findall(r"^## ", PAGE, re.M)) >= 6
