"""Rules on how the soil was sampled: cores, depth, positions, share and area."""

from __future__ import annotations

from pipeline.models import Evidence, Fact
from pipeline.models.fact_details import CoreCount, CoveredShare
from pipeline.verdicts.checks.report_view import ReportView, issuance, reports
from pipeline.verdicts.checks.rule import Case, Rule, Ruling, not_run

#: Cores in each stratum (M 5.1.1), metres of positioning (M 3.5.4).
LEAST_CORES, COARSEST_METRES = 10, 4.0
_DEPTH = "0-30"
#: Points of a percentage by which a rounded share may miss the one that areas make.
_SHARE_TOLERANCE = 5.0
_HECTARES_TOLERANCE = 0.05
_NO_REPORT = "No project report that says this was received."


def _cores_per_stratum(case: Case) -> Ruling:
    stated = [(v, f, cores.count) for v in reports(case) for f, cores in _own_cores(v, "stratum")]
    if not stated:
        return not_run(_NO_REPORT)
    few = [(v, f, n) for v, f, n in stated if n < LEAST_CORES]
    plan = case.facts.evidence("plan_cores")
    if few:
        said = "; ".join(f"{v.said()} states {n}" for v, _, n in few)
        own = case.facts.value("plan_cores")
        planned = f", and section 5.3 of the plan has {own}" if own else ""
        views = [v for v, _, _ in few]
        return Ruling(
            "warning",
            f"The methodology asks for {LEAST_CORES} cores in each stratum{planned}; {said}.{issuance(views)}",
            (*(f.evidence for _, f, _ in few), *plan),
            severity="medium" if issuance(views) else "high",
        )
    least = min(n for _, _, n in stated)
    items = tuple(f.evidence for _, f, _ in stated)
    return Ruling("pass", f"Every report states at least {least} cores in each stratum.", items)


def _own_cores(view: ReportView, unit: str) -> list[tuple[Fact, CoreCount]]:
    """What a report says of the cores of its own round."""
    found = view.detailed("cores", CoreCount)
    return [(fact, cores) for fact, cores in found if cores.unit == unit and cores.year in (None, view.year)]


def _cores_agree(case: Case) -> Ruling:
    """Two counts for areas of one size in one round; larger strata may hold more cores than smaller blocks."""
    views = reports(case)
    stated: list[tuple[ReportView, Fact, int, float, int]] = []
    for view in views:
        for fact, cores in view.detailed("cores", CoreCount):
            own = cores.year or view.year
            if own and cores.hectares:
                stated.append((view, fact, cores.count, cores.hectares, own))
    if len(stated) < 2:
        return not_run("Fewer than two statements on the cores of one round were read.")
    apart = {
        id(one[1]): one
        for one in stated
        for other in stated
        if one[4] == other[4] and abs(one[3] - other[3]) <= 0.25 * one[3] and one[2] != other[2]
    }
    if not apart:
        return Ruling("pass", "No two statements on the cores of a round differ.")
    listed = list(apart.values())
    said = "; ".join(f"{n} on {size:g} ha (page {f.evidence.page} of {v.said()})" for v, f, n, size, _ in listed)
    return Ruling(
        "warning",
        f"The cores of the {listed[0][4]} round are given differently for areas of one size: {said}.",
        tuple(f.evidence for _, f, _, _, _ in listed),
    )


def _covered_share(case: Case) -> Ruling:
    views = reports(case)
    compared: list[tuple[float, float, int, tuple[Evidence, ...]]] = []
    for view in views:
        for fact, covered in view.detailed("covered", CoveredShare):
            about = covered.year or view.year
            own = next((v for v in views if v.year == about and v.number("area") and v.number("sampled")), None)
            if own and about:
                computed = (own.number("sampled") or 0.0) / (own.number("area") or 1.0) * 100
                compared.append((covered.percent, computed, about, (fact.evidence, *own.shown("sampled", "area"))))
    if not compared:
        return not_run("No report says what share of the project area was sampled, or the areas are not stated.")
    off = [c for c in compared if abs(c[0] - c[1]) > _SHARE_TOLERANCE]
    if off:
        said, computed, about, items = off[0]
        return Ruling(
            "warning",
            f"The {about} sampling is said to have covered {said:g} % of the project area; the areas make "
            f"{computed:.1f} %.",
            items,
        )
    return Ruling("pass", f"The share covered is that of the areas, {compared[0][1]:.1f} %.", compared[0][3])


def _core_depth(case: Case) -> Ruling:
    stated = [(v, f) for v in reports(case) for f in v.all("depth")]
    if not stated:
        return not_run(_NO_REPORT)
    other = [(v, f) for v, f in stated if f.value != _DEPTH]
    if other:
        said = "; ".join(f"{v.said()} states {f.value} cm" for v, f in other)
        return Ruling(
            "warning",
            f"Cores go from 0 to 30 cm; {said}.{issuance([v for v, _ in other])}",
            tuple(f.evidence for _, f in other),
        )
    return Ruling("pass", "Every report states 0-30 cm.", tuple(f.evidence for _, f in stated))


def _accuracy(case: Case) -> Ruling:
    stated = [(v, f, metres) for v in reports(case) for f, metres in v.numbered("accuracy")]
    if not stated:
        return not_run(_NO_REPORT)
    coarse = [(v, f, m) for v, f, m in stated if m > COARSEST_METRES]
    if coarse:
        said = "; ".join(f"{v.said()} states {m:g} m" for v, _, m in coarse)
        return Ruling(
            "warning",
            f"Positions are to be accurate to {COARSEST_METRES:g} m or better; {said}."
            f"{issuance([v for v, _, _ in coarse])}",
            tuple(f.evidence for _, f, _ in coarse),
        )
    return Ruling(
        "pass",
        f"Positions are accurate to {max(m for _, _, m in stated):g} m or better.",
        tuple(f.evidence for _, f, _ in stated),
    )


def _claim(case: Case) -> Ruling:
    pairs = [(v, a, p) for v in reports(case) if (a := v.fact("accuracy")) and (p := v.fact("position"))]
    if not pairs:
        return not_run("No report states both the accuracy of its positions and how near they lie to the plan.")
    bold = [(v, a, p) for v, a, p in pairs if (v.number("accuracy") or 0.0) > (v.number("position") or 0.0)]
    if bold:
        said = "; ".join(
            f"{v.said()} places cores within {p.value} m with an accuracy of {a.value} m" for v, a, p in bold
        )
        return Ruling(
            "warning",
            f"A claim finer than the instrument cannot be shown: {said}.{issuance([v for v, _, _ in bold])}",
            tuple(i for _, a, p in bold for i in (a.evidence, p.evidence)),
        )
    return Ruling("pass", "No report claims more than its instrument shows.")


def _sampled_area(case: Case) -> Ruling:
    views = [v for v in reports(case) if v.number("area") and v.number("sampled")]
    if not views:
        return not_run("No report states both the project area and the sampled area.")
    over = [v for v in views if (v.number("sampled") or 0) > (v.number("area") or 0) + _HECTARES_TOLERANCE]
    if over:
        said = "; ".join(f"{v.said()}: {v.number('sampled'):.2f} ha of {v.number('area'):.2f} ha" for v in over)
        items = tuple(i for v in over for i in v.shown("sampled", "area"))
        return Ruling("warning", f"More land was sampled than the project has: {said}.{issuance(over)}", items)
    return Ruling("pass", "No report samples more land than the project has.", views[0].shown("sampled", "area"))


RULES = (
    Rule("cores-per-stratum", "At least ten cores in each stratum", "M 5.1.1; form 5.3", "high", ("REQ-017",),
         "The report is corrected, or the proponent justifies the deviation.", _cores_per_stratum),
    Rule("cores-agree", "Statements on cores agree", "M 5.1.1", "medium", ("REQ-017",),
         "The proponent says how many cores each sample was made of, and the reports say the same.", _cores_agree),
    Rule("covered-share", "Share of the area that was sampled", "M 5.1.1", "low", ("REQ-017",),
         "The share is corrected, or the areas are.", _covered_share),
    Rule("core-depth", "Cores reach from 0 to 30 cm", "M 3.4", "medium", ("REQ-017",),
         "The depth is corrected, or the proponent justifies the deviation.", _core_depth),
    Rule("position-accuracy", "Positions are accurate to 4 m", "M 3.5.4", "medium", ("REQ-017",),
         "The instrument and its accuracy are corrected or justified.", _accuracy),
    Rule("position-claim", "Claims on positions fit the instrument", "M 3.5.4", "low", ("REQ-017",),
         "The claim is no finer than the accuracy of the instrument.", _claim),
    Rule("sampled-area", "Sampled area lies within the project area", "M 5.1.1", "medium", ("REQ-004",),
         "The areas are corrected.", _sampled_area),
)  # fmt: skip
