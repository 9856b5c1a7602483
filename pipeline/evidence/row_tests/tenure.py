"""Tests on papers of tenure: registers received, their proprietor the owner, every named paper there."""

from __future__ import annotations

from pipeline.checklists.model import PapersTest, RegisterTest
from pipeline.evidence.dossier import Dossier, unread
from pipeline.evidence.facts.named_papers import absent_papers, named_in, named_papers
from pipeline.evidence.facts.owners import land_owners
from pipeline.evidence.row_tests.verdict import Facts, Verdict
from pipeline.evidence.tenure.ledger import differences_in_words, in_groups
from pipeline.models import Evidence, Finding


class Registers:
    """Registers are there, and their proprietors are the owner."""

    @staticmethod
    def find(test: RegisterTest, dossier: Dossier) -> Finding:
        """Titles, proprietors and owners as read."""
        registers = dossier.registers
        papers = dossier.of_type("land_tenure")
        others = [d.filename for d in papers if d.document_id not in {r.document_id for r in registers}]
        if test.what == "present":
            values = {
                "registers": "; ".join(r.title_number or r.document for r in registers),
                "others": "; ".join(others),
                "unread": "; ".join(d.filename for d in unread(dossier, "land_tenure")),
            }
            items = [r.evidence["title_number"] for r in registers if "title_number" in r.evidence]
            return Finding(test=test.test, evidence=tuple(items[:4]), values={k: v for k, v in values.items() if v})
        if test.what == "consent":
            leased = [r for r in registers if r.tenure == "leasehold"]
            values = {"leased": ", ".join(r.title_number or r.document for r in leased), "others": "; ".join(others)}
            items = [r.evidence["tenure"] for r in leased if "tenure" in r.evidence]
            return Finding(test=test.test, evidence=tuple(items[:4]), values={k: v for k, v in values.items() if v})
        return _owner_finding(test, dossier)

    @staticmethod
    def judge(test: RegisterTest, finding: Finding, facts: Facts) -> Verdict:
        """Present: at least one register. Owner: no register names somebody else. Consent: no leasehold title."""
        values = finding.values
        if test.what == "consent":
            return _consent(values)
        if test.what == "present":
            if values.get("registers"):
                return Verdict("pass", f"Registers received: {values['registers']}.")
            if values.get("others"):
                return Verdict(
                    "fail", f"Received, but no register that can be read: {values['others']}.", "needs_review"
                )
            if values.get("unread"):
                return Verdict.unread(values["unread"], "land register, deed or lease")
            return Verdict("fail", "No land register, deed or lease was received.")
        if not values.get("compared"):
            return Verdict("not_run", values.get("why", "Not compared."))
        if values.get("differs"):
            return Verdict("fail", f"{values['differs']}.")
        if values.get("nameless"):
            return Verdict("fail", f"No proprietor could be read in {values['nameless']}.", "needs_review")
        return Verdict("pass", f"{values['compared']}.")


def _consent(values: dict[str, str]) -> Verdict:
    """A leasehold title needs the owner's consent for both periods (PG 8.2; CC 3.5), which only a person can read."""
    leased, others = values.get("leased"), values.get("others")
    if not leased:
        return Verdict("pass", "No register says that the land is leasehold.")
    if others:
        return Verdict(
            "fail", f"{leased} is leasehold; a person must see whether {others} holds the consent.", "needs_review"
        )
    return Verdict("fail", f"{leased} is leasehold, and no paper with the owner's consent was received.")


def _owner_finding(test: RegisterTest, dossier: Dossier) -> Finding:
    with_names = [r for r in dossier.registers if r.proprietors]
    owners = land_owners(dossier)
    if not with_names:
        return Finding(test=test.test, values={"why": "Not compared: no register with a proprietor was received."})
    if not owners:
        return Finding(test=test.test, values={"why": "Not compared: the plan names no owner that could be read."})
    names = [owner.name for owner in owners]
    groups = in_groups(with_names, names)
    others = {holder.name for holder, _ in groups}
    same = [
        f"{register.title_number or register.document}: {name} is the owner the plan names"
        for register in with_names
        for name in register.proprietors
        if name not in others
    ]
    differs = differences_in_words(groups, names) if groups else ""
    concerned = [r for r in with_names if others & set(r.proprietors)] or with_names
    evidence: list[Evidence] = [owners[0].evidence] if groups else []
    evidence += [item for register in concerned for item in register.proprietor_evidence]
    nameless = [r.title_number or r.document for r in dossier.registers if not r.proprietors]
    stood_on = [*(o.evidence for o in owners), *(e for r in with_names for e in r.proprietor_evidence)]
    values = {
        "compared": "; ".join([*same, *([differs] if differs else [])]),
        "nameless": ", ".join(nameless),
        "differs": differs[:1].upper() + differs[1:],
    }
    return Finding(
        test=test.test,
        evidence=tuple(dict.fromkeys(evidence))[:6],
        values={key: value for key, value in values.items() if value},
        stood_on=tuple(dict.fromkeys(stood_on)),
    )


class Papers:
    """Every paper that the plan names is in the folder."""

    @staticmethod
    def find(test: PapersTest, dossier: Dossier) -> Finding:
        """The papers named by title number, and those that are absent."""
        named = named_papers(dossier, test.sections)
        absent = absent_papers(dossier, dossier.registers, named)
        unreadable = unread(dossier, "land_tenure")
        closed = [n for d in unreadable for n in (d.filename, *d.names)]
        shut = [p for p in absent if named_in(p, closed)]
        # What cannot be read and does not say by its name which paper it is may be any of those that seem absent.
        nameless = [d.filename for d in unreadable if not any(named_in(p, (d.filename, *d.names)) for p in shut)]
        absent = [p for p in absent if p not in shut]
        unique = list(dict.fromkeys(p.evidence for p in (absent or shut) if p.evidence))
        values = {
            "named": "; ".join(p.name for p in named),
            "absent": "; ".join(p.name for p in absent),
            "unread": "; ".join(p.name for p in shut),
            "nameless": "; ".join(nameless) if absent else "",
        }
        return Finding(
            test=test.test,
            evidence=tuple(unique[:4]),
            values={k: v for k, v in values.items() if v},
            stood_on=tuple(dict.fromkeys(p.evidence for p in named if p.evidence)),
        )

    @staticmethod
    def judge(test: PapersTest, finding: Finding, facts: Facts) -> Verdict:
        """Pass when none is absent."""
        absent, nameless = finding.values.get("absent"), finding.values.get("nameless")
        if absent and nameless:
            message = f"Named in the plan and not found: {absent}. {nameless} cannot be read and may be among them."
            return Verdict("fail", message, "needs_review")
        if absent:
            return Verdict("fail", f"Named in the plan and not received: {absent}.")
        if shut := finding.values.get("unread"):
            return Verdict("fail", f"Named in the plan, received and not to be read: {shut}.", "needs_review")
        if named := finding.values.get("named"):
            return Verdict("pass", f"All named papers were received: {named}.")
        return Verdict("pass", "The plan names no paper by a title number, so none is absent.")
