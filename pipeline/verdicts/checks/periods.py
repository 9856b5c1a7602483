"""Rules on dates: they exist, the crediting term and permanence are ten years to the day, reports repeat them."""

from __future__ import annotations

from datetime import timedelta

from pipeline.evidence.row_tests.verdict import printed, term_in_words
from pipeline.models.fact_details import Term
from pipeline.verdicts.checks.rule import Case, Rule, Ruling, not_run


def _dates_exist(case: Case) -> Ruling:
    wrong = [*case.facts.all("impossible_date"), *case.facts.all("odd_date")]
    if wrong:
        listed = "; ".join(f"{f.value} in {f.evidence.document}, page {f.evidence.page}" for f in wrong)
        return Ruling("fail", f"No such date, or outside 1990 to 2099: {listed}.", tuple(f.evidence for f in wrong))
    if not case.facts.value("start_date") and not case.facts.value("crediting_start"):
        return not_run("No plan with dates was read.")
    return Ruling("pass", "Every date in the plan and the reports exists.")


def _dates_read(case: Case) -> Ruling:
    twofold = case.facts.all("ambiguous_date")
    if not twofold and case.plan_document_id is None and not case.facts.all("report_term"):
        return not_run("No plan or report with dates was read.")
    if not twofold:
        return Ruling("pass", "No date could be read in two ways.")
    documents = ", ".join(f.evidence.document for f in twofold)
    return Ruling(
        "pass",
        f"Dates whose day and month are both 12 or less are read day first, as the form writes them (for example "
        f"{twofold[0].value}); found in {documents}.",
        tuple(f.evidence for f in twofold),
    )


#: Crediting period and permanence period (CC 3.7, 5.3).
_YEARS = 10


def _ten_years(case: Case, name: str, words: str) -> Ruling:
    start, end = case.facts.day(f"{name}_start"), case.facts.day(f"{name}_end")
    if not (start and end):
        return not_run(f"No {words} with a first and a last day was read.")
    holds, said = term_in_words(start, end, _YEARS)
    return Ruling("pass" if holds else "fail", f"The {words} {said}.", case.facts.evidence(f"{name}_start"))


def _crediting_term(case: Case) -> Ruling:
    return _ten_years(case, "crediting", "crediting period")


def _permanence_term(case: Case) -> Ruling:
    return _ten_years(case, "permanence", "permanence period")


def _start_date(case: Case) -> Ruling:
    start, first = case.facts.day("start_date"), case.facts.day("crediting_start")
    if not (start and first):
        return not_run("Section 1.8 or 1.9 holds no date that could be read.")
    items = case.facts.evidence("start_date", "crediting_start")
    if start != first:
        return Ruling(
            "fail", f"The start date is {printed(start)}, the crediting period starts {printed(first)}.", items
        )
    return Ruling("pass", f"Start date and first crediting day are both {printed(start)}.", items)


def _permanence_start(case: Case) -> Ruling:
    end, start = case.facts.day("crediting_end"), case.facts.day("permanence_start")
    if not (end and start):
        return not_run("Section 1.9 or 1.10 holds no period that could be read.")
    items = case.facts.evidence("crediting_end", "permanence_start")
    wanted = end + timedelta(days=1)
    if start != wanted:
        return Ruling(
            "fail",
            f"Permanence starts {printed(start)}; the crediting period ends {printed(end)}, so {printed(wanted)} fits.",
            items,
        )
    return Ruling("pass", f"Permanence starts {printed(start)}, the day after the crediting period.", items)


def _report_term(case: Case) -> Ruling:
    start, end = case.facts.day("crediting_start"), case.facts.day("crediting_end")
    stated = case.facts.detailed("report_term", Term)
    if not stated:
        return not_run("No project report with a crediting term was received.")
    if not (start and end):
        return not_run("The plan's crediting period could not be read.")
    plan = case.facts.evidence("crediting_start")
    other = [(f, term) for f, term in stated if (term.first, term.last) != (start, end)]
    if other:
        said = "; ".join(f"{f.evidence.document}: {printed(t.first)} to {printed(t.last)}" for f, t in other)
        items = (*plan, *(f.evidence for f, _ in other))
        return Ruling("fail", f"The plan says {printed(start)} to {printed(end)}; {said}.", items)
    return Ruling("pass", "The reports state the plan's crediting period.", (*plan, *(f.evidence for f, _ in stated)))


RULES = (
    Rule("dates", "Dates exist", "Form 1.1 to 1.10", "high", ("REQ-007", "REQ-010", "REQ-013"),
         "Each date is corrected in its document.", _dates_exist),
    Rule("date-order", "Dates are read day first", "Form 1.8 (day, month, year)", "low", (), "", _dates_read),
    Rule("start-date", "Start date is the first crediting day", "PG 8.6", "high", ("REQ-007",),
         "Sections 1.8 and 1.9 give the same first day.", _start_date, ("start_date", "crediting_start")),
    Rule("crediting-term", "Crediting period lasts ten years", "PG 8.7.2; CC 3.7", "high", ("REQ-010",),
         "Section 1.9 ends one day before the tenth anniversary of its first day.", _crediting_term,
         ("crediting_start", "crediting_end")),
    Rule("permanence-term", "Permanence period lasts ten years", "CC 5.3", "high", ("REQ-013",),
         "Section 1.10 ends one day before the tenth anniversary of its first day.", _permanence_term,
         ("permanence_start", "permanence_end")),
    Rule("permanence-start", "Permanence follows the crediting period", "CC 5.3", "high", ("REQ-013",),
         "Section 1.10 starts on the day after the last day of section 1.9.", _permanence_start,
         ("crediting_end", "permanence_start")),
    Rule("report-term", "Reports repeat the crediting period", "PG 8.7.2", "high", ("REQ-010",),
         "Plan and reports state the same crediting period.", _report_term, ("crediting_start", "crediting_end")),
)  # fmt: skip
