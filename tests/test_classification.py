"""What a document is: by content, then name, then extension; and never by one lucky word."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_readings import (
    FORM_HEADINGS,
    emissions,
    handbook,
    management,
    picture,
    plan,
    reading,
    register,
    report,
    review,
    samples,
    sheets,
)

from pipeline.classification import classify
from pipeline.classification.inventory import TYPE_ORDER
from pipeline.models import DocumentType, Reading

LEASE = reading(
    "Farm Business Tenancy\nThis agreement is made between the Landlord and the Tenant of Larkfield Farm.\n"
    "The Tenant takes the land for a term of ten years at the rent stated below."
)
ATTESTATION = reading(
    "Attestation of Land Use\nI, the owner of the land at Larkfield Farm, hereby attest and confirm that its fields\n"
    "have been farm land for thirty years.\nSigned"
)
SCOTTISH = reading("A. Property Section\nThe farm\nB. Proprietorship Section\nA. Grower\nC. Securities Section\nNone")
TITLE_PLAN = reading(
    "This is an official copy of the title plan.\nPlease note that the title plan shows general boundaries only.",
    "",
    unreadable_pages=(2,),
)
CREDIT_CLASS = reading(
    "Soil Benefits in Very Long Named Cropping Systems and in Equally Long Named Managed Meadow and Heath Systems\n"
    "Credit Class\nVersion 8.1",
    "\n".join(f"{n}. Project proponents shall keep the records named in table {n}." for n in range(1, 12)),
)
LAB_REPORT = reading(
    "Test Report\nLaboratory: Oxmoor Soils, ISO 17025\nDate received 01/02/2031\nSample A1\n"
    "Organic carbon 2.3\nBulk density 1.2\nAnalysis by dry combustion"
)
LAB_HEADER = sheets([("Card No.", "Date Received", "Organic Carbon Stock", "pH"), ("9", "01/02/2031", "3", "7")])
TRAINING = sheets([("id", *(f"Band{n}" for n in range(2, 13)), "SOCS"), ("1", *("0.1" for _ in range(12)))])
RESULTS = sheets([("Field", "Pmean", "Pstdev", "MAPE"), ("Long Meadow", "61", "4", "7.1")], kind="csv")
SHAPE = reading(kind="shapefile-part")

BY_CONTENT: list[tuple[Reading, DocumentType]] = [
    (plan(), "project_plan"),
    (plan(private=True), "project_plan"),
    (report("Baseline"), "baseline_report"),
    (report("Monitoring"), "monitoring_report"),
    (emissions(), "ghg_emissions"),
    (register(), "land_tenure"),
    (LEASE, "land_tenure"),
    (ATTESTATION, "land_tenure"),
    (SCOTTISH, "land_tenure"),
    (TITLE_PLAN, "land_tenure"),
    (CREDIT_CLASS, "methodology_reference"),
    (LAB_REPORT, "lab_results"),
    (picture("CORINE Land Cover 2012", "Larkfield Estate"), "land_cover_map"),
    (management(), "farm_management_records"),
    (samples(measured=20, planned=2), "lab_results"),
    (samples(measured=0, planned=30), "sampling_plan"),
    (LAB_HEADER, "lab_results"),
    (TRAINING, "model_results"),
    (RESULTS, "model_results"),
    (SHAPE, "gis_boundary"),
    (reading(kind="geojson"), "gis_boundary"),
    (handbook(), "methodology_reference"),
    (review(), "registry_review"),
    (review(filled=False), "registry_review"),
]


@pytest.mark.parametrize(("made", "expected"), BY_CONTENT)
@pytest.mark.parametrize("name", ["a.bin", "Project Plan.pdf", "methodology.pdf", "GHG_Emissions.xlsx"])
def test_content_decides_whatever_the_file_is_called(made: Reading, expected: DocumentType, name: str) -> None:
    found = classify(made, name)
    assert found.document_type == expected
    assert found.cues, "what decided is told"


@pytest.mark.parametrize(("made", "expected"), BY_CONTENT)
def test_a_name_that_contradicts_the_contents_is_told_and_overruled(made: Reading, expected: DocumentType) -> None:
    name = "Sampling Plan.pdf" if expected != "sampling_plan" else "Project Plan.pdf"
    notes = classify(made, name).notes
    assert any(expected in note and "the contents count" in note for note in notes)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("7301Larkfield24 Project Plan-2(updated tenure).pdf", "project_plan"),
        ("PP_03.pdf", "project_plan"),
        ("7301Larkfield24 Porject Plan.pdf.pdf", "project_plan"),
        ("7301_larkfield24_baseline_report .pdf", "baseline_report"),
        ("Annual-Report 2024.pdf", "monitoring_report"),
        ("7301Larkfield24_GHG_Emissions_31_Aug_2024.pdf", "ghg_emissions"),
        ("official_copy_register_-_qx123456.pdf", "land_tenure"),
        ("QX123456 - Transfer Plan.pdf", "land_tenure"),
        ("QXY12345.pdf", "land_tenure"),
        ("Larkfield grazing lease 2019.docx", "land_tenure"),
        ("Larkfield Farm - 2012 Land Cover Map.png", "land_cover_map"),
        ("7301Larkfield24 Historic 5 Year Management and Average Yields.xlsx", "farm_management_records"),
        ("7301Larkfield24_Sample_Plan.pdf", "sampling_plan"),
        ("7301Larkfield24_Sample_Plan_Record.xlsx", "sampling_plan"),
        ("7301Larkfield24_Sample_Plan_Results.CSV", "lab_results"),
        ("Y631_0012345_CC_CSV.csv", "lab_results"),
        ("7301Larkfield24_Net_Training_Data_Input_20310225.csv", "model_results"),
        ("7301Larkfield24_Project_Net_Results-20310225-12-12-200.xlsx", "model_results"),
        ("S2A_tile_20310225_30UXD.json", "imagery_metadata"),
        ("field boundaries.zip", "gis_boundary"),
        ("Larkfield registry-agent-review.docx", "registry_review"),
        ("GHG Methodology v1.2.pdf", "methodology_reference"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_by_its_name(name: str, expected: DocumentType) -> None:
    found = classify(reading(kind="unknown"), name)
    assert found.document_type == expected
    assert "name" in found.cues[-1]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Land lease.shp", "gis_boundary"),
        ("x.prj", "gis_boundary"),
        ("x.CPG", "gis_boundary"),
        ("x.mat", "model_results"),
        ("x.tif", "imagery_metadata"),
    ],
)
def test_the_extension_is_the_last_resort_and_says_so(name: str, expected: DocumentType) -> None:
    found = classify(reading(kind="unknown"), name)
    assert found.document_type == expected
    assert "extension" in found.cues[0]


@pytest.mark.parametrize(
    "words",
    [
        "The registration of the farm was finished.",  # "registration" holds "gis"
        "The project plan, the baseline report and the monitoring report were sent with the lease and the register.",
        "The methodology and the credit class are named in the protocol.",
        "Greenhouse gas emissions and land cover were discussed at length with the laboratory.",
        "Title number QX123456 was mentioned on the telephone.",
    ],
)
@pytest.mark.parametrize("name", ["letter.pdf", "registration.pdf", "IMG_20310101.jpg", "scan 2024.pdf"])
def test_no_lucky_word_makes_a_type(words: str, name: str) -> None:
    assert classify(reading(f"Dear agent,\n{words}\nYours"), name).document_type == "other"


@pytest.mark.parametrize(
    "title",
    [
        "Project Plan: remarks of the reader",
        "A Longer Methodology",
        "Summary of GHG emissions report",
        "This message is about an official copy of the register",
        "1.1. General\n1.2. Summary\n1.3. Credit Class\n1.4. Eligibility",
    ],
)
def test_one_title_or_a_few_headings_alone_make_no_type_but_are_mentioned(title: str) -> None:
    found = classify(reading(f"{title}\nDear agent, here are our remarks.\nYours"), "letter.pdf")
    assert found.document_type == "other"
    assert "It may be type" in found.notes[0]


def test_a_methodology_that_lists_emission_sources_with_page_numbers_is_no_emission_report() -> None:
    assert classify(handbook(), "Emissions.pdf").document_type == "methodology_reference"


def test_a_plan_is_told_by_its_headings_when_cover_and_contents_list_are_gone() -> None:
    whole = plan()
    body_only = whole.model_copy(update={"pages": whole.pages[2:]})
    assert classify(body_only, "x.pdf").document_type == "project_plan"


def test_headings_wrapped_or_reworded_still_count() -> None:
    lines = [heading.replace("Information", "Particulars").replace(". ", ".   ") for heading in FORM_HEADINGS]
    assert classify(reading("\n".join(lines)), "x.pdf").document_type == "project_plan"


def test_a_plan_that_appends_a_register_stays_a_plan() -> None:
    made = plan(private=True, extra="\n" + "\n".join(page.text for page in register().pages))
    assert classify(made, "x.pdf").document_type == "project_plan"


def test_the_sentence_about_baselines_in_a_monitoring_report_does_not_make_it_one() -> None:
    made = report("Monitoring")
    assert "baseline report" in made.pages[1].text
    assert classify(made, "x.pdf").document_type == "monitoring_report"


def test_columns_of_a_sample_table_may_stand_anywhere() -> None:
    header = ("Date", "SOCS (t/ha)", "SOC (%)", "Field", "Depth", "BD", "nrmref", "Label")
    assert classify(samples(9, 0, header), "x.csv").document_type == "lab_results"


def test_a_table_without_known_headers_is_other_and_says_what_may_depend_on_it() -> None:
    found = classify(sheets([("Name", "Amount"), ("A", "1")]), "x.xlsx")
    assert found.document_type == "other"
    assert "REQ-009" in found.notes[0]


def test_a_picture_without_any_text_is_other_and_asks_for_a_look() -> None:
    found = classify(picture(""), "scan.pdf")
    assert found.document_type == "other"
    assert "set its type by hand" in found.notes[0]


def test_the_reviewers_word_overrides_content_and_reads_the_facts_of_that_type() -> None:
    found = classify(register(), "x.pdf", as_type="other")
    assert (found.document_type, found.cues, found.facts) == ("other", ("set by the reviewer",), {})


def test_the_table_in_1_1_counts_and_the_covers_version_does_not() -> None:
    facts = classify(plan(cover="7310Larkfield24"), "x.pdf").facts
    assert facts["version"] == "2"
    assert facts["form_version"] == "4"
    assert facts["date_submitted"] == "14/02/2031"
    assert (facts["project_id"], facts["cover_id"]) == ("7301Larkfield24", "7310Larkfield24")
    assert facts["farm_name"] == "Larkfield Farm"


def test_a_ruled_table_is_believed_before_its_lines() -> None:
    made = reading(
        "1.1. General Information\nProject Name A long farm\nname (7301Larkfield24)\nVersion of Document 3",
        "\n".join(FORM_HEADINGS[1:]),
        tables=[[("Project Name", "A long farm\nname (7301Larkfield24)"), ("Version of Document", "3")]],
    )
    assert classify(made, "x.pdf").facts["project_name"] == "A long farm name (7301Larkfield24)"


def test_a_register_gives_its_own_title_and_its_owner_but_not_the_lender() -> None:
    facts = classify(register(), "x.pdf").facts
    assert facts["title_number"] == "QX123456"
    assert facts["edition_date"] == "04.02.2019"
    assert facts["proprietor"] == "MARTIN ALDER and JOAN ALDER of Larkfield Farm, Oxmoor."
    assert facts["estate"] == "freehold"
    assert facts["pending_applications"] == "yes"
    assert facts["paper"] == "register"


def test_the_kind_of_tenure_paper_is_told() -> None:
    papers = [classify(made, "x.pdf").facts["paper"] for made in (register(), TITLE_PLAN, LEASE, ATTESTATION)]
    assert papers == ["register", "title plan", "lease", "attestation"]
    assert classify(picture(""), "QX123456 - Transfer Plan.pdf").facts["paper"] == "title plan"


def test_dates_years_and_farms_are_read_as_printed() -> None:
    assert classify(report("Monitoring"), "x.pdf").facts == {
        "year": "2024",
        "farm_name": "LARKFIELD FARM",
        "date_reported": "03/05/2031",
    }
    assert classify(emissions(), "x.pdf").facts == {"farm_name": "Larkfield Farm", "year_end": "31 Aug 2024"}
    made = picture("CORINE Land Cover 2012", "Larkfield Estate")
    assert classify(made, "x.pdf").facts == {"map_year": "2012", "farm_name": "Larkfield Estate"}
    one_line = picture("Larkfield Estate - CORINE Land Cover Map 2012")
    assert classify(one_line, "x.pdf").facts == {"map_year": "2012", "farm_name": "Larkfield Estate"}
    assert classify(management(2018, 7), "x.xlsx").facts["years"] == "2018 2019 2020 2021 2022 2023 2024"
    scene = classify(reading(kind="tif"), "S2A_tile_20310225_30UXD.tif")
    assert scene.facts == {"sensing_date": "2031-02-25"}


def test_sampling_points_are_told_apart_from_a_boundary() -> None:
    assert classify(SHAPE, "x_Sample_Team_Points-27700.shp").facts == {"geometry": "points"}
    assert classify(SHAPE, "x_Fields.shp").facts == {}


def test_a_plan_is_public_or_private_by_what_it_holds() -> None:
    assert classify(plan(), "x.pdf").visibility == "public"
    assert classify(plan(private=True), "x.pdf").visibility == "private"
    contradicted = classify(plan(private=True), "Public Project Plan.pdf")
    assert contradicted.visibility == "private"
    assert any("the contents count" in note for note in contradicted.notes)


def test_the_types_are_listed_in_the_contracts_order() -> None:
    assert TYPE_ORDER[0] == "project_plan"
    assert TYPE_ORDER[-1] == "other"


@settings(deadline=None)  # a busy machine is not a failure
@given(st.text(max_size=60), st.sampled_from([made for made, _ in BY_CONTENT]))
def test_no_name_changes_what_the_contents_decide(name: str, made: Reading) -> None:
    assert classify(made, name).document_type == classify(made, "a.bin").document_type


@settings(deadline=None)  # a busy machine is not a failure
@given(st.text(max_size=400), st.text(max_size=40))
def test_any_text_under_any_name_gets_a_type_and_an_unknown_one_a_note(text: str, name: str) -> None:
    found = classify(reading(text, kind="text"), name)
    assert found.document_type in TYPE_ORDER
    assert found.cues or found.notes
