"""What a person wrote is held to the documents: each slip is told once, with its quotes, and no row hears of it."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import pytest

from examples.farm import Farm
from examples.monitoring import draw_round, write_monitoring_report
from examples.review import Form, Slips, write_review
from pipeline.evidence.finished_reviews.days import typed_dates
from pipeline.evidence.finished_reviews.farms import farms_in, same_farm
from pipeline.evidence.finished_reviews.figures import figures_in
from pipeline.evidence.finished_reviews.form import read_review
from pipeline.evidence.finished_reviews.listed import items, missing
from pipeline.evidence.finished_reviews.table import rows_of
from pipeline.models import CheckResult, Document, Line, Page, Span, Table
from tests.made_plan import Paper, cell, full_plan, plain_pages, plan_paper, register_pages, register_paper
from tests.made_plan import review as papers_review
from tests.test_mutations import Review, review, sent

SEED = 1
FORMS: tuple[Form, ...] = ("registration", "issuance")
EVERYTHING = Slips(
    impossible_date=True,
    other_farm="Thistledown Farm",
    submitted=date(2019, 3, 1),
    period=(date(2015, 1, 1), date(2016, 1, 1)),
    mape=19.11,
    absent_papers=("54120Thistledown23 Sample_Fields.shp",),
    unproven=True,
    owner_doubt=True,
    ledger_id="C99-018",
)


@cache
def folder(seed: int = SEED) -> tuple[Farm, dict[str, bytes]]:
    """A submission with the report of its first round."""
    submission, files = sent(seed)
    done = draw_round(submission.farm)
    report = write_monitoring_report(submission.farm, done)
    return submission.farm, {**files, f"{done.project_id} Monitoring Report {done.year}.pdf": report}


def with_review(form: Form, slips: Slips | None = None, seed: int = SEED, **more: Any) -> Review:
    """The folder with one review in it, its list of papers as they are there."""
    farm, files = folder(seed)
    names = [name.rpartition(".")[0] for name in files]
    return review({**files, f"The {form} review.pdf": write_review(farm, form, names, slips, **more)})


def of_reviews(found: Review) -> dict[str, CheckResult]:
    return {c.check_id: c for c in found.validation.checks if c.check_id.startswith("review-")}


def told(found: Review) -> set[str]:
    """Checks on reviews that found something."""
    return {name for name, check in of_reviews(found).items() if check.outcome not in ("pass", "not_run")}


def findings(found: Review, check_id: str) -> list[str]:
    return [one.message for one in of_reviews(found)[check_id].findings]


# --- what a review must not do -------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("slips", [Slips(), EVERYTHING], ids=["right", "wrong"])
def test_a_review_in_the_folder_changes_no_row_and_no_other_exception(form: Form, slips: Slips) -> None:
    # Given the folder without and with a finished review
    without, having = review(folder()[1]), with_review(form, slips)
    # Then every row is the same to the last quote, and so is every exception that is not of the review
    assert having.validation.requirements == without.validation.requirements
    others = [e for e in having.validation.exceptions if not (e.cause or "").startswith("review-")]
    assert others == list(without.validation.exceptions)


@pytest.mark.parametrize("form", FORMS)
def test_no_row_quotes_a_review_and_the_checks_do(form: Form) -> None:
    found = with_review(form, EVERYTHING)
    (own,) = (d for d in found.inventory.documents if d.document_type == "registry_review")
    assert own.status == "excluded"
    rows = found.validation.requirements
    assert not [e for row in rows for e in row.evidence if e.document_id == own.document_id]
    assert any(e.document_id == own.document_id for c in of_reviews(found).values() for e in c.evidence)


def test_findings_of_reviews_name_no_row_so_that_none_of_its_own_exceptions_is_hidden() -> None:
    found = with_review("registration", EVERYTHING)
    causes = [e for e in found.validation.exceptions if (e.cause or "").startswith("review-")]
    assert causes
    assert [e.requirement_ids for e in causes] == [()] * len(causes)


# --- a review without a fault --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize("plain", [False, True], ids=["ruled", "unruled"])
@pytest.mark.parametrize("form", FORMS)
def test_a_review_without_a_fault_is_not_faulted(form: Form, plain: bool, seed: int) -> None:
    found = with_review(form, seed=seed, plain=plain)
    assert told(found) == set()
    ran = {name for name, check in of_reviews(found).items() if check.outcome == "pass"}
    assert ran >= {"review-farm-name", "review-dates", "review-submission", "review-period", "review-papers"}


def test_without_a_review_the_checks_say_that_there_is_none() -> None:
    found = review(folder()[1])
    assert {c.outcome for c in of_reviews(found).values()} == {"not_run"}
    assert {c.message for c in of_reviews(found).values()} == {"No finished review lies in the folder."}


def test_a_form_that_nobody_finished_is_held_to_nothing() -> None:
    blank = plain_pages("REGISTRY AGENT REVIEW\nProject Registration\nProject Name Otherfield Farm\n[ ] Approved")
    assert read_review(Paper("Review.pdf", "registry_review", blank).document, blank) is None


def test_a_review_that_the_reviewer_set_aside_is_held_to_nothing() -> None:
    made = plain_pages("Project Registration\nProject Name Otherfield Farm\n[x] Approved")
    read, aside = (Paper("R.pdf", "registry_review", made, status=status) for status in ("excluded", "ignored"))
    assert papers_review(plan_paper(), read).outcome("review-farm-name") == "warning"
    assert papers_review(plan_paper(), aside).outcome("review-farm-name") == "not_run"


# --- slips ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "slips", "check", "words"),
    [
        ("registration", Slips(impossible_date=True), "review-dates", "23/31/"),
        ("registration", Slips(other_farm="Thistledown Farm"), "review-farm-name", "speaks of Thistledown Farm"),
        ("issuance", Slips(other_farm="Upper Thistledown Estate"), "review-farm-name", "Thistledown Estate"),
        ("registration", Slips(header_name="Thistledown Farm"), "review-farm-name", "is headed Thistledown Farm"),
        ("registration", Slips(submitted=date(2019, 3, 30)), "review-submission", "30/03/2019"),
        ("issuance", Slips(submitted=date(2019, 3, 30)), "review-submission", "30/03/2019"),
        ("registration", Slips(period=(date(2015, 1, 1), date(2024, 12, 31))), "review-period", "crediting period"),
        ("issuance", Slips(period=(date(2015, 1, 1), date(2016, 1, 1))), "review-period", "reporting period"),
        ("issuance", Slips(mape=19.11), "review-figures", "MAPE 19.11 %"),
        ("registration", Slips(absent_papers=("Official Copy (Register) - QQ771100",)), "review-papers", "QQ771100"),
        ("issuance", Slips(absent_papers=("9001Thistle23_Sample_Fields.shp",)), "review-papers", "Sample_Fields.shp"),
        ("registration", Slips(unproven=True), "review-approved-without-evidence", "Deeds to follow"),
        ("issuance", Slips(unproven=True), "review-approved-without-evidence", "not able to open the .mat files"),
        ("issuance", Slips(ledger_id="C99-018"), "review-ledger-id", "C99-018"),
    ],
)
def test_a_slip_is_told_by_its_own_check(form: Form, slips: Slips, check: str, words: str) -> None:
    # Given a review that is right but for one slip
    found = with_review(form, slips)
    # Then that slip is told, with the words it was found in, and a listed paper may bring its farm's name with it
    assert told(found) - {"review-farm-name"} == {check} - {"review-farm-name"}
    assert any(words in message for message in findings(found, check))
    assert all(one.evidence for one in of_reviews(found)[check].findings)


@pytest.mark.parametrize(
    ("form", "slips", "check", "kind"),
    [
        ("registration", Slips(impossible_date=True), "review-dates", "project_plan"),
        ("registration", Slips(header_name="Thistledown Farm"), "review-farm-name", "project_plan"),
        ("registration", Slips(submitted=date(2019, 3, 30)), "review-submission", "project_plan"),
        ("issuance", Slips(submitted=date(2019, 3, 30)), "review-submission", "monitoring_report"),
        ("registration", Slips(period=(date(2015, 1, 1), date(2024, 12, 31))), "review-period", "project_plan"),
        ("issuance", Slips(period=(date(2015, 1, 1), date(2016, 1, 1))), "review-period", "monitoring_report"),
        ("issuance", Slips(mape=19.11), "review-figures", "monitoring_report"),
    ],
)
def test_what_a_document_says_otherwise_is_quoted_beside_the_review(
    form: Form, slips: Slips, check: str, kind: str
) -> None:
    found = with_review(form, slips)
    types = {d.document_id: d.document_type for d in found.inventory.documents}
    (one,) = of_reviews(found)[check].findings
    assert {types[e.document_id] for e in one.evidence} == {"registry_review", kind}


def test_a_review_of_another_farm_is_told_as_that_and_held_to_nothing_else() -> None:
    found = with_review("registration", Slips(header_name="Thistledown Farm", submitted=date(2019, 3, 1)))
    assert told(found) == {"review-farm-name"}
    assert len(findings(found, "review-farm-name")) == 1


def test_two_reviews_with_the_same_slip_are_two_findings_and_two_exceptions() -> None:
    farm, files = folder()
    late = Slips(submitted=date(2019, 3, 30))
    pair = {f"{form}.pdf": write_review(farm, form, ["Project Plan"], late) for form in FORMS}
    found = review({**files, **pair})
    assert [m.partition(" ")[0] for m in findings(found, "review-submission")] == ["registration.pdf", "issuance.pdf"]
    exceptions = [e for e in found.validation.exceptions if e.cause == "review-submission"]
    assert len(exceptions) == 2
    assert {len({q.document for q in e.evidence}) for e in exceptions} == {2}


def test_a_date_that_fits_day_first_is_told_softly() -> None:
    # Given a plan of 3 February and a date of submission that an agent typed day first, 04/02: month first, 2 April
    plan = date(2024, 6, 3)
    made = plain_pages(f"Crediting period\nProject Registration\nDate of Submission {plan:%d/%m/%Y}\n[x] Approved")
    given = Paper("Review.pdf", "registry_review", made, status="excluded")
    parts = (cell("Project Name", "Fernhallow Farm (7301Fernhallow24)"), cell("Date Submitted", "03/06/2024"))
    found = papers_review(plan_paper(full_plan(s1_1=parts)), given)
    (check,) = (c for c in found.validation.checks if c.check_id == "review-submission")
    assert (check.outcome, check.severity) == ("warning", "low")
    assert "Read day first" in check.message


def test_a_remark_on_the_owners_name_is_told_where_no_register_can_settle_it() -> None:
    made = plain_pages(
        "Project Registration\nCrediting period\nProject Name Fernhallow Farm\n[x] Approved\nOutcome Summary\n"
        "The register and the plan give different first names for the landowner.\nRequired Actions"
    )
    given = Paper("Review.pdf", "registry_review", made, status="excluded")
    register = register_paper("register.pdf", register_pages("AGNES MARROWFIELD"))
    assert papers_review(plan_paper(), given).outcome("review-owner") == "warning"
    assert papers_review(plan_paper(), register, given).outcome("review-owner") == "pass"


# --- papers --------------------------------------------------------------------------------------------------------


def test_files_under_other_names_are_the_papers_that_a_review_lists() -> None:
    # Given a right review, and all its files renamed
    farm, files = folder()
    names = [name.rpartition(".")[0] for name in files]
    renamed = {f"scan_{n:03d}.{name.rpartition('.')[2]}": data for n, (name, data) in enumerate(sorted(files.items()))}
    found = review({**renamed, "x.pdf": write_review(farm, "registration", names)})
    assert told(found) == set()


def document(filename: str, kind: str, **more: Any) -> Document:
    return Paper(filename, kind, (), more=more).document  # type: ignore[arg-type]  # a parameter of tests


@pytest.mark.parametrize(
    ("listed", "absent"),
    [
        ("7301Fernhallow24 Project Plan", False),
        ("7301Fernhallow24_Project_Plan.pdf", False),
        ("7301Fernhallow24 Historic 5 Year Management and Average Yields", True),
        ("Official Copy (Register) - QX510001", False),
        ("Official Copy (Register) - QX510002", True),
        ("QX510001 - Transfer Plan", True),
        ("7302Fernhallow25_GHG_Emissions", True),
        ("Raw data: fuel, sprays, fertiliser, harvest", False),
        ("Minutes of the meeting", False),
    ],
)
def test_a_listed_paper_is_absent_only_when_nothing_can_be_it(listed: str, absent: bool) -> None:
    register = register_paper("img_4471.pdf", register_pages("A. MARROWFIELD"))
    there = [
        document("7301Fernhallow24 Public Project Plan.pdf", "project_plan"),
        document("7301Fernhallow24_GHG_Emissions.pdf", "ghg_emissions"),
        register.document,
    ]
    found = papers_review(plan_paper(), register)
    assert missing([listed], there, found.extraction.registers) == ([listed] if absent else [])


def test_a_scan_that_nobody_can_read_may_be_the_title_plan() -> None:
    scan = document("img_1.pdf", "land_tenure", unreadable_pages=(1,))
    assert missing(["QX510001 - Title Plan"], [scan], []) == []
    assert missing(["QX510001 - Title Plan"], [], []) == ["QX510001 - Title Plan"]


def test_an_entry_that_fills_its_line_goes_on_in_the_next() -> None:
    lines = (
        "Emission data: fuel, sprays and the many lists of",
        "equipment, seeds",
        "Letter of consent",
        "7301Fern24 x",
    )
    made = tuple(
        Line(text=t, x0=0, x1=6.0 * len(t), top=n * 12.0, bottom=n * 12 + 10.0, spans=(Span(text=t, x0=0, x1=1),))
        for n, t in enumerate(lines)
    )
    page = Page(number=1, width=400, height=600, text="\n".join(lines), lines=made)
    found = [" ".join(line for _, line in entry) for entry in items([(page, line) for line in lines])]
    assert found == [f"{lines[0]} {lines[1]}", lines[2], lines[3]]


# --- reading -------------------------------------------------------------------------------------------------------


def test_columns_are_told_by_the_decisions_when_a_page_has_lost_some() -> None:
    # Given a page with all columns, one without category and comments, and one where a row goes on
    header = ("Category", "Requirement", "Accepted Evidence", "Submitted Material", "Approved", "Comments")
    tables = (
        (header, ("Land", "Tenure", "Deeds", "Plan 1.7", "Approved", "Owned by A")),
        (("Boundary", "Maps", "Plan 1.11", "Not Approved"),),
        (("", "that goes on", "", "and a map", "", "")),
    )
    pages = tuple(
        Page(
            number=n,
            text="\n".join(cell for row in rows for cell in row),
            tables=(Table(top=0, bottom=9, rows=rows),),
        )
        for n, rows in enumerate((tables[0], tables[1], (tables[2],)), 1)
    )
    found = rows_of(Paper("R.pdf", "registry_review", pages).document, pages)
    assert [(r.category, r.requirement, r.submitted, r.approved, r.comment) for r in found] == [
        ("Land", "Tenure", "Plan 1.7", "Approved", "Owned by A"),
        ("Land", "Boundary", "Plan 1.11", "Not Approved", ""),
        ("Land", "Boundary that goes on", "and a map", "", ""),
    ]
    assert found[0].evidence["comment"].quote == "Owned by A"


@pytest.mark.parametrize(
    ("text", "header", "number"),
    [
        ("03/31/2025", date(2025, 3, 31), 1),
        ("31/03/2025", date(2025, 3, 31), 1),
        ("03/04/2025", date(2025, 3, 4), 2),
        ("23/31/2041", None, 0),
        ("4 March 2025", date(2025, 3, 4), 1),
    ],
)
def test_dates_of_a_header_are_month_first_unless_that_cannot_be(text: str, header: date | None, number: int) -> None:
    (found,) = typed_dates(text)
    assert (found.header, len(found.either)) == (header, number)


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("MAPE reported at 7.12% for 2022, 4.98% for 2023", [("MAPE", "7.12", "2022"), ("MAPE", "4.98", "2023")]),
        ("MAPE is 6.1 %, under the limit of 20%", [("MAPE", "6.1", None)]),
        ("Max MAPE 9.4 (%)", [("MAPE", "9.4", None)]),
        ("MAPE under 20%", []),
        ("Total Project Area 120.40 (ha)", [("project area", "120.40", None)]),
        ("5 ha grid", [("size of the strata", "5", None)]),
        ("40 cores per block", [("cores per stratum", "40", None)]),
        ("596 credits", [("credits", "596", None)]),
        ("Section 5.1 of 20 pages, 12 of them blank", []),
        ("A minimum of 10 cores per stratum", []),
    ],
)
def test_a_figure_counts_with_its_label_and_unit_alone(text: str, figures: list[tuple[str, str, str | None]]) -> None:
    assert [(f.kind, f.raw, f.year) for f in figures_in(text)] == figures


@pytest.mark.parametrize(
    ("one", "other", "same"), [("91", "91.07", True), ("91.1", "91.07", True), ("92", "91.07", False)]
)
def test_figures_are_equal_to_the_last_place_of_the_less_exact(one: str, other: str, same: bool) -> None:
    (first,), (second,) = (list(figures_in(f"Project area {n} ha")) for n in (one, other))
    assert first.equals(second) is same


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("The Long Acre Farm submission is complete.", ["Long Acre Farm", "Long Acre Farm"]),
        ("The Hollowmere Estate was visited.", ["Hollowmere Estate"]),
        ("The Quillbrook project has been approved.", ["Quillbrook"]),
        ("See 54120Hollowmere23 for the samples.", ["Hollowmere"]),
        ("The Project Plan submission and each Farm were looked at by the Farm Carbon Toolkit.", []),
        ("The Credit Issuance submission is the Monitoring Report.", []),
        ("Whole farm enterprise emissions; Red Tractor Farm Assurance.", []),
    ],
)
def test_farms_are_known_by_how_sentences_name_them(text: str, names: list[str]) -> None:
    found = farms_in(text)
    assert sorted(set(found)) == sorted(set(names)) or {n.removesuffix(" Farm") for n in found} == {
        n.removesuffix(" Farm") for n in names
    }


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("Long Acre Farm Partnership", True),
        ("LongAcre", True),
        ("Long Acres", True),
        ("Upper Long Acre Farm", True),
        ("Nettlebarrow Farm", False),
        ("The Farm", True),
    ],
)
def test_a_farm_in_another_spelling_is_the_same_farm(name: str, same: bool) -> None:
    assert same_farm(name, ["Long Acre Farm (5120LongAcre23)"]) is same


@pytest.mark.parametrize(
    "words",
    [
        "The neighbouring Manor Farm was consulted.",
        "The land is leased from the Saltwhistle Estate.",
        "The farm is owned by the Quillbrook Estate.",
    ],
)
def test_neighbours_and_landlords_are_no_slip(words: str) -> None:
    assert farms_in(words) == []


@pytest.mark.parametrize(
    ("submitted", "comment", "gap"),
    [
        ("Not present", "", True),
        ("N/A, verifier not contracted at the time", "", True),
        ("Primary Documentation: Report, Section 2", "The statement will be added later.", True),
        ("Primary Documentation: Report, Section 2", "Statement to follow", True),
        ("Primary Documentation: Files", "The agents could not open them.", True),
        ("N/A", "No deviations submitted", False),
        ("No disclosure made", "", False),
        ("Primary Documentation: Plan, Section 2", "No further documents beyond the plan.", False),
        ("Primary Documentation: Plan, Section 5", "Reports will be provided each year.", False),
        ("Primary Documentation: Plan, Section 5", "Describes the procedures to follow in sampling.", False),
        ("Primary Documentation: Plan, Section 4", "No values are missing.", False),
    ],
)
def test_an_approval_is_bare_when_its_own_row_says_that_the_material_was_not_there(
    submitted: str, comment: str, gap: bool
) -> None:
    header = ("Category", "Requirement", "Accepted Evidence", "Submitted Material", "Approved", "Comments")
    row = ("Disclosures", "Statement", "Signed paper", submitted, "Approved", comment)
    page = Page(number=1, text="\n".join(row), tables=(Table(top=0, bottom=9, rows=(header, row)),))
    given = Paper("Review.pdf", "registry_review", (page,), status="excluded")
    found = papers_review(plan_paper(), given)
    assert found.outcome("review-approved-without-evidence") == ("warning" if gap else "pass")
