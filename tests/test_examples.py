"""The made-up submissions: the same for a seed, different between seeds, and everything said of them is true."""

from __future__ import annotations

import ctypes
import datetime as dt
import hashlib
import io
import os
import re
import subprocess
import sys
from functools import cache
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pypdfium2
import pypdfium2.raw as pdfium
import pytest

from examples import Submission, Variations, write_submission
from examples.__main__ import main
from examples.form import FORM
from examples.portfolio import write_portfolio
from examples.wording import draw_instructions
from pipeline.home.workspace import Workspace
from pipeline.stages.add_documents import add_documents
from pipeline.stages.discover import discover_documents
from pipeline.stages.initialize import create_session

SEEDS = range(1, 13)


@cache
def submission(seed: int) -> tuple[Submission, dict[str, bytes]]:
    """A seed's submission, written once for all tests, with the bytes of its files."""
    return written(seed)


def written(seed: int, **variations: Any) -> tuple[Submission, dict[str, bytes]]:
    with TemporaryDirectory() as folder:
        made = write_submission(Path(folder) / "new" / "farm", seed, **variations)
        return made, {key: path.read_bytes() for key, path in made.files.items()}


def page_texts(data: bytes) -> list[str]:
    with pypdfium2.PdfDocument(data) as document:
        return [
            document[n].get_textpage().get_text_range().replace("\ufffe", "-").replace("\r\n", "\n")
            for n in range(len(document))
        ]


def squashed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def lines_with_fonts(data: bytes) -> list[tuple[int, str, frozenset[str]]]:
    """Every line of a PDF with its page and the names of its fonts, bullets and spaces aside."""
    name = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    found = []
    with pypdfium2.PdfDocument(data) as document:
        for n in range(len(document)):
            page = document[n].get_textpage()
            text, fonts = "", set[str]()
            for i in range(page.count_chars() + 1):
                char = chr(pdfium.FPDFText_GetUnicode(page.raw, i)) if i < page.count_chars() else "\n"
                if char == "\n":
                    if text.strip():
                        found.append((n + 1, text.strip("\u2022 \r"), frozenset(fonts)))
                    text, fonts = "", set()
                    continue
                text += char
                if char not in " \r\u2022":
                    pdfium.FPDFText_GetFontInfo(page.raw, i, name, 128, ctypes.byref(flags))
                    fonts.add(name.value.decode())
    return found


def is_italic(font: str) -> bool:
    return "Italic" in font or "Oblique" in font


def digest(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


# --- determinism ---------------------------------------------------------------------------------------------------


def test_another_process_on_another_day_writes_the_same_bytes(tmp_path: Path) -> None:
    # Given a submission written here
    write_submission(tmp_path / "here", 5)
    # When a process with other hashes and another time zone writes it again
    code = "import sys, pathlib, examples; examples.write_submission(pathlib.Path(sys.argv[1]), 5)"
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland"}
    there = tmp_path / "there"
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own code
        [sys.executable, "-W", "error", "-c", code, str(there)],
        cwd=Path(__file__).parent.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    # Then it was quiet about it, and every file is the same
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert digest(tmp_path / "here") == digest(there)


def test_two_seeds_have_no_readable_file_in_common() -> None:
    first, second = submission(1)[1], submission(9)[1]
    same = {k for k in first.keys() & second.keys() if first[k] == second[k]}
    assert same == {"temporary"}


def test_the_seeds_differ_in_everything_a_reader_must_not_rely_on() -> None:
    made = [submission(seed)[0] for seed in SEEDS]
    styles = [m.style for m in made]
    assert {s.offset for s in styles} == {0, 1, 2, 3, 4}
    assert {s.contents_pages for s in styles} == {1, 2, 3}
    assert {m.farm.owner_kind for m in made} == {"person", "couple", "company"}
    assert {m.farm.start.year for m in made} == {2019, 2020, 2021, 2022, 2023, 2024}
    for yes_or_no in (
        "dotted_numbers", "tabbed_numbers", "symbol_bullets", "justified", "footer_first", "area_in_picture",
        "owner_section", "public", "absent_paper", "bold_headings", "centred_labels", "dates_in_words",
    ):  # fmt: skip
        assert {getattr(s, yes_or_no) for s in styles} == {True, False}, yes_or_no
    wordings = [draw_instructions(seed) for seed in range(1, 40)]
    assert all(len({w[key] for w in wordings}) >= 3 for key in wordings[0])


def test_long_headings_stand_on_one_line_in_some_forms_and_on_two_in_others() -> None:
    whole = [any("Regulatory Frameworks" in t for t in page_texts(submission(s)[1]["plan"])[4:]) for s in SEEDS]
    assert set(whole) == {True, False}


# --- the plan ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_every_planted_answer_stands_on_its_page(seed: int) -> None:
    made, data = submission(seed)
    pages = [squashed(t) for t in page_texts(data["plan"])]
    assert len(pages) == made.plan.page_count
    assert 24 <= len(pages) <= 36
    for answer in made.answers:
        assert squashed(answer.text) in pages[answer.page - 1], answer
    assert {a.requirement_id for a in made.answers} == {f"REQ-{n:03d}" for n in range(1, 24)}


@pytest.mark.parametrize("seed", SEEDS)
def test_italic_lines_are_the_instructions_and_nothing_else(seed: int) -> None:
    made, data = submission(seed)
    lines = lines_with_fonts(data["plan"])
    italic = [(page, text) for page, text, fonts in lines if fonts and all(map(is_italic, fonts))]
    assert [(p, squashed(t)) for p, t in sorted(italic)] == [
        (p, squashed(t)) for p, t in sorted(made.plan.instructions)
    ]
    mixed = [text for _, text, fonts in lines if len({is_italic(f) for f in fonts}) > 1]
    assert mixed == []


@pytest.mark.parametrize("seed", SEEDS)
def test_the_printed_number_stands_first_or_last_on_its_page(seed: int) -> None:
    made, data = submission(seed)
    pages = page_texts(data["plan"])
    for answer in made.answers:
        lines = pages[answer.page - 1].strip().split("\n")
        assert answer.page_label == str(answer.page - made.style.offset)
        assert lines[0 if made.style.footer_first else -1].strip() == answer.page_label


@pytest.mark.parametrize("seed", SEEDS)
def test_the_contents_list_names_the_printed_page_of_every_heading(seed: int) -> None:
    made, data = submission(seed)
    pages = page_texts(data["plan"])
    listed = re.findall(r"\.{6,} ?(\d+)$", "\n".join(pages[1 : 1 + made.style.contents_pages]), re.MULTILINE)
    assert listed == [str(page - made.style.offset) for _, page in made.plan.headings]
    titles = {section.number: section.title for section in FORM}
    for number, page in made.plan.headings:
        assert squashed(titles[number]) in squashed(pages[page - 1])


@pytest.mark.parametrize("seed", SEEDS)
def test_ten_years_end_on_the_day_before_and_permanence_follows_at_once(seed: int) -> None:
    farm = submission(seed)[0].farm
    day = dt.timedelta(days=1)
    assert (farm.crediting_end + day) == farm.permanence_start == farm.start.replace(year=farm.start.year + 10)
    assert (farm.permanence_end + day) == farm.start.replace(year=farm.start.year + 20)


def test_the_three_points_of_1_16_stand_twice_once_italic_and_once_upright() -> None:
    _, data = submission(1)
    point = squashed(draw_instructions(1)["1.16/c"])
    upright = [
        all(not is_italic(f) for f in fonts)
        for _, text, fonts in lines_with_fonts(data["plan"])
        if squashed(text) == point
    ]
    assert sorted(upright) == [False, True]


def test_some_answers_run_on_to_the_next_page() -> None:
    split = [
        seed
        for seed in SEEDS
        for _, places in groupby(submission(seed)[0].answers, key=lambda a: (a.requirement_id, a.section))
        if len({a.page for a in places}) > 1
    ]
    assert len(set(split)) >= 3


def test_the_area_is_in_the_text_or_only_in_the_picture() -> None:
    for seed in SEEDS:
        made, data = submission(seed)
        assert ("hectares." in "".join(page_texts(data["plan"]))) is not made.style.area_in_picture


# --- the other documents -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_a_register_names_its_title_and_the_owner_in_upper_case(seed: int) -> None:
    made, data = submission(seed)
    for i, title in enumerate(made.farm.titles, start=1):
        pages = page_texts(data[f"register-{i}"])
        text = " ".join(" ".join(pages).split())
        assert f"Title number {title.number}" in text
        assert text.count("PROPRIETOR:") == 1
        # the page's own number and head may stand between two words of the entry
        name = re.escape(made.facts["proprietor"]).replace(r"\ ", r"\s(?:.{0,90}?\s)?").replace("\\-", "-\\s?")
        assert re.search(r"PROPRIETOR:\s(?:.{0,90}?\s)?" + name, text)
        assert ("Proprietor: " in text) is bool(title.lender)
        assert ("pending applications" in pages[0]) is title.pending


def test_some_proprietors_run_on_to_the_next_page() -> None:
    crossing = 0
    for seed in SEEDS:
        made, data = submission(seed)
        for i in range(1, len(made.farm.titles) + 1):
            pages = page_texts(data[f"register-{i}"])
            broken = [re.search(r"PROPRIETOR: [^.]*$", t) for t in pages]
            crossing += any(broken) and any("B: Proprietorship Register continued" in t for t in pages)
    assert crossing >= 2


def test_the_land_cover_map_is_a_picture_with_hardly_any_text() -> None:
    for seed in SEEDS:
        made, data = submission(seed)
        (text,) = page_texts(data["land_cover_map"])
        assert 0 < len(text) <= 43
        assert str(made.farm.cover_year) in text
        assert made.farm.cover_year <= made.farm.start.year - 10
        with pypdfium2.PdfDocument(data["land_cover_map"]) as document:
            assert [o.type for o in document[0].get_objects()].count(pdfium.FPDF_PAGEOBJ_IMAGE) == 1


def test_the_workbook_holds_the_five_years_and_the_averages_that_the_plan_states() -> None:
    for seed in SEEDS:
        made, data = submission(seed)
        book = openpyxl.load_workbook(io.BytesIO(data["yields"]))
        rows = [[cell for cell in row if cell is not None] for row in book.worksheets[0].iter_rows(values_only=True)]
        assert str(rows[0][0]).startswith("Pre-Baseline 5-Year Management")
        assert set(made.farm.history) <= set(rows[2])
        averages = {
            row[1]: row[-1] for row in rows if row[:1] == ["Average Yield (t/ha)"] and row[1] in made.farm.yields
        }
        assert averages == {crop: made.farm.average(crop) for crop in made.farm.yields}
        stated = " ".join("".join(page_texts(data["plan"])).split())
        for crop, average in averages.items():
            assert (f"{crop} {average:.2f} t/ha" in stated) is not made.style.public


def test_the_emissions_report_agrees_with_the_plan() -> None:
    for seed in SEEDS:
        made, data = submission(seed)
        pages = page_texts(data["ghg_report"])
        assert "Farm Carbon Calculator" in pages[0]
        assert f"{made.farm.emissions:.2f}" in pages[0]
        assert f" {made.farm.emissions:.2f} tCO" in " ".join(page_texts(data["plan"]))


def test_the_mess_is_a_duplicate_a_lock_file_and_half_a_pdf() -> None:
    made, data = submission(1)
    assert data["duplicate"] == data["register-1"]
    assert made.files["temporary"].name.startswith("~$")
    with pytest.raises(pypdfium2.PdfiumError):
        pypdfium2.PdfDocument(data["broken"])
    assert len(made.document_types) == len(made.files) - 2


# --- variations ----------------------------------------------------------------------------------------------------


def test_without_italics_no_character_is_italic_and_the_words_stay() -> None:
    made, data = written(1, italics=False)
    assert not [text for _, text, fonts in lines_with_fonts(data["plan"]) if any(map(is_italic, fonts))]
    assert made.plan.instructions == ()
    words = squashed(draw_instructions(1)["1.8"])
    assert words in squashed("".join(page_texts(data["plan"])))


def test_a_blank_form_keeps_headings_and_instructions_and_says_nothing_of_the_farm() -> None:
    made, data = written(1, answers=False)
    text = "".join(page_texts(data["plan"]))
    assert made.answers == ()
    assert made.absent_papers == ()
    assert {number for number, _ in made.plan.headings} == {number for number, _ in submission(1)[0].plan.headings}
    assert len({text for _, text in made.plan.instructions}) >= 60
    for fact in ("owner", "project_id", "start", "crediting_end", "area", "version"):
        if fact != "version":
            assert made.facts[fact] not in text
    assert made.farm.county not in text


@pytest.mark.parametrize(
    ("left_out", "gone"), [("1.8", "REQ-007"), ("3.4", "REQ-011"), ("1.7/b", "REQ-006"), ("3.2", "REQ-005")]
)
def test_a_section_that_is_left_out_keeps_its_heading_and_loses_its_answer_only(left_out: str, gone: str) -> None:
    made, data = written(1, omit_sections={left_out})
    before = {(a.requirement_id, a.section) for a in submission(1)[0].answers}
    after = {(a.requirement_id, a.section) for a in made.answers}
    assert before - after == {(gone, left_out.split("/")[0])}
    assert left_out.split("/")[0] in {number for number, _ in made.plan.headings}
    assert squashed(draw_instructions(1)[left_out]) in squashed("".join(page_texts(data["plan"])))


def test_a_dropped_page_takes_its_answers_with_it_and_shifts_the_rest() -> None:
    whole = submission(1)[0]
    page = next(a.page for a in whole.answers if a.requirement_id == "REQ-011")
    made, data = written(1, drop_pages={page})
    assert made.plan.page_count == whole.plan.page_count - 1
    kept = [a for a in whole.answers if a.page != page]
    assert [(a.text, a.page_label) for a in made.answers] == [(a.text, a.page_label) for a in kept]
    pages = [squashed(t) for t in page_texts(data["plan"])]
    assert all(squashed(a.text) in pages[a.page - 1] for a in made.answers)


def test_shuffled_pages_keep_their_printed_numbers() -> None:
    whole = submission(1)[0]
    made, data = written(1, shuffle_pages=True)
    pages = [squashed(t) for t in page_texts(data["plan"])]
    assert all(squashed(a.text) in pages[a.page - 1] for a in made.answers)
    assert [(a.text, a.page_label) for a in made.answers] == [(a.text, a.page_label) for a in whole.answers]
    assert [a.page for a in made.answers] != [a.page for a in whole.answers]


def test_a_public_plan_leaves_out_what_is_private_and_a_private_one_has_it() -> None:
    for public in (True, False):
        made, data = written(1, public=public)
        text = " ".join("".join(page_texts(data["plan"])).split())
        assert ("Public" in made.files["plan"].name) is public
        assert (made.farm.owner_contact.telephone in text) is not public
        assert ("Official Copy (Register)" in text) is not public
        assert ("Average Yields" in text) is not public


def test_one_named_paper_is_absent_when_asked_for() -> None:
    made, data = written(1, public=False, absent_paper=True)
    (absent,) = made.absent_papers
    assert squashed(absent) in squashed("".join(page_texts(data["plan"])))
    assert not [p for p in made.files.values() if p.stem == absent]
    assert written(1, absent_paper=False)[0].absent_papers == ()


def test_facts_that_were_changed_stand_in_the_documents() -> None:
    made, data = written(
        1,
        owner="Ottoline Fairbarrow",
        register_proprietor="Clement Fairbarrow",
        plan_version="7",
        cover_id="99999Wrong22",
        crediting_end="31/12/2099",
        buffer_percent=15,
        buffer_parts=(10, 4),
        methodology_version="0.9",
    )
    pages = page_texts(data["plan"])
    text = " ".join("".join(pages).split())
    assert "99999Wrong22" in pages[0]
    assert made.farm.project_id in text
    for said in ("Ottoline Fairbarrow", "Version of Document 7", "31/12/2099", "15%", "4%", "Methodology Version 0.9"):
        assert said in text, said
    register = "".join(page_texts(data["register-1"]))
    assert "PROPRIETOR: CLEMENT" in " ".join(register.split())
    assert "OTTOLINE" not in register


def test_an_unknown_variation_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="colour"):
        write_submission(tmp_path, 1, colour="blue")
    assert "italics" in Variations.__dataclass_fields__


def test_the_command_writes_one_folder_for_each_farm(tmp_path: Path) -> None:
    main([str(tmp_path), "--seed", "4", "--farms", "2"])
    folders = sorted(p.name for p in tmp_path.iterdir())
    assert folders == sorted(submission(s)[0].project_name for s in (4, 5))


def test_a_portfolio_has_a_boundary_as_a_shapefile_and_land_papers_in_a_zip(
    tmp_path: Path, workspace: Workspace
) -> None:
    made = {}
    for one, again in zip(*(write_portfolio(tmp_path / place, 2) for place in ("one", "again")), strict=True):
        files = {p.relative_to(one.folder): p.read_bytes() for p in one.folder.rglob("*") if p.is_file()}
        assert files == {p.relative_to(again.folder): p.read_bytes() for p in again.folder.rglob("*") if p.is_file()}
        session = create_session(workspace, one.folder.name).session_id
        add_documents(workspace, session, {"type": "path", "path": str(one.folder)})
        made[one.kind] = one, discover_documents(workspace, session).documents
    (boundary,) = [d for d in made["clean"][1] if d.document_type == "gis_boundary"]
    assert len(boundary.parts) == 3
    assert float(boundary.facts["area_ha"]) > 50
    assert "complete" in boundary.notes[0]
    sent, documents = made["versions"]
    tenure = [d for d in documents if d.document_type == "land_tenure"]
    assert len(tenure) == len(sent.submission.farm.titles)
    assert all(d.path.startswith("Land.zip/Land/") for d in tenure)
