"""Doors call actors, actors call the pipeline, and never the other way round; rooms keep their line."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
#: What only a door or the queue may use.
DOORS = {"cli", "commands", "servers", "watcher", "examples"}
DOORS |= {"click", "watchdog", "rich", "fastapi", "starlette", "uvicorn", "mcp"}
FORBIDDEN = {"pipeline": DOORS | {"actors", "dramatiq", "redis"}, "actors": DOORS}
#: A server is a door beside the command line, not behind it.
FORBIDDEN |= {"servers": {"cli", "commands", "watcher", "examples", "click"}}
#: Slow to import, so they are imported where they are used and not when the program starts.
HEAVY = {"pdfplumber", "openpyxl", "fpdf", "redis", "jinja2", "rich", "pypdfium2"}
HEAVY |= {"docx", "python_calamine", "shapefile", "httpcore2", "httpx2", "itsdangerous", "prometheus_client"}
HEAVY |= {"reportlab"}


def modules(package: str) -> list[Path]:
    found = sorted((ROOT / package).rglob("*.py"))
    assert found, package
    return found


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every top-level package that is imported anywhere in a module, by statement or by name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module.split(".")[0]
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("import_module", "__import__") and isinstance(node.args[0].value, str):
                yield node.lineno, node.args[0].value.split(".")[0]


def test_imports_are_seen_in_every_form_they_can_take() -> None:
    code = "import a.b\nfrom c.d import e\ndef f():\n    import g\n"
    code += "import importlib\nimportlib.import_module('h.i')\n__import__('j')"
    assert {name for _, name in imported(ast.parse(code))} == {"a", "c", "g", "importlib", "h", "j"}


@pytest.mark.parametrize("package", sorted(FORBIDDEN))
def test_no_module_reaches_up(package: str) -> None:
    up = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in modules(package)
        for line, name in imported(ast.parse(path.read_text(encoding="utf-8")))
        if name in FORBIDDEN[package]
    ]
    assert up == []


def test_no_module_is_imported_relatively() -> None:
    relative = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for package in ("pipeline", "actors", "commands", "servers", "examples")
        for path in modules(package)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_the_contracts_in_pyproject_are_kept() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(  # noqa: S603 - our own tool on our own code
        [lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout
    assert "Contracts: 10 kept" in done.stdout


def test_what_is_heavy_is_not_imported_to_look_at_a_session() -> None:
    # Given a process that only asks what the workflow would do
    looked = "pipeline.stages.run, pipeline.status.progress, pipeline.home.workspace"
    code = f"import sys, {looked}; print(' '.join(sys.modules))"
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own code
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert "pipeline" in loaded
    assert loaded & (HEAVY | DOORS | {"dramatiq", "actors"}) == set()


def test_no_module_is_longer_than_can_be_held_in_mind() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for package in ("pipeline", "actors", "commands", "servers")
        for path in modules(package)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}
