"""Rules on the sums of a round: model error, stocks, conversion, balance, credits, emissions, leakage and yields."""

from __future__ import annotations

import math
from datetime import date, timedelta

from pipeline.evidence.row_tests.verdict import printed
from pipeline.models import Evidence, Fact
from pipeline.models.fact_details import CropYields, FuelArea
from pipeline.verdicts.checks.report_view import ISSUANCE, ReportView, issuance, reports
from pipeline.verdicts.checks.rule import Case, Rule, Ruling, not_run

#: Error of the model in percent (M 3.7).
_MOST_ERROR = 20.0
#: Tonnes of CO2e that a tonne of carbon makes, as reports print it; the exact ratio of masses is noted, not failed.
_CONVERSION, _EXACT = 3.67, 44 / 12
#: Reports print two decimals, so a product of them is off by a little more.
_TONNES, _PRODUCT = 0.02, 0.03
#: A year of emissions that ends longer before a round's last day of sampling is another round's.
_ROUND_OF_EMISSIONS = timedelta(days=365)
#: Shares by which the emission report's own area may differ, and by which yields may fall (CC 5.2).
_AREA_SHARE, _MOST_FALL = 0.02, 0.10
#: What is harvested in the year of a later start was sown and reaped before the project.
_LAST_HARVEST_MONTH = 8
_NO_ROUND = "No monitoring report with these figures was received."


def _rounds(case: Case, *names: str) -> list[ReportView]:
    """Monitoring reports that give all these figures."""
    return [v for v in reports(case) if v.kind == "monitoring" and all(v.fact(name) for name in names)]


def _figure(view: ReportView, name: str) -> float:
    return view.number(name) or 0.0


def _model_error(case: Case) -> Ruling:
    views = [v for v in reports(case) if v.number("mape") is not None]
    if not views:
        return not_run("No project report with an error of the model was received.")
    high = [v for v in views if _figure(v, "mape") >= _MOST_ERROR]
    apart = [v for v in views if v.fact("table_mape") and _differ(v)]
    if high or apart:
        said = [f"{v.said()} has an error of {_figure(v, 'mape'):g} %, and less than 20 % is asked for" for v in high]
        said += [
            f"{v.said()} has an error of {_figure(v, 'mape'):g} % in its outline and {_figure(v, 'table_mape'):g} % "
            "above its results"
            for v in apart
        ]
        found = [*high, *(v for v in apart if v not in high)]
        items = tuple(i for v in found for i in v.shown("mape", "table_mape"))
        return Ruling("warning", _sentence(said) + issuance(found), items)
    items = tuple(i for v in views for i in v.shown("mape"))
    return Ruling("pass", f"The error of the model stays below {_MOST_ERROR:g} %.", items)


def _differ(view: ReportView) -> bool:
    """The newer layout prints the larger error of two rounds in the outline."""
    outline, table = _figure(view, "mape"), _figure(view, "table_mape")
    return table > outline + 0.005 if view.newer_layout else abs(outline - table) > 0.005


def _stock_change(case: Case) -> Ruling:
    later = [v for v in _rounds(case, "net", "change") if not v.newer_layout and v.year]
    before = {v.year: v for v in reports(case) if v.number("net") is not None and not v.newer_layout}
    pairs = [(v, b) for v in later if v.year and (b := before.get(v.year - 1))]
    if not pairs:
        return not_run("Two reports of following rounds in the older layout are needed; the newer one deducts anew.")
    off = [(v, b) for v, b in pairs if abs(_figure(v, "net") - _figure(b, "net") - _figure(v, "change")) > _TONNES]
    if off:
        said = [
            f"{v.said()} states a change of {_figure(v, 'change'):.2f} t; {_figure(v, 'net'):.2f} less "
            f"{_figure(b, 'net'):.2f} makes {_figure(v, 'net') - _figure(b, 'net'):.2f} t"
            for v, b in off
        ]
        return Ruling(
            "warning", _later(said), tuple(i for v, b in off for i in (*v.shown("change", "net"), *b.shown("net")))
        )
    return Ruling(
        "pass", "The change of stock is the difference of the two rounds.", pairs[0][0].shown("change", "net")
    )


def _conversion(case: Case) -> Ruling:
    views = _rounds(case, "gain", "change")
    if not views:
        return not_run(_NO_ROUND)
    off = [v for v in views if abs(_figure(v, "change") * _CONVERSION - _figure(v, "gain")) > _PRODUCT]
    exact = [v for v in off if abs(_figure(v, "change") * _EXACT - _figure(v, "gain")) <= _PRODUCT]
    wrong = [v for v in off if v not in exact]
    if wrong:
        said = [
            f"{v.said()} makes {_figure(v, 'gain'):.2f} tCO2e of a change of {_figure(v, 'change'):.2f} t; times "
            f"{_CONVERSION} it is {_figure(v, 'change') * _CONVERSION:.2f}"
            for v in wrong
        ]
        return Ruling("warning", _later(said), tuple(i for v in wrong for i in v.shown("gain", "change")))
    note = " 44/12 was used where reports print 3.67." if exact else ""
    return Ruling("pass", f"Carbon was converted with {_CONVERSION}.{note}", views[0].shown("gain", "change"))


def _balance(case: Case) -> Ruling:
    views = _rounds(case, "gain", "emissions", "balance")
    if not views:
        return not_run(_NO_ROUND)
    off = [v for v in views if abs(_expected(v) - _figure(v, "balance")) > _TONNES]
    if off:
        said = [
            f"{v.said()} states a balance of {_figure(v, 'balance'):.2f}; gain less emissions and leakage makes "
            f"{_expected(v):.2f}"
            for v in off
        ]
        items = tuple(i for v in off for i in v.shown("balance", "gain", "emissions", "leakage"))
        return Ruling("warning", _later(said), items)
    return Ruling("pass", "Gain less emissions and leakage makes the balance.", views[0].shown("balance", "gain"))


def _expected(view: ReportView) -> float:
    return _figure(view, "gain") - _figure(view, "emissions") - _figure(view, "leakage")


def _credits(case: Case) -> Ruling:
    """Whole credits: the balance is rounded down, the buffer of it up."""
    views = _rounds(case, "balance", "credits", "buffer", "pending")
    if not views:
        return not_run("No monitoring report with a credit statement was received.")
    off: list[tuple[ReportView, str]] = []
    for view in views:
        total = math.floor(_figure(view, "balance"))
        buffer = math.ceil(round(total * 0.2, 6))
        wanted = {"credits": total, "buffer": buffer, "pending": total - buffer}
        if any(_figure(view, name) != value for name, value in wanted.items()):
            stated = " / ".join(f"{_figure(view, name):g}" for name in wanted)
            off.append(
                (view, f"{view.said()} states {stated}; its balance makes {total} / {buffer} / {total - buffer}")
            )
    if off:
        items = tuple(i for v, _ in off for i in v.shown("balance", "credits", "buffer", "pending"))
        said = "; ".join(s for _, s in off)
        return Ruling("warning", f"Total, buffer and pending credits: {said}. {ISSUANCE}", items)
    shown = views[0].shown("credits", "buffer")
    return Ruling("pass", "Total, buffer and pending credits follow from the balance.", shown)


def _report_emissions(case: Case) -> Ruling:
    ends = {f.evidence.document_id: f for f in case.facts.all("ghg_end")}
    compared: list[tuple[ReportView, list[tuple[Fact, float, Fact]]]] = []
    for view in _rounds(case, "emissions"):
        last = view.day("sampling_finish") or view.day("sampling_start")
        mine = [
            (gross, tonnes, ends[key])
            for gross, tonnes in case.facts.numbered("ghg_gross")
            if (key := gross.evidence.document_id) in ends
            and last
            and _of_round(date.fromisoformat(ends[key].value), last)
        ]
        if mine:
            compared.append((view, mine))
    if not compared:
        return not_run("A monitoring report and the emission report of its round are needed.")
    off = [
        (v, mine)
        for v, mine in compared
        if not any(abs(tonnes - _figure(v, "emissions")) <= 0.01 for _, tonnes, _ in mine)
    ]
    if off:
        said = [
            f"{v.said()} deducts {_figure(v, 'emissions'):.2f} tCO2e; the emission report to "
            f"{printed(date.fromisoformat(mine[-1][2].value))} has {mine[-1][0].value}"
            for v, mine in off
        ]
        items = tuple(i for v, mine in off for i in (*v.shown("emissions"), mine[-1][0].evidence, mine[-1][2].evidence))
        return Ruling("warning", _later(said), items)
    view, mine = compared[0]
    return Ruling(
        "pass", "Reports deduct the gross emissions of their round.", (*view.shown("emissions"), mine[0][0].evidence)
    )


def _of_round(end: date, sampled: date) -> bool:
    return timedelta(0) <= sampled - end <= _ROUND_OF_EMISSIONS


def _leakage(case: Case) -> Ruling:
    views = [v for v in _rounds(case, "leakage") if _figure(v, "leakage") > 0]
    if not views:
        return not_run("No monitoring report that deducts leakage was received.")
    years = {year for _, crop in case.facts.detailed("yields", CropYields) for year in crop.tonnes}
    bare = [v for v in views if not v.fact("yields") and not any(y >= (v.year or 0) for y in years)]
    if bare:
        plan = case.facts.evidence("plan_leakage")
        held = " The plan holds leakage to be negligible." if plan else ""
        said = "; ".join(f"{v.said()} deducts {_figure(v, 'leakage'):.2f} tCO2e" for v in bare)
        return Ruling(
            "warning",
            f"Leakage without its reckoning: {said} and has no table of yields, and no workbook with the yields of "
            f"that year was received.{held} {ISSUANCE}",
            (*(i for v in bare for i in v.shown("leakage")), *plan),
        )
    return Ruling("pass", "Where leakage is deducted, yields are shown.", views[0].shown("leakage", "yields"))


def _emissions_area(case: Case) -> Ruling:
    found = case.facts.detailed("ghg_fuel_area", FuelArea)
    named = [*case.facts.all("plan_area"), *(f for v in reports(case) if (f := v.fact("area")))]
    stated = [f for f in named if f.number is not None]
    if not found or not stated:
        return not_run("An emission report with fuel per hectare and a document with the project's area are needed.")
    wanted = [(hectares, f) for f in stated if (hectares := f.number) is not None]
    off = [
        (fact, own)
        for fact, own in found
        if all(abs(own.hectares - hectares) > _AREA_SHARE * hectares + own.slack for hectares, _ in wanted)
    ]
    if off:
        fact, own = off[0]
        _, nearest = min(wanted, key=lambda w: abs(w[0] - own.hectares))
        return Ruling(
            "warning",
            f"{fact.evidence.document} was reckoned for about {own.hectares:.1f} ha ({own.fuels:g} tCO2e from fuels, "
            f"{own.per_hectare:g} per hectare); the project has {nearest.value} ha. The whole enterprise may have been "
            "taken.",
            (fact.evidence, *(f.evidence for f in case.facts.all("ghg_fuels") if _together(f, fact)), nearest.evidence),
        )
    return Ruling(
        "pass", "Emission reports were reckoned for the project's area.", (found[0][0].evidence, stated[0].evidence)
    )


def _together(one: Fact, other: Fact) -> bool:
    return one.evidence.document_id == other.evidence.document_id


def _yields(case: Case) -> Ruling:
    """The mean over crops of a project year's yield against the five years before the start."""
    start = case.facts.day("start_date") or case.facts.day("crediting_start")
    rows = case.facts.detailed("yields", CropYields)
    if not start or not rows:
        return not_run("The plan's start date and a workbook with yields by year are needed.")
    shares: list[tuple[float, Fact, str]] = []
    for fact, of_crop in rows:
        before = [t for y, t in of_crop.tonnes.items() if start.year - 5 <= y < start.year]
        later = [t for y, t in of_crop.tonnes.items() if y >= start.year + (start.month > _LAST_HARVEST_MONTH)]
        if before and later:
            shares.append((sum(later) / len(later) / (sum(before) / len(before)), fact, of_crop.crop))
    if not shares:
        return not_run("The workbook holds no yields of the project's own years beside those before its start.")
    mean = sum(share for share, _, _ in shares) / len(shares)
    said = ", ".join(f"{crop} {(share - 1) * 100:+.0f} %" for share, _, crop in shares)
    items: tuple[Evidence, ...] = tuple(f.evidence for _, f, _ in shares)
    if mean < 1 - _MOST_FALL:
        return Ruling(
            "warning",
            f"Yields of the project's years fall by {(1 - mean) * 100:.0f} % on the mean of the crops against the five "
            f"years before ({said}); more than 10 % needs regional yields or a deduction.",
            items,
        )
    return Ruling("pass", f"Yields of the project's years stay within 10 % on the mean of the crops ({said}).", items)


def _later(parts: list[str]) -> str:
    """A sentence on monitoring reports alone."""
    return f"{_sentence(parts)} {ISSUANCE}"


def _sentence(parts: list[str]) -> str:
    text = "; ".join(parts) + "."
    return text[0].upper() + text[1:]


RULES = (
    Rule("model-error", "Error of the model is below 20 % and stated once", "M 3.7", "medium", ("REQ-017",),
         "The error is corrected, or the model is improved.", _model_error),
    Rule("stock-change", "Change of stock is the difference of two rounds", "M 5.1.1", "medium", (),
         "The reports are corrected before credits are issued.", _stock_change),
    Rule("conversion", "Carbon is converted with 3.67", "M 5.1.1", "medium", (),
         "The conversion is corrected before credits are issued.", _conversion),
    Rule("carbon-balance", "The balance adds up", "M 5.1.1", "medium", (),
         "The balance is corrected before credits are issued.", _balance),
    Rule("credit-statement", "Credits follow from the balance", "M 1.1; CC 5.4", "medium", ("REQ-018",),
         "The credit statement is corrected before credits are issued.", _credits),
    Rule("report-emissions", "Reports deduct the gross emissions of their round", "M 5.1.1", "medium", (),
         "The report and its emission report state the same gross emissions.", _report_emissions),
    Rule("leakage-support", "Deducted leakage is reckoned from yields", "M 5.1.1; CC 5.2", "low", ("REQ-012",),
         "The yields that the deduction was reckoned from are sent.", _leakage),
    Rule("emissions-area", "Emissions were reckoned for the project's area", "Form 4.1", "low", (),
         "The proponent says which area the emission report covers.", _emissions_area),
    Rule("yield-drop", "Yields fall by no more than 10 %", "CC 5.2", "medium", ("REQ-012",),
         "Regional yields justify the fall, or leakage is deducted.", _yields),
)  # fmt: skip
