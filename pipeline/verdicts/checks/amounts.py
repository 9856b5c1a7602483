"""Rules on figures: the buffer, the estimates of table 4.4, the area in the reports."""

from __future__ import annotations

from pipeline.evidence.row_tests.shares import adding_up, beside
from pipeline.models import Evidence, Fact
from pipeline.models.fact_details import EstimateRow, Shares
from pipeline.verdicts.checks.rule import Case, Rule, Ruling, not_run

#: Areas are printed with two decimals.
_AREA_TOLERANCE = 0.005
#: Table 4.4 is printed in whole tonnes, so sums may be off by rounding.
_TONNES_TOLERANCE = 1.0


def _buffer(case: Case) -> Ruling:
    stated = case.facts.detailed("buffer_shares", Shares)
    if not stated:
        return not_run("No percentage for the buffer pools was read.")
    fact, stated_shares = stated[0]
    shares, items = list(stated_shares.percents), (fact.evidence,)
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
    rows: list[Fact] = []
    wrong: list[tuple[str, Evidence]] = []
    for row, cells in case.facts.detailed("estimate", EstimateRow):
        if cells.removals is None or cells.baseline is None or cells.leakage is None or cells.net is None:
            continue
        rows.append(row)
        expected = cells.removals - abs(cells.baseline) - cells.leakage
        if abs(expected - cells.net) > _TONNES_TOLERANCE:
            sum_ = f"{cells.removals:,g} - {cells.baseline:,g} - {cells.leakage:,g} makes {expected:,g}"
            wrong.append((f"{cells.year}: {sum_}, the table says {cells.net:,g}", row.evidence))
    if not rows:
        return not_run("Table 4.4 holds no row of estimates whose numbers could be read.")
    if wrong:
        return Ruling("fail", "; ".join(w for w, _ in wrong) + ".", tuple(e for _, e in wrong))
    return Ruling(
        "pass", "Removals less emissions and leakage make the net of each row.", tuple(r.evidence for r in rows)
    )


def _area(case: Case) -> Ruling:
    areas = [f for f in case.facts.all("report_area") if f.number is not None]
    if len(areas) < 2:
        return not_run("Fewer than two reports state the project area.")
    values = [hectares for a in areas if (hectares := a.number) is not None]
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
