"""Rules on what the project is called and who holds what: ids, versions, owners, credits, papers of tenure."""

from __future__ import annotations

import re

from pipeline.evidence.tenure.ledger import differences_in_words, in_groups
from pipeline.evidence.tenure.people import SLIGHT, compare
from pipeline.models import Fact, Severity, TitleHolder
from pipeline.verdicts.checks.rule import Case, Rule, Ruling, not_run

_ID = re.compile(r"^(\d+)([A-Za-z]+)(\d{2})$")


def _one_id(case: Case) -> Ruling:
    """Two ids of one round in one document; other rounds have other ids by design and are never compared."""
    found = case.facts.all("internal_id")
    if not found:
        return not_run("The plan shows no internal id.")
    own = case.facts.value("project_id") or found[0].value
    base = _ID.match(own)
    odd = [f for f in found if f.value != own and base and _same_round(base, _ID.match(f.value))]
    first = next((f for f in found if f.value == own), found[0])
    if odd:
        said = "; ".join(f"{f.value} on page {f.evidence.page}" for f in odd)
        return Ruling(
            "warning",
            f"The plan calls itself {own} on page {first.evidence.page}, and {said}.",
            (first.evidence, *(f.evidence for f in odd)),
        )
    return Ruling("pass", f"The plan uses one id, {own}.", (first.evidence,))


def _same_round(own: re.Match[str], other: re.Match[str] | None) -> bool:
    """The same farm and year under another number, or the same number under another spelling."""
    if not other:
        return False
    same_farm = own.group(2).casefold() == other.group(2).casefold()
    same_number = own.group(1) == other.group(1)
    return own.group(3) == other.group(3) and (same_farm or same_number)


def _versions(case: Case) -> Ruling:
    facts, items, unknown, older = case.facts, [], [], []
    for name, words, known in (
        ("credit_class_version", "credit class", case.checklist.credit_class.known),
        ("methodology_version", "methodology", case.checklist.methodology_versions.known),
    ):
        value = facts.value(name)
        if not value:
            continue
        items += list(facts.evidence(name))
        version = re.search(r"\d+(?:\.\d+)*", value)
        if not version or version.group() not in known:
            unknown.append(f"{words} {value} (known: {', '.join(known)})")
        elif version.group() != known[-1]:
            older.append(f"{words} {version.group()} (newest known: {known[-1]})")
    if not items:
        return not_run("Section 1.3 names no versions that could be read.")
    if unknown:
        return Ruling("warning", f"The checklist does not know {'; '.join(unknown)}.", tuple(items))
    if older:
        said = "; ".join(older)
        return Ruling(
            "pass",
            f"A published version, not the newest: {said}. Which one was in force is for the reviewer.",
            tuple(items),
        )
    return Ruling("pass", "The newest known versions are named.", tuple(items))


def _in_force(case: Case) -> Ruling:
    return not_run("The registry's dates of force of the versions are not part of this checklist.")


def _owner_and_register(case: Case) -> Ruling:
    owners = case.facts.all("owner")
    registers = [r for r in case.registers if r.proprietors]
    if not registers:
        return not_run("No register with a proprietor was received.")
    if not owners:
        return not_run("The plan names no owner that could be read.")
    names = [o.value for o in owners]
    groups = in_groups(registers, names)
    shown = [owners[0].evidence, *(e for r in registers for e in r.proprietor_evidence)]
    if groups:
        others = {holder.name for holder, _ in groups}
        concerned = [r for r in registers if others & set(r.proprietors)]
        items = [owners[0].evidence, *(e for r in concerned for e in r.proprietor_evidence)]
        said = differences_in_words(groups, names)
        return Ruling("warning", f"Proprietor and owner differ: {said}.", tuple(items), _weight(groups))
    nameless = [r.title_number or r.document for r in case.registers if not r.proprietors]
    if nameless:
        return Ruling("warning", f"No proprietor could be read in {', '.join(nameless)}.", (owners[0].evidence,))
    held = [name for r in registers for name in r.proprietors]
    if unseen := [o for o in owners if not any(compare(o.value, name).same for name in held)]:
        who = " and ".join(o.value for o in unseen)
        said = f"The plan names {who} as an owner too; no register that was received shows that name."
        return Ruling("warning", said, (*(o.evidence for o in unseen), *shown[1:]), "medium")
    return Ruling("pass", "Every proprietor is the owner that the plan names.", tuple(shown))


def _weight(groups: list[tuple[TitleHolder, tuple[str, ...]]]) -> Severity:
    """A difference in writing weighs less than another holder."""
    return "medium" if all(holder.difference in SLIGHT for holder, _ in groups) else "high"


def _credit_holder(case: Case) -> Ruling:
    owners, holders = case.facts.all("owner"), case.facts.all("credit_holder")
    if not (owners and holders):
        return not_run("The plan does not name both an owner of the land and a holder of the credits.")
    odd: list[Fact] = [h for h in holders if not any(compare(o.value, h.value).same for o in owners)]
    if odd:
        named = ", ".join(h.value for h in odd)
        return Ruling(
            "warning",
            f"The credits go to {named}; the land is owned by {', '.join(o.value for o in owners)}. Shown, not judged.",
            (owners[0].evidence, *(h.evidence for h in odd)),
        )
    return Ruling(
        "pass",
        f"Land and credits are held by {', '.join(h.value for h in holders)}.",
        (owners[0].evidence, holders[0].evidence),
    )


def _pending(case: Case) -> Ruling:
    if not case.registers:
        return not_run("No land register was received.")
    noted = [r for r in case.registers if r.pending]
    if noted:
        titles = ", ".join(r.title_number or r.document for r in noted)
        return Ruling(
            "warning",
            f"Applications are pending against {titles}: the register may be out of date.",
            tuple(r.evidence["pending"] for r in noted if "pending" in r.evidence),
        )
    return Ruling("pass", "No register says that an application is pending.")


def _one_plan(case: Case) -> Ruling:
    # The public form beside the private one is compared with it; that is a check of its own.
    compared = {d.old for d in case.plan_differences if d.kind == "public_private"}
    others = [f for f in case.facts.all("other_plan") if f.value not in compared]
    if case.plan_document_id is None:
        return not_run("No project plan was read.")
    if others:
        names = "; ".join(f.value for f in others)
        return Ruling(
            "warning",
            f"More than one plan is in scope; answers were not read from {names}.",
            tuple(f.evidence for f in others),
            severity="low",
        )
    if compared:
        return Ruling("pass", "One project plan is in scope, in its public and its private form.")
    return Ruling("pass", "One project plan is in scope.")


def _whole_plan(case: Case) -> Ruling:
    plan = next((d for d in case.inventory.documents if d.document_id == case.plan_document_id), None)
    if plan is None:
        return not_run("No project plan was read.")
    if plan.visibility == "public":
        return Ruling(
            "warning",
            f"{plan.filename} is the public version of the plan: it leaves out the papers of tenure, the owner's "
            "contact and the yield figures, so papers it would name cannot be asked for by name.",
            case.facts.evidence("project_name"),
        )
    return Ruling("pass", f"Answers were read from {plan.filename}, which is not marked as a public version.")


RULES = (
    Rule("whole-plan", "The plan is the full version", "Form 1.16", "low", ("REQ-002", "REQ-009", "REQ-012"),
         "The private version of the plan is sent.", _whole_plan),
    Rule("one-plan", "One project plan in scope", "Form 1.1", "medium", (),
         "The reviewer ignores the plans that do not count, or pins the one that does.", _one_plan),
    Rule("internal-id", "One project id inside the plan", "Form 1.1", "medium", ("REQ-001",),
         "The plan is corrected to one id.", _one_id),
    Rule("versions", "Versions are known to the registry", "PG 8.1.3", "medium", ("REQ-001",),
         "Section 1.3 names published versions.", _versions),
    Rule("versions-in-force", "Versions were in force", "PG 8.1.3", "low", ("REQ-001",), "", _in_force),
    Rule("owner-register", "Owner is the registers' proprietor", "PG 8.2; CC 3.4", "high", ("REQ-002",),
         "The names are the same, or a paper explains the difference.", _owner_and_register,
         ("owner", "proprietor")),
    Rule("pending-applications", "Registers without pending applications", "PG 8.2", "medium", ("REQ-002",),
         "A new official copy without the note is sent, or the application is explained.", _pending),
    Rule("credit-holder", "Credits go to the owner", "PG 8.5.1", "medium", ("REQ-006",),
         "The reviewer accepts the distribution, or the plan explains it.", _credit_holder),
)  # fmt: skip
