"""Rules on the plan against the first rounds: when the baseline was taken, which round its figures come from."""

from __future__ import annotations

from datetime import date

from pipeline.evidence.row_tests.verdict import printed
from pipeline.models import Evidence, Fact
from pipeline.models.fact_details import EstimateRow
from pipeline.verdicts.checks.report_view import months_between, reports
from pipeline.verdicts.checks.rule import Case, Rule, Ruling, not_run

#: The first year of crediting; a baseline after it leaves that year unmeasured.
_FIRST_YEAR_MONTHS = 12
#: A year of emissions that ends later than this lies for the most part outside the project's first year.
_FIRST_EMISSIONS_MONTHS = 18
_TONNES = 0.01
#: Areas are measured with little difference by different tools.
_AREA_SHARE = 0.01
#: An estimate may miss what was measured by this share before anybody is asked.
_ESTIMATE_SHARE = 0.25


def _start(case: Case) -> tuple[date | None, tuple[Evidence, ...]]:
    name = "start_date" if case.facts.value("start_date") else "crediting_start"
    return case.facts.day(name), case.facts.evidence(name)


def _baseline_after_start(case: Case) -> Ruling:
    start, shown = _start(case)
    sampled = [(v, day) for v in reports(case) if v.kind == "baseline" and (day := v.day("sampling_start"))]
    if not start or not sampled:
        return not_run("The plan's start date and a baseline report with its first day of sampling are needed.")
    view, first = min(sampled, key=lambda s: s[1])
    items = (*shown, *view.shown("sampling_start", "year"))
    gap = months_between(start, first)
    if gap > _FIRST_YEAR_MONTHS:
        return Ruling(
            "warning",
            f"The project starts on {printed(start)}; its baseline was sampled from {printed(first)}, {int(gap)} "
            "months later, so no measured baseline stands before the first year of crediting.",
            items,
        )
    return Ruling("pass", f"The baseline was sampled from {printed(first)}, within a year of the start.", items)


def _baseline_stock(case: Case) -> Ruling:
    stated = case.facts.numbered("plan_stock")
    views = [v for v in reports(case) if v.kind == "baseline" and v.number("net") is not None]
    if not stated or not views:
        return not_run("The plan's baseline stock and a baseline report with its net stock are needed.")
    fact, stock = stated[0]
    items = (fact.evidence, *(i for v in views for i in v.shown("net")))
    if all(abs(stock - (v.number("net") or 0.0)) > _TONNES for v in views):
        said = "; ".join(f"{v.said()} {v.number('net'):.2f}" for v in views)
        return Ruling("warning", f"The plan's baseline stock is {fact.value} t; {said} t.", items)
    return Ruling("pass", f"Plan and baseline report state the same stock, {fact.value} t.", items)


def _emission_reports(case: Case) -> list[tuple[Fact, Fact, date]]:
    """Gross emissions and year end of every emission report that gives both, by year."""
    ends = {f.evidence.document_id: f for f in case.facts.all("ghg_end")}
    found = [
        (gross, ends[key], date.fromisoformat(ends[key].value))
        for gross in case.facts.all("ghg_gross")
        if (key := gross.evidence.document_id) in ends
    ]
    return sorted(found, key=lambda f: (f[2], f[0].evidence.document))


def _same(one: Fact, other: Fact) -> bool:
    """Both are numbers and, signs aside, the same tonnes."""
    if one.number is None or other.number is None:
        return False
    return abs(abs(one.number) - abs(other.number)) <= _TONNES


def _emissions_round(case: Case) -> Ruling:
    """The plan's baseline emissions are a later year's, and no report of the first year was sent."""
    stated, (start, shown) = case.facts.all("plan_emissions"), _start(case)
    sent = _emission_reports(case)
    if not stated or not start or not sent:
        return not_run("The plan's baseline emissions, its start date and an emission report are needed.")
    own = [s for s in sent if _same(stated[0], s[0])]
    if not own:
        return not_run("No emission report has the plan's baseline emissions as its gross emissions.")
    gross, end, day = own[0]
    items = [stated[0].evidence, end.evidence, gross.evidence]
    if months_between(start, day) <= _FIRST_EMISSIONS_MONTHS:
        return Ruling("pass", f"The baseline emissions are those of the year to {printed(day)}.", tuple(items))
    blank = [i for v in reports(case) if v.kind == "baseline" and not v.fact("emissions") for i in v.shown("emissions")]
    deducted = [
        v
        for v in reports(case)
        if (f := v.fact("emissions")) and v.kind == "monitoring" and _same(f, gross)
    ]
    also = f" {deducted[0].said().capitalize()} deducts the same figure." if deducted else ""
    none = " The baseline report leaves its emissions blank." if blank else ""
    return Ruling(
        "warning",
        f"The plan's baseline emissions, {stated[0].value}, are those of the report for the year to {printed(day)}, "
        f"{int(months_between(start, day))} months after the start of {printed(start)}; no emission report of the "
        f"first year was received.{none}{also}",
        (*items, *shown, *blank, *(i for v in deducted[:1] for i in v.shown("emissions"))),
    )


def _baseline_emissions(case: Case) -> Ruling:
    stated, (start, _) = case.facts.all("plan_emissions"), _start(case)
    if not stated or not start:
        return not_run("The plan's baseline emissions and its start date are needed.")
    sent = [s for s in _emission_reports(case) if 0 < months_between(start, s[2]) <= _FIRST_EMISSIONS_MONTHS]
    if not sent:
        return not_run("No emission report of the first year was received.")
    items = (stated[0].evidence, *(s[0].evidence for s in sent), *(s[1].evidence for s in sent))
    if not any(_same(stated[0], s[0]) for s in sent):
        said = "; ".join(f"the report to {printed(day)}: {gross.value}" for gross, _, day in sent)
        return Ruling("warning", f"The plan's baseline emissions are {stated[0].value} tCO2e; {said}.", items)
    return Ruling("pass", "The plan's baseline emissions are those of an emission report.", items)


def _sign(case: Case) -> Ruling:
    stated = case.facts.numbered("plan_emissions")
    monitored = (f for v in reports(case) if v.kind == "monitoring" and (f := v.fact("emissions")))
    others = [*case.facts.all("ghg_gross"), *monitored]
    if not stated or not others:
        return not_run("The plan's baseline emissions and another document with emissions are needed.")
    planned, tonnes = stated[0]
    apart = [f for f in others if f.number is not None and f.number * tonnes < 0]
    if apart:
        same = [f for f in apart if _same(f, planned)] or apart
        return Ruling(
            "warning",
            f"The plan writes its emissions as {planned.value}, {same[0].evidence.document} as {same[0].value}: one "
            "of the signs is wrong, or the plan should say that it shows a deduction.",
            (planned.evidence, same[0].evidence),
        )
    return Ruling("pass", "Emissions have the same sign in every document.", (planned.evidence,))


def _estimate(case: Case) -> Ruling:
    """The estimate of table 4.4 for the start year against what section 3.3 has measured."""
    stated, (start, _) = case.facts.numbered("plan_emissions"), _start(case)
    rows = [
        (fact, abs(row.baseline))
        for fact, row in case.facts.detailed("estimate", EstimateRow)
        if start and row.year == start.year and row.baseline is not None
    ]
    if not stated or not rows or not start:
        return not_run("Measured emissions in section 3.3 and a row of table 4.4 for the start year are needed.")
    (row, estimated), (planned, tonnes) = rows[0], stated[0]
    measured, items = abs(tonnes), (planned.evidence, row.evidence)
    if measured and abs(estimated - measured) > _ESTIMATE_SHARE * measured:
        return Ruling(
            "warning",
            f"Section 3.3 has baseline emissions of {measured:g} tCO2e; table 4.4 has {estimated:g} tCO2e for "
            f"{start.year}, {estimated / measured:.2f} times that. Table 4.4 is an "
            "estimate, on which its net removals rest.",
            items,
        )
    return Ruling("pass", "Table 4.4 reckons with about the emissions that section 3.3 states.", items)


def _plan_area(case: Case) -> Ruling:
    """The plan states the gross area, buildings included, so a report may have less, never more."""
    stated = case.facts.numbered("plan_area")
    views = [v for v in reports(case) if v.number("area")]
    if not stated or not views:
        return not_run("The plan's gross area in words and a report with the project area are needed.")
    fact, gross = stated[0]
    over = [v for v in views if (v.number("area") or 0.0) > gross * (1 + _AREA_SHARE)]
    items = (fact.evidence, *(i for v in over or views for i in v.shown("area")))
    if over:
        said = "; ".join(f"{v.said()} {v.number('area'):.2f} ha" for v in over)
        return Ruling("warning", f"The plan's gross area is {gross:.2f} ha; {said}.", items)
    return Ruling("pass", f"No report has more than the plan's gross area of {gross:.2f} ha.", items)


RULES = (
    Rule("baseline-after-start", "The baseline is sampled in the first year", "Form 3.3; PG 8.6", "medium",
         ("REQ-007",), "The start date is moved, or the proponent says on what the first year's credits rest.",
         _baseline_after_start),
    Rule("baseline-stock", "Plan and baseline report state one stock", "Form 3.3", "medium", (),
         "Plan and baseline report state the same net stock.", _baseline_stock),
    Rule("baseline-emissions", "The plan's baseline emissions are those reported", "Form 3.3", "medium", (),
         "Plan and emission report state the same gross emissions.", _baseline_emissions),
    Rule("emissions-round", "Baseline emissions belong to the first year", "Form 3.3, 4.1", "medium", (),
         "The emission report of the first year is sent, or the plan says which year it calls the baseline.",
         _emissions_round),
    Rule("emissions-sign", "Emissions have one sign", "Form 3.3", "low", (),
         "The sign is corrected or explained.", _sign),
    Rule("estimate-measured", "Table 4.4 fits the measured emissions", "Form 3.3, 4.4", "low", (),
         "Table 4.4 is reckoned with the measured emissions, or the plan says why not.", _estimate),
    Rule("plan-area", "Reports stay within the plan's gross area", "PG 8.3.2", "medium", ("REQ-004",),
         "The area is corrected in the plan or in the report.", _plan_area),
)  # fmt: skip
