"""Rules on what a round leaves beside its report: the day of the satellite image, the laboratory's sample table."""

from __future__ import annotations

import re
from datetime import date, timedelta

from pipeline.evidence.row_tests.verdict import printed
from pipeline.models import Evidence, Fact
from pipeline.models.fact_details import SampleTable, SampleValues
from pipeline.verdicts.checks.report_view import ReportView, issuance, months_between, reports
from pipeline.verdicts.checks.rule import Case, Rule, Ruling, not_run

#: Months between image and sampling (M 3.5.7); months of the calendar, since four of them are 120 to 123 days.
_MOST_MONTHS = 4
#: A laboratory gets the samples within this time of the sampling's last day.
_RECEIPT = timedelta(days=120)
_IMAGE_TYPES = ("imagery_metadata", "model_results")
_DAY_IN_NAME = re.compile(r"(?<!\d)(20\d\d)(0[1-9]|1[0-2])([0-2]\d|3[01])(?!\d)")


def _imagery(case: Case) -> Ruling:
    views = [v for v in reports(case) if v.day("sampling_start")]
    images = _image_days(case)
    if not views or not images:
        return not_run("A report with its days of sampling and an image with its day in the file name are needed.")
    best: dict[str, tuple[float, date, ReportView]] = {}
    for day in images:
        view = min(views, key=lambda v: abs((day - _span(v)[0]).days))
        gap = max(abs(months_between(min(day, end), max(day, end))) for end in _span(view))
        if view.document_id not in best or gap < best[view.document_id][0]:
            best[view.document_id] = (gap, day, view)
    far = [b for b in best.values() if b[0] > _MOST_MONTHS]
    if far:
        said = "; ".join(
            f"{v.said()} was sampled from {printed(_span(v)[0])} to {printed(_span(v)[1])}, its nearest image is of "
            f"{printed(day)} ({max(abs((day - end).days) for end in _span(v))} days)"
            for _, day, v in far
        )
        items = tuple(i for _, _, v in far for i in v.shown("sampling_start", "sampling_finish"))
        later = issuance([v for _, _, v in far])
        return Ruling(
            "warning", f"Image and sampling lie within {_MOST_MONTHS} months of each other; {said}.{later}", items
        )
    said = "; ".join(f"{v.said()}: {printed(day)}" for _, day, v in best.values())
    return Ruling("pass", f"Each image lies within {_MOST_MONTHS} months of its sampling ({said}).")


def _span(view: ReportView) -> tuple[date, date]:
    start = view.day("sampling_start")
    assert start is not None  # noqa: S101 - callers keep only views with a first day; this tells the type checker
    return start, view.day("sampling_finish") or start


def _image_days(case: Case) -> list[date]:
    """Days in the names of images and of what was made from them, year first as the providers write them."""
    found: set[date] = set()
    for document in case.inventory.documents:
        if document.document_type in _IMAGE_TYPES and document.status in ("in_scope", "pinned"):
            for year, month, day in _DAY_IN_NAME.findall(document.filename):
                try:
                    found.add(date(int(year), int(month), int(day)))
                except ValueError:
                    continue
    return sorted(found)


def _sample_count(case: Case) -> Ruling:
    tables = case.facts.detailed("samples_rows", SampleTable)
    views = [v for v in reports(case) if v.number("samples")]
    if not tables or not views:
        return not_run("A report with its number of samples and a sample table of that round are needed.")
    compared: list[tuple[ReportView, int, tuple[Evidence, ...]]] = []
    for view in views:
        mine = [(f, table.rows) for f, table in tables if _belongs(view, table.received)]
        if mine:
            stated = int(view.number("samples") or 0)
            total = stated if any(rows == stated for _, rows in mine) else sum(rows for _, rows in mine)
            compared.append((view, total, (*view.shown("samples"), *(f.evidence for f, _ in mine))))
    if not compared:
        return not_run("No sample table was received within four months of a sampling.")
    off = [(v, n, items) for v, n, items in compared if n != v.number("samples")]
    if off:
        said = "; ".join(f"{v.said()} states {v.number('samples'):g} samples, the table has {n}" for v, n, _ in off)
        return Ruling(
            "warning",
            f"{said[0].upper()}{said[1:]}.{issuance([v for v, _, _ in off])}",
            tuple(i for _, _, t in off for i in t),
        )
    return Ruling("pass", "Reports and sample tables have the same number of samples.", compared[0][2])


def _belongs(view: ReportView, received: date | None) -> bool:
    finish = view.day("sampling_finish") or view.day("sampling_start")
    return bool(received and finish and timedelta(0) <= received - finish <= _RECEIPT)


def _sample_columns(case: Case) -> Ruling:
    if not case.facts.all("samples_rows"):
        return not_run("No laboratory table was received.")
    swapped = case.facts.detailed("samples_swapped", SampleValues)
    if swapped:
        fact, sample = swapped[0]
        return Ruling(
            "warning",
            f"Bulk density and depth stand in each other's column in {fact.evidence.document}: {sample.rows} rows have "
            f"values like {_values(sample)}.",
            (*_heads(case, fact), fact.evidence),
        )
    stated = {f.value.partition("-")[2] for v in reports(case) for f in v.all("depth")}
    odd = [
        (fact, sample)
        for fact, sample in case.facts.detailed("samples_odd", SampleValues)
        if sample.depth is None or f"{sample.depth:g}" not in stated or _thin(sample)
    ]
    if odd:
        fact, sample = odd[0]
        return Ruling(
            "warning",
            f"{fact.evidence.document}: a bulk density outside 0.5 to 2 kg/l or a depth other than 30 cm in "
            f"{sample.rows} rows, for example {_values(sample)}.",
            (*_heads(case, fact), fact.evidence),
            severity="low",
        )
    return Ruling("pass", "Every row has a bulk density of 0.5 to 2 kg/l and a depth of 30 cm, or leaves them out.")


def _heads(case: Case, fact: Fact) -> tuple[Evidence, ...]:
    """The column heads of the table that a fact was read from."""
    return tuple(f.evidence for f in case.facts.all("samples_rows") if f.evidence.sha256 == fact.evidence.sha256)


def _values(sample: SampleValues) -> str:
    said = (("BD", sample.density), ("depth", sample.depth))
    return " and ".join(f"{name} {value:g}" for name, value in said if value is not None)


def _thin(sample: SampleValues) -> bool:
    return sample.density is not None and not 0.5 <= sample.density <= 2.0


RULES = (
    Rule("imagery-date", "Image and sampling lie within four months", "M 3.5.7", "medium", ("REQ-017",),
         "An image within four calendar months of the sampling is sent.", _imagery),
    Rule("sample-count", "Reports and sample tables have as many samples", "M 5.1.1", "low", ("REQ-017",),
         "The number of samples is explained or corrected.", _sample_count),
    Rule("sample-columns", "Sample tables hold plausible values", "M 5.1.1", "medium", ("REQ-017",),
         "The table is sent again with its columns under their own heads.", _sample_columns),
)  # fmt: skip
