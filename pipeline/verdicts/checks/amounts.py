"""Rules on figures: the buffer, the estimates of table 4.4, the area in the reports."""

from __future__ import annotations

from pipeline.evidence.row_tests.shares import adding_up, beside
from pipeline.verdicts.checks.rule import Case, Rule, Ruling, not_run

#: Areas are printed with two decimals.
_AREA_TOLERANCE = 0.005
#: Table 4.4 is printed in whole tonnes, so sums may be off by rounding.
_TONNES_TOLERANCE = 1.0


def _buffer(case: Case) -> Ruling:
    stated = case.facts.all("buffer_shares")
    if not stated:
        return not_run("No percentage for the buffer pools was read.")
    shares = [float(s) for s in stated[0].value.split()]
    items = (stated[0].evidence,)
    if 20.0 not in shares:
        return Ruling(
            "fail", f"The buffer contribution is {', '.join(f'{s:g} %' for s in shares)}; 20 % is required.", items
        )
    rest = beside(shares, 20)
    parts = adding_up(rest, 20, 2)
    if rest and parts is None:
        return Ruling("fail", f"The parts {' + '.join(f'{s:g} %' for s in rest[:2])} do not make 20 %.", items)
    return Ruling("pass", f"20 % = {' + '.join(f'{s:g} %' for s in parts)}." if parts else "20 % is stated.", items)


def _estimate(case: Case) -> Ruling:
    rows = case.facts.all("estimate")
    if not rows:
        return not_run("Table 4.4 holds no row of estimates that could be read.")
    wrong = []
    for row in rows:
        year, baseline, removals, leakage, net = row.value.split("|")
        expected = _number(removals) - abs(_number(baseline)) - _number(leakage)
        if abs(expected - _number(net)) > _TONNES_TOLERANCE:
            wrong.append(
                (f"{year}: {removals} - {baseline} - {leakage} makes {expected:g}, the table says {net}", row.evidence)
            )
    if wrong:
        return Ruling("fail", "; ".join(w for w, _ in wrong) + ".", tuple(e for _, e in wrong))
    return Ruling(
        "pass", "Removals less emissions and leakage make the net of each row.", tuple(r.evidence for r in rows)
    )


def _number(text: str) -> float:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return 0.0


def _area(case: Case) -> Ruling:
    areas = case.facts.all("report_area")
    if len(areas) < 2:
        return not_run("Fewer than two reports state the project area.")
    values = [float(a.value) for a in areas]
    items = tuple(a.evidence for a in areas)
    if max(values) - min(values) > _AREA_TOLERANCE:
        said = "; ".join(f"{a.value} ha in {a.evidence.document}" for a in areas)
        return Ruling("warning", f"The reports state different project areas: {said}.", items)
    return Ruling("pass", f"The reports state the same project area, {areas[0].value} ha.", items)


RULES = (
    Rule("buffer", "Buffer contribution is 20 %", "CC 5.4", "high", ("REQ-018",),
         "Section 4.5 states 20 % of each issuance and its parts.", _buffer, ("buffer_shares",)),
    Rule("estimate", "Table 4.4 adds up", "Form 4.4", "medium", ("REQ-012",),
         "The rows of table 4.4 are corrected.", _estimate),
    Rule("report-area", "Reports state one area", "PG 8.3.2", "medium", ("REQ-004",),
         "Reports are corrected, or the change of area is explained.", _area),
)  # fmt: skip
