"""Each test a checklist may declare passes on what it asks for, and on nothing like it."""

from __future__ import annotations

import pytest

from pipeline.evidence.row_tests.shares import adding_up
from pipeline.models import Page
from tests.made_plan import (
    ANSWERS,
    Paper,
    Review,
    ask,
    cell,
    full_plan,
    plain_pages,
    plan_paper,
    register_pages,
    register_paper,
    review,
    say,
    sub,
    with_section,
)

# --- shares --------------------------------------------------------------------------------------------------------


def buffer(*lines: str) -> Review:
    return with_section(s4_5=[ask("Describe risks."), sub("Buffer Pools"), *[say(line) for line in lines]])


def credits(*lines: str) -> Review:
    land = [
        ask("\u2022 Proof of tenure"),
        say("The land of the farm is owned by Agnes Marrowfield."),
        ask("\u2022 Sharing"),
    ]
    return with_section(s1_7=[*land, say(*lines)])


@pytest.mark.parametrize(
    "text",
    [
        "Of each issuance 20% goes to the buffer: 10% for the term and 10% for permanence.",
        "Of each issuance 20 per cent goes to the buffer pools, 10 per cent each.",
        "20 percent of each issuance is contributed: 10 percent to one pool, 10 percent to the other pool.",
        "Twenty percent of each issuance goes to the buffer, ten percent for the term and ten percent after it.",
        "Twenty (20) per cent of issued credits go to the buffer pool: 10% and 10%.",
        "20% (twenty per cent) of each issuance goes to the buffer, 10% to each pool.",
        "20% of each issuance goes to the buffer pool, split equally between both pools.",
        "20% goes to the buffer pools. 50% may be released. Ten percent covers the term, ten percent what follows.",
        "Each buffer pool receives its part: 10% for the term and 10% for permanence, 20% in total.",
    ],
)
def test_a_buffer_of_twenty_per_cent_is_covered_however_it_is_written(text: str) -> None:
    assert buffer(text).row("REQ-018").status == "covered"


@pytest.mark.parametrize(
    "text",
    [
        "Of each issuance 15% goes to the buffer: 10% and 5%.",
        "Of each issuance 20% goes to the buffer: 10% and 5%.",
        "Of each issuance 20% goes to the buffer: 15% and 10%.",
        "Of each issuance 20% goes to the buffer.",
        "10% each goes to the two buffer pools.",
        "A part of each issuance goes to the buffer pools.",
        "120% of each issuance goes to the buffer: 10% and 10%.",
    ],
)
def test_any_other_buffer_is_not_covered(text: str) -> None:
    assert buffer(text).row("REQ-018").status == "partial"


def test_the_buffers_parts_may_stand_in_a_table_or_in_a_list() -> None:
    total = say("20% of each issuance is contributed to the buffer pools.")
    for rows in (
        (cell("Crediting term", "10%"), cell("Permanence", "10%")),
        (say("\u2022 term 10%"), say("\u2022 after 10%")),
    ):
        found = with_section(s4_5=[sub("Buffer Pools"), total, *rows])
        assert found.row("REQ-018").status == "covered"
        assert "10%" in found.quotes("REQ-018")


def test_three_parts_are_no_two_parts() -> None:
    assert adding_up([5.0, 5.0, 10.0], 20, 2) is None
    assert adding_up([50.0, 10.0, 10.0], 20, 2) == (10.0, 10.0)


@pytest.mark.parametrize(
    "text",
    [
        "100% of the issued credits belong to Agnes Marrowfield.",
        "All issued credits belong to Smith Farms Ltd.",
        "80% of the credits go to Agnes Marrowfield and 20% to Loamwright Ltd.",
        "80% of the credits go to Agnes Marrowfield. The remaining 20% go to Loamwright Ltd.",
        "Eighty per cent of the credits go to the owner and twenty per cent to the developer.",
        "The credits are wholly owned by Agnes Marrowfield.",
    ],
)
def test_credits_that_are_shared_out_in_full_are_covered(text: str) -> None:
    assert credits(text).row("REQ-006").status == "covered"


@pytest.mark.parametrize(
    "text",
    [
        "All credits are issued after verification.",
        "All parties agree that credits belong to the owner.",
        "Not all credits belong to the owner.",
        "70% of the credits go to Agnes and 20% to Bob.",
        "The credits belong to Agnes Marrowfield.",
    ],
)
def test_credits_that_are_not_shared_out_in_full_are_partial(text: str) -> None:
    assert credits(text).row("REQ-006").status == "partial"


# --- fields --------------------------------------------------------------------------------------------------------


def versions(credit_class: str, methodology: str, name: str | None = None) -> Review:
    parts = list(ANSWERS["1.3"])
    parts[2] = cell("Credit Class Version", credit_class)
    parts[5] = cell("Methodology Version", methodology)
    parts[1] = cell("Credit Class Name", name) if name else parts[1]
    return with_section(s1_3=parts)


@pytest.mark.parametrize(("one", "two"), [("1.5.1", "1.2.2"), ("v1.5.1", "Version 1.1"), ("Version 1.5.1.", "1.2.2")])
def test_a_published_version_is_covered(one: str, two: str) -> None:
    assert versions(one, two).row("REQ-001").status == "covered"


@pytest.mark.parametrize(
    ("one", "two"), [("1.5", "1.2.2"), ("1.5.1", "1.2"), ("1.5.1", "1.2.20"), ("", "1.2.2"), ("new", "1.1")]
)
def test_a_version_nobody_published_is_partial(one: str, two: str) -> None:
    assert versions(one, two).row("REQ-001").status == "partial"


@pytest.mark.parametrize("name", ["Biodiversity in Meadows Credit Class", "GHG Benefits in Grazing Systems", "Soil"])
def test_another_credit_class_is_partial(name: str) -> None:
    assert versions("1.5.1", "1.2.2", name).row("REQ-001").status == "partial"


def test_a_name_with_an_ampersand_is_the_same_name() -> None:
    name = "GHG Benefits in Managed Crop & Grassland Systems"
    assert versions("1.5.1", "1.2.2", name).row("REQ-001").status == "covered"


# --- statements ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gone", ["not required", "above business", "drawdown", "after the baseline"])
def test_additionality_needs_each_of_its_four_claims(gone: str) -> None:
    claims = [
        "The practices are not required by law.",
        "The gains are above business as usual.",
        "A drawdown of carbon is reasonably expected.",
        "Credits are issued only after the baseline sampling.",
    ]
    row = with_section(s3_4=[say(c) for c in claims if gone not in c]).row("REQ-011")
    assert (row.status, [t.outcome for t in row.tests].count("fail")) == ("partial", 1)


@pytest.mark.parametrize(
    ("text", "status"),
    [("ten years", "covered"), ("10 years", "covered"), ("twenty years", "partial"), ("long", "partial")],
)
def test_the_length_of_the_term_is_read_in_words_and_figures(text: str, status: str) -> None:
    assert with_section(s1_4=[say(f"The crediting term lasts {text}.")]).row("REQ-010").status == status


@pytest.mark.parametrize("nothing", ["7", "2.3", "(a)", "...", "-", "4."])
def test_a_lone_number_or_mark_answers_nothing(nothing: str) -> None:
    assert with_section(s2_3=[ask("Describe assessments."), say(nothing)]).row("REQ-022").status == "missing"


@pytest.mark.parametrize("words", ["N/A", "None.", "No", "n/a"])
def test_a_short_answer_is_an_answer(words: str) -> None:
    assert with_section(s2_4=[ask("Describe comments."), say(words)]).row("REQ-023").status == "covered"


# --- documents -----------------------------------------------------------------------------------------------------


def with_map(filename: str, text: str, start: str = "01/01/2024") -> Review:
    made = full_plan(s1_8=[say(f"The project starts on {start}.")])
    return review(plan_paper(made), Paper(filename, "land_cover_map", plain_pages(text)))


@pytest.mark.parametrize(
    ("filename", "text", "status"),
    [
        ("Fernhallow Estate - 2012 Land Cover Map.pdf", "CORINE Land Cover 2012", "covered"),
        ("Fernhallow Estate - 2014 Land Cover Map.pdf", "CORINE Land Cover 2014", "needs_review"),
        ("Fernhallow Estate - 2018 Land Cover Map.pdf", "CORINE Land Cover 2018", "partial"),
        ("Nettlebarrow 2012 Land Cover Map.pdf", "CORINE Land Cover 2012", "needs_review"),
        ("Fernhallow map.pdf", "no year on it", "needs_review"),
        ("Fernhallow map 2006.pdf", "printed in 2025", "needs_review"),
        ("Fernhallow map.pdf", "CORINE Land Cover 2018, a series begun in 1990", "partial"),
    ],
)
def test_a_map_counts_when_its_own_year_is_old_enough_and_it_names_the_farm(
    filename: str, text: str, status: str
) -> None:
    assert with_map(filename, text).row("REQ-003").status == status


def workbook(*years: str) -> Review:
    rows = (("Field", *years), ("Top Leys", *["Wheat"] * len(years)), ("Average Yield (t/ha)", "8.1"))
    page = Page(number=1, text="\n".join(" ".join(r) for r in rows), rows=rows, title="Sheet1")
    return review(plan_paper(), Paper("Historic yields.xlsx", "farm_management_records", (page,)))


def test_the_workbook_must_hold_the_five_years_before_the_start() -> None:
    assert workbook("2019", "2020", "2021", "2022", "2023").row("REQ-009").status == "covered"
    assert workbook("2018", "2019", "2020", "2021", "2022", "2023", "2024").row("REQ-009").status == "covered"
    short = workbook("2020", "2021", "2022", "2023").row("REQ-009")
    assert short.status == "partial"
    assert "2019" in short.reason


def test_a_row_of_a_table_as_plain_text_is_quoted_as_it_stands_there() -> None:
    text = "Field;2019;2020;2021;2022;2023\nTop Leys;Wheat;Oats;Wheat;Beans;Wheat"
    page = Page(number=1, text=text, rows=tuple(tuple(line.split(";")) for line in text.splitlines()))
    row = review(plan_paper(), Paper("yields.csv", "farm_management_records", (page,))).row("REQ-009")
    assert "Field;2019;2020;2021;2022;2023" in [item.quote for item in row.evidence]


LAYER = {"geometry": "polygons", "features": "7", "crs": "British National Grid", "area_ha": "103.20"}


@pytest.mark.parametrize(
    ("facts", "status", "says"),
    [
        (LAYER, "covered", ""),
        (LAYER | {"crs": "WGS 84"}, "covered", ""),
        (LAYER | {"geometry": "polygons and points"}, "covered", ""),
        ({k: v for k, v in LAYER.items() if k != "crs"}, "partial", "does not state its coordinate system"),
        (LAYER | {"missing": ".dbf"}, "partial", "lacks .dbf"),
        (LAYER | {"damaged": ".dbf"}, "partial", "is damaged (.dbf)"),
        (LAYER | {"geometry": "lines"}, "partial", "lines, not polygons"),
        (LAYER | {"area_ha": "0.00"}, "partial", "enclose nothing"),
        ({"missing": ".shp, .shx"}, "partial", "lacks .shp, .shx"),
        ({}, "needs_review", "software does not open it"),
    ],
)
def test_a_boundary_counts_when_it_is_polygons_whole_and_in_a_stated_system(
    facts: dict[str, str], status: str, says: str
) -> None:
    shape = Paper("boundary.shp", "gis_boundary", (), more={"facts": facts})
    row = review(plan_paper(), shape).row("REQ-004")
    assert row.status == status
    assert says in (row.reason or "")


def test_one_whole_boundary_is_enough_beside_one_that_is_not() -> None:
    whole = Paper("a.shp", "gis_boundary", (), more={"facts": LAYER})
    short = Paper("b.shp", "gis_boundary", (), more={"facts": LAYER | {"missing": ".dbf"}})
    assert review(plan_paper(), whole, short).row("REQ-004").status == "covered"


def test_without_a_boundary_the_row_says_that_none_was_received() -> None:
    assert review(plan_paper()).row("REQ-004").status == "partial"


def test_a_leasehold_title_keeps_the_row_open_until_somebody_saw_the_owners_consent() -> None:
    # Given the same register once freehold, once leasehold, once leasehold with a paper nobody can read for us
    free = review(plan_paper(), register_paper("r.pdf", register_pages("AGNES MARROWFIELD")))
    register = register_paper("r.pdf", register_pages("AGNES MARROWFIELD", tenure="Leasehold"))
    leased = review(plan_paper(), register)
    with_paper = review(
        plan_paper(), register, Paper("consent.pdf", "land_tenure", plain_pages("Consent of the owner"))
    )

    # Then only leasehold keeps the row open, and says why
    assert free.row("REQ-002").status == "covered"
    assert leased.row("REQ-002").status == "partial"
    assert "QX510001 is leasehold" in leased.row("REQ-002").reason
    assert with_paper.row("REQ-002").status == "needs_review"
    assert "consent.pdf" in with_paper.row("REQ-002").reason
