"""What is written about the program is true: links lead somewhere, names exist, examples work, nothing is left out."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from checks_page import FAMILIES
from checks_page import PAGE as CHECKS_PAGE
from checks_page import page as checks_page
from commands_page import command_paths
from pydantic import BaseModel

from pipeline import checklists
from pipeline.checklists import model
from pipeline.errors import ChecklistError
from pipeline.home import exit_codes
from pipeline.models import DocumentStatus, DocumentType
from pipeline.settings import Settings
from pipeline.verdicts.checks import RULES
from pipeline.workflow import order

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").glob("*.md")])
#: Made by tools or by working with the program; not part of the repository.
NOT_OURS = re.compile(r"(?:^|/)(?:\.[\w-]+|__pycache__|build|dist|[\w-]+\.egg-info)/(?<!\.ci/)|^(?:inbox|data)/")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CHECKLISTS_PAGE = (ROOT / "docs" / "checklists.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```toml\n(.*?)^```$", CHECKLISTS_PAGE, re.M | re.S)
KINDS = {test.model_fields["kind"].annotation: test for test in get_args(get_args(model.Test)[0])}


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def code_of(page: Path) -> list[str]:
    """What stands in backticks within a line."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text_of(page), flags=re.M | re.S))


def anchors(page: Path) -> set[str]:
    """Headings as a reader of Markdown names them in links."""
    titles = re.findall(r"^#+ (.+)$", text_of(page), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_link_leads_to_a_file_or_heading_that_is_there(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if link.startswith("https://"):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.is_file(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_can_be_found_from_the_readme() -> None:
    readme = text_of(ROOT / "README.md")
    assert [p.name for p in (ROOT / "docs").glob("*.md") if f"docs/{p.name}" not in readme] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_file_of_the_repository_that_a_page_names_exists(page: Path) -> None:
    places = (ROOT, ROOT / "pipeline", page.parent)
    named = [w for w in code_of(page) if re.fullmatch(r"[\w./-]+(?:\.(?:py|toml)|/)", w)]
    made = {"inbox/", "data/", "inbox/new/", "inbox/.quarantine/"}
    absent = [w for w in named if w not in made and not any((place / w).exists() for place in places)]
    assert absent == []


def test_the_architecture_names_every_room() -> None:
    # The rooms stand in its drawing.
    known = set(re.findall(r"\w+", text_of(ROOT / "docs" / "architecture.md")))
    parts = {p.stem for p in (ROOT / "pipeline").iterdir() if p.suffix == ".py" or (p / "__init__.py").is_file()}
    assert parts - known == {"__init__"}


def test_the_page_on_checks_is_what_the_rules_declare_and_leaves_none_out() -> None:
    assert text_of(CHECKS_PAGE) == checks_page(), "run: make docs"
    assert sorted(rule.check_id for _, rules in FAMILIES for rule in rules) == sorted(r.check_id for r in RULES)


def test_make_verbs_on_the_pages_exist() -> None:
    verbs = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.M))
    typed = {verb for page in PAGES for verb in re.findall(r"(?:^|`)make ([a-z]+)\b", text_of(page), re.M)}
    assert {"demo", "test"} <= typed <= verbs


def test_every_command_and_exit_code_is_in_the_reference() -> None:
    text = text_of(ROOT / "docs" / "commands.md")
    assert [path for path in command_paths() if f"## registry-review {' '.join(path)}\n" not in text] == []
    codes = {value for name, value in vars(exit_codes).items() if name.isupper() and isinstance(value, int)}
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", text.partition("## Exit codes")[2], re.M)} == codes


def test_the_stages_in_the_architecture_are_those_of_the_workflow() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|", text_of(ROOT / "docs" / "architecture.md"), re.M)
    assert dict(rows) == order.VERBS


def test_the_page_on_reports_explains_every_status() -> None:
    text = text_of(ROOT / "docs" / "reading-the-report.md")
    assert [s for s in get_args(DocumentStatus) if s.replace("_", " ") not in text] == []


# --- settings ---------------------------------------------------------------------------------------------------------


def test_every_setting_is_in_the_config_file_and_nothing_else_is() -> None:
    written = tomllib.loads(text_of(ROOT / "config.toml"))
    known = {name: set(field.annotation.model_fields) for name, field in Settings.model_fields.items()}
    assert {section: set(keys) for section, keys in written.items()} == known


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_settings_that_a_page_names_exist(page: Path) -> None:
    known = {name: set(field.annotation.model_fields) for name, field in Settings.model_fields.items()}
    for section, key in re.findall(r"`\[(\w+)\] (\w+)", text_of(page)):
        assert key in known[section]


# --- packages ---------------------------------------------------------------------------------------------------------


def declared() -> Iterator[str]:
    groups = PROJECT["project"]["optional-dependencies"]["dev"], PROJECT["build-system"]["requires"]
    for requirement in (*PROJECT["project"]["dependencies"], *groups[0], *groups[1]):
        yield re.match(r"[\w.-]+", requirement)[0]


def test_every_package_has_its_reason_and_no_other_is_listed() -> None:
    rows = re.findall(r"^\| ([\w.-]+) \| (.+) \| (.+) \|$", text_of(ROOT / "docs" / "dependencies.md"), re.M)
    reasons = {name: reason for name, reason, _ in rows if name != "package" and not name.startswith("-")}
    assert sorted(reasons) == sorted(declared())
    assert all(len(reason.split()) > 1 for reason in reasons.values())


def test_every_package_that_runs_is_imported_somewhere_or_its_reason_says_why_not() -> None:
    folders = ("actors", "commands", "examples", "pipeline", "servers")
    sources = [p for folder in folders for p in (ROOT / folder).rglob("*.py")]
    code = "\n".join(map(text_of, [*sources, ROOT / "cli.py", ROOT / "watcher.py"]))
    names = {"fpdf2": "fpdf", "pillow": "PIL", "pyshp": "shapefile"}
    names |= {"python-calamine": "python_calamine", "python-docx": "docx"}
    names |= {"prometheus-client": "prometheus_client", "python-multipart": "python_multipart"}
    packages = [re.match(r"[\w.-]+", r)[0] for r in PROJECT["project"]["dependencies"]]
    unused = [p for p in packages if not re.search(rf"^\s*(?:from|import) {names.get(p, p)}\b", code, re.M)]
    reasons = text_of(ROOT / "docs" / "dependencies.md")
    assert [p for p in unused if not re.search(rf"^\| {p} \|.*Nothing imports it yet", reasons, re.M)] == []


# --- checklists -------------------------------------------------------------------------------------------------------


def load(folder: Path, content: str) -> checklists.Checklist:
    (folder / "my-checklist.toml").write_text(content, encoding="utf-8")
    return checklists.load("my-checklist", folder)


def test_the_smallest_checklist_of_the_page_is_a_whole_file(tmp_path: Path) -> None:
    assert [r.requirement_id for r in load(tmp_path, EXAMPLES[0]).requirements] == ["REQ-001"]


def test_without_any_one_of_its_lines_that_must_be_there_the_smallest_checklist_is_refused(tmp_path: Path) -> None:
    for key in ("methodology", "title", "version", "source", "category", "accepted_evidence", "scope", "answer"):
        with pytest.raises(ChecklistError, match=key):
            load(tmp_path, re.sub(rf"^{key} = .*\n", "", EXAMPLES[0], flags=re.M))


@pytest.mark.parametrize("example", EXAMPLES[1:], ids=lambda e: (re.findall(r'kind = "(\w+)"', e) or ["beside"])[-1])
def test_every_example_of_the_page_can_stand_under_a_requirement_on_the_registrys_form(
    tmp_path: Path, example: str
) -> None:
    shipped = text_of(ROOT / "pipeline" / "checklists" / "soil-carbon-v1.2.2.toml")
    requirement = "[[requirement]]" + EXAMPLES[0].partition("[[requirement]]")[2].replace("REQ-001", "REQ-999")
    bare = load(tmp_path, f"{shipped}\n{requirement}").requirements[-1]
    whole = load(tmp_path, f"{shipped}\n{requirement}\n{example}").requirements[-1]
    assert whole.requirement_id == "REQ-999"
    assert whole != bare


def test_every_kind_of_test_has_an_example_and_every_word_of_a_checklist_is_explained() -> None:
    kinds = {get_args(annotation)[0] for annotation in KINDS}
    assert set(re.findall(r'^kind = "(\w+)"', CHECKLISTS_PAGE, re.M)) == kinds
    assert set(re.findall(r"^\*\*(\w+)\*\*", CHECKLISTS_PAGE, re.M)) == kinds
    classes = [c for c in vars(model).values() if isinstance(c, type) and issubclass(c, BaseModel)]
    words = {f.alias or name for c in classes for name, f in c.model_fields.items()} - {"sha256"}
    assert sorted(w for w in words if not re.search(rf"\b{w}\b", CHECKLISTS_PAGE)) == []
    assert [kind for kind in get_args(DocumentType) if f"`{kind}`" not in CHECKLISTS_PAGE] == []


# --- the repository itself --------------------------------------------------------------------------------------------


def files() -> Iterator[Path]:
    for path in sorted(ROOT.rglob("*")):
        if path.is_file() and not NOT_OURS.search(path.relative_to(ROOT).as_posix()):
            yield path


def test_no_file_speaks_of_one_machine_or_leaves_a_thing_for_later() -> None:
    marks = re.compile(r"(?<![\w.}])/(?:root|work|Users)/|\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")
    found = []
    for path in files():
        for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").splitlines(), 1):
            if marks.search(line) and path != Path(__file__):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert found == []


def test_every_module_of_the_program_says_its_one_idea_in_its_first_line() -> None:
    for top in ("actors", "examples", "pipeline"):
        for path in (ROOT / top).rglob("*.py"):
            assert re.match(r'"""\S.+[.:](?:"""\n|\n\n)', text_of(path)), path


def test_the_licence_is_whole_and_goes_into_the_wheel() -> None:
    assert text_of(ROOT / "LICENSE").lstrip().startswith("Apache License")
    assert len(text_of(ROOT / "LICENSE")) > 10_000
    assert PROJECT["project"]["license-files"] == ["LICENSE"]
