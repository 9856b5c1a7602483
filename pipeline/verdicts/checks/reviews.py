"""Rules on what a person wrote: finished reviews in the folder are held to the documents, and quoted here only.

Every rule speaks of each review by itself, a finding for each cause. A review of another project is reported as that
and held to nothing else. No finding names a row: what a reviewer wrote changes no requirement and hides no exception.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import chain

from pipeline.evidence.dossier import USABLE
from pipeline.evidence.finished_reviews.days import Typed, typed_dates
from pipeline.evidence.finished_reviews.farms import farms_in, farms_of_ids, same_farm
from pipeline.evidence.finished_reviews.listed import missing
from pipeline.evidence.row_tests.verdict import printed
from pipeline.models import CheckFinding, Document, Evidence, Fact, FinishedReview
from pipeline.verdicts.checks.each_review import NO_REVIEW, each_review, finding, known_names, other_project, ruling
from pipeline.verdicts.checks.rule import Case, Rule, Ruling, not_run

#: Dates outside these years are slips of the pen (term ends lie 20 years ahead).
_YEARS = range(1990, 2100)
#: Days of a plan that a review repeats, and what they are called.
_WORDS = {
    "start_date": "start date",
    "crediting_start": "crediting period",
    "crediting_end": "crediting period",
    "permanence_start": "permanence period",
    "permanence_end": "permanence period",
}
_MONITORING_YEAR = re.compile(r"\bmonitoring (?:year|round)\s*:?\s*((?:19|20)\d\d)\b", re.I)


# --- which farm ----------------------------------------------------------------------------------------------------


def _farm_name(case: Case) -> Ruling:
    """The header first; then every farm that the review's own words name, one finding for each other farm."""
    if not case.reviews:
        return not_run(NO_REVIEW)
    if not case.facts.all("project_name"):
        return not_run("No plan says what the project is called.")
    found: list[CheckFinding] = []
    for review in case.reviews:
        whole = other_project(case, review)
        found += [whole] if whole else _other_farms(case, review)
    return ruling(found, True, "Every farm that the reviews name is this one.")


def _other_farms(case: Case, review: FinishedReview) -> Iterator[CheckFinding]:
    head = review.field("project_name")
    known = known_names(case, review) + ([head.value] if head else [])
    named: dict[str, tuple[str, Evidence]] = {}
    for fact in review.written():
        # Names in the header's other fields are those of people and rules.
        if fact.name in ("protocol", "guide", "proponent", "agents"):
            continue
        cited = fact.name in ("paper", "submitted")
        for name in farms_of_ids(fact.value) if cited else farms_in(fact.value):
            if not same_farm(name, known):
                key = next((other for other in named if same_farm(name, [other])), name)
                named.setdefault(key, (name, fact.evidence))
    for name, item in named.values():
        own = head or case.facts.all("project_name")[0]
        said = f"{review.document} speaks of {name}; it is the review of {own.value}."
        yield finding(said, "high", item, own.evidence)


# --- dates ---------------------------------------------------------------------------------------------------------


def _dates(case: Case, review: FinishedReview) -> Iterator[CheckFinding] | None:
    mentions = [(fact, typed) for fact in review.written() for typed in typed_dates(fact.value)]
    return _impossible(case, review, mentions) if mentions else None


def _impossible(case: Case, review: FinishedReview, mentions: list[tuple[Fact, Typed]]) -> Iterator[CheckFinding]:
    told: set[str] = set()
    for fact, typed in mentions:
        if typed.raw in told or any(d.year in _YEARS for d in typed.either):
            continue
        told.add(typed.raw)
        what = "is no date" if not typed.either else "lies outside 1990 to 2099"
        meant = _meant(case, typed)
        said = f"{review.document}, page {fact.evidence.page}: {typed.raw} {what}, day first or month first."
        if meant:
            said += f" The plan has {printed(date.fromisoformat(meant.value))}."
        yield finding(said, "medium", fact.evidence, meant.evidence if meant else None)


def _meant(case: Case, typed: Typed) -> Fact | None:
    """The one day of the plan's terms in the year that was typed."""
    year = re.search(r"\d{4}", typed.raw)
    days = [f for name in _WORDS for f in case.facts.all(name) if year and f.value.startswith(year.group())]
    return days[0] if len({f.value for f in days}) == 1 else None


# --- the version that was reviewed -----------------------------------------------------------------------------------


def _submission(case: Case, review: FinishedReview) -> Iterator[CheckFinding] | None:
    stated = review.field("submitted")
    typed = next(iter(typed_dates(stated.value)), None) if stated else None
    dated = [(f, d) for f in _reviewed_dates(case, review) if (d := _document_day(f))]
    if not (stated and typed and typed.header and dated):
        return None
    first, day = min(dated, key=lambda pair: pair[1])
    if day <= typed.header:
        return iter(())
    what = "plan" if review.form == "registration" else "report"
    said = (
        f"{review.document} reviews what was submitted on {printed(typed.header)}; {first.evidence.document} is dated "
        f"{printed(day)}. The {what} in the folder is not the one that was reviewed."
    )
    # Typed day first against the form's convention, the date may fit after all.
    fits = typed.day_first is not None and day <= typed.day_first
    if fits:
        said += f" Read day first, {stated.value} would fit."
    return iter((finding(said, "low" if fits else "high", stated.evidence, first.evidence),))


def _reviewed_dates(case: Case, review: FinishedReview) -> list[Fact]:
    if review.form == "registration":
        return case.facts.all("date_submitted")
    if review.form == "issuance":
        return _of_reports(case, review, "report_date")
    return []


def _document_day(fact: Fact) -> date | None:
    """Documents write the day first."""
    typed = next(iter(typed_dates(fact.value)), None)
    return typed.day_first if typed else None


def _reports(case: Case, review: FinishedReview) -> list[Document]:
    """Monitoring reports that the review is of: the one there is, or those whose id or year it names."""
    found = [d for d in case.inventory.documents if d.document_type == "monitoring_report" and d.status in USABLE]
    if len(found) < 2:
        return found
    names = " ".join(f.value for f in (*review.papers, *review.remarks()))
    return [d for d in found if any(v and v in names for v in (d.facts.get("project_id"), d.facts.get("year")))]


def _of_reports(case: Case, review: FinishedReview, name: str) -> list[Fact]:
    ids = {d.document_id for d in _reports(case, review)}
    return [f for f in case.facts.all(name) if f.evidence.document_id in ids]


# --- periods -------------------------------------------------------------------------------------------------------


def _period(case: Case, review: FinishedReview) -> Iterator[CheckFinding] | None:
    """The header's period and the terms that comments state; None without both a date here and a term there."""
    dated = review.field("period") or any(typed_dates(f.value) for f in review.remarks())
    known = case.facts.all("crediting_start") or case.facts.all("report_year")
    return chain(_header_period(case, review), _stated_terms(case, review)) if dated and known else None


def _header_period(case: Case, review: FinishedReview) -> Iterator[CheckFinding]:
    period = review.field("period")
    typed = typed_dates(period.value) if period else []
    # A date that cannot be is told by review-dates.
    if not period or len(typed) != 2 or not all(t.either for t in typed):
        return iter(())
    return _crediting(case, review, period, typed) if review.form == "registration" else _round(case, review, period)


def _crediting(case: Case, review: FinishedReview, period: Fact, typed: list[Typed]) -> Iterator[CheckFinding]:
    wanted = [case.facts.day("crediting_start"), case.facts.day("crediting_end")]
    if all(wanted) and any(day not in t.either for t, day in zip(typed, wanted, strict=True)):
        said = " to ".join(printed(day) for day in wanted if day)
        yield finding(
            f"{review.document} gives the crediting period as {period.value} (month first); the plan has {said}.",
            "medium",
            period.evidence,
            *case.facts.evidence("crediting_start", "crediting_end"),
        )


def _round(case: Case, review: FinishedReview, period: Fact) -> Iterator[CheckFinding]:
    """A round is named after the year it measures: at least half of that year lies in the period (PG 11.6)."""
    first, last = (t.header for t in typed_dates(period.value))
    years = _of_reports(case, review, "report_year")
    if not (first and last and years) or any(_half_inside(int(f.value), first, last) for f in years):
        return
    own = next((f for f in review.remarks() if _MONITORING_YEAR.search(f.value)), None)
    yield finding(
        f"{review.document} gives the reporting period as {period.value} (month first); "
        f"{years[0].evidence.document} is the report of monitoring year {years[0].value}.",
        "medium",
        period.evidence,
        years[0].evidence,
        own.evidence if own else None,
    )


def _half_inside(year: int, first: date, last: date) -> bool:
    begin, end = max(first, date(year, 1, 1)), min(last, date(year, 12, 31))
    return (end - begin) + timedelta(days=1) >= timedelta(days=182)


def _stated_terms(case: Case, review: FinishedReview) -> Iterator[CheckFinding]:
    """Dates that a comment gives for start, crediting and permanence; the plan's own in any order of day and month."""
    days = {date.fromisoformat(f.value) for name in _WORDS for f in case.facts.all(name)}
    for row in review.rows:
        asked = re.search(r"\b(?:(start) date|(crediting)|(permanence)) ?(?:period)?\b", row.requirement, re.I)
        names = [
            n for n in _WORDS if asked and n.startswith((asked.group(1) or asked.group(2) or asked.group(3)).lower())
        ]
        plan = case.facts.evidence(*names)
        wrong = [t for t in typed_dates(row.comment) if t.either and not days.intersection(t.either)]
        if plan and wrong and "comment" in row.evidence:
            want = " to ".join(dict.fromkeys(printed(d) for n in names if (d := case.facts.day(n))))
            said = ", ".join(t.raw for t in wrong)
            yield finding(
                f"{review.document}, page {row.page}, gives {said} for the {_WORDS[names[0]]}; the plan has {want}.",
                "medium",
                row.evidence["comment"],
                *plan,
            )
    years = _of_reports(case, review, "report_year") if review.form == "issuance" else []
    for fact in review.remarks():
        own = _MONITORING_YEAR.search(fact.value)
        if own and years and all(own.group(1) != f.value for f in years):
            said = f"{review.document} speaks of monitoring year {own.group(1)}; the report's is {years[0].value}."
            yield finding(said, "medium", fact.evidence, years[0].evidence)


# --- papers --------------------------------------------------------------------------------------------------------


def _papers(case: Case, review: FinishedReview) -> Iterator[CheckFinding] | None:
    if not review.papers:
        return None
    there = [d for d in case.inventory.documents if d.document_type != "registry_review"]
    absent = set(missing([f.value for f in review.papers], there, case.registers))
    facts = [f for f in review.papers if f.value in absent]
    if not facts:
        return iter(())
    listed = "; ".join(f.value for f in facts)
    said = f"{review.document} lists as submitted what is not in the folder: {listed}."
    return iter((finding(said, "medium", *(f.evidence for f in facts)),))


RULES = (
    Rule("review-farm-name", "Reviews speak of this farm", "Review form, header and outcome", "high", (),
         "The review names the farm that it is of.", _farm_name),
    Rule("review-dates", "Dates in reviews exist", "Review form, header (month, day, year)", "medium", (),
         "The date is corrected in the review.",
         each_review(_dates, "Every date in the reviews exists.", "The reviews hold no date that could be read.")),
    Rule("review-submission", "Reviews are of the papers in the folder", "Review form, Date of Submission", "high", (),
         "The version that was reviewed is sent, or the newer one is reviewed.",
         each_review(_submission, "No reviewed document is younger than its review says.",
               "No review gives a date of submission beside a dated plan or report.")),
    Rule("review-period", "Periods in reviews are those of the documents", "PG 8.7.2, 11.6", "medium", (),
         "Period and dates are corrected in the review.",
         each_review(_period, "Periods and terms in the reviews are those of plan and report.",
               "No review gives a period beside a plan or report that does.")),
    Rule("review-papers", "Papers that reviews list are in the folder", "Review form, Documents Submitted", "medium",
         (), "The papers are sent, or taken off the list.",
         each_review(_papers, "Every single paper that the reviews list is in the folder.", "No review lists papers.")),
)  # fmt: skip
