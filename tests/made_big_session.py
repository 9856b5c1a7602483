"""A session with more of everything than any answer can hold, put into the store as if the stages had made it."""

from __future__ import annotations

import hashlib

from pipeline.home.workspace import Workspace
from pipeline.models import (
    CheckResult,
    Claim,
    Document,
    DocumentRecord,
    DocumentSource,
    DuplicateWarning,
    Evidence,
    ExtractionResult,
    Inventory,
    Mapping,
    MappingResult,
    Question,
    RequirementEvidence,
    RequirementResult,
    ReviewException,
    StageKey,
    StageRecord,
    TestResult,
    ValidationResult,
)
from pipeline.stages.initialize import create_session
from pipeline.workflow import freshness

#: What is dear in JSON within JSON: quotes, backslashes, line ends.
DEAR = 'A "dear" \\ name \n'
ROWS = 23


def long_name(number: int, ending: str = ".txt") -> str:
    """A file's name of 250 characters."""
    return f"{number:05} {DEAR.replace(chr(10), ' ') * 20}"[: 250 - len(ending)] + ending


def _evidence(number: int, words: int) -> Evidence:
    sha256 = hashlib.sha256(str(number).encode()).hexdigest()
    return Evidence(
        evidence_id=f"ev-{number:016x}",
        document=long_name(number),
        document_id=f"doc-{sha256[:16]}",
        sha256=sha256,
        page=1 + number,
        page_label="iv",
        section="1.8",
        section_title=DEAR,
        quote=DEAR * words,
        boxes=tuple((1.0, 2.0, 3.0, float(n)) for n in range(10)),
    )


def big_session(ws: Workspace, documents: int = 200, exceptions: int = 1500, quotes: int = 40) -> str:
    """The id of a new session with so many documents, exceptions, and quotes for each of its 23 rows."""
    made = create_session(ws, (DEAR.replace("\n", "") * 15)[:200].strip())
    of, now = made.session_id, ws.now()
    known = [_evidence(number, 20) for number in range(documents)]
    rows = [f"REQ-{number:03}" for number in range(1, ROWS + 1)]
    warning = DuplicateWarning(
        session_id="session-20200101-000000",
        project_name=DEAR * 15,
        name_similarity=99,
        file_overlap=1,
        message=DEAR * 20,
    )
    with ws.sessions.transaction(of, "maker") as tx:
        tx.put_source(DocumentSource(source_id="inbox", source_type="inbox", added_at=now))
        for number, one in enumerate(known):
            tx.put_document(
                DocumentRecord(
                    document_id=one.document_id, sha256=one.sha256, size=1, filename=one.document, path=one.document,
                    names=tuple(long_name(n) for n in (number, number + 1)), source_id="inbox", source_type="inbox",
                    added_at=now,
                )
            )  # fmt: skip
        for number in range(40):
            tx.put_question(
                Question(
                    question_id=f"duplicate-{number}", warning=warning, asked_at=now,
                    document_ids=tuple(one.document_id for one in known),
                )
            )  # fmt: skip
            tx.put_claim(
                Claim(claim_id=f"claim-{number}", requirement_id=rows[0], evidence=known[0], note=DEAR, by="me", at=now)
            )
        tx.update(
            refused=tuple({"filename": long_name(n), "reason": DEAR * 9, "at": str(now)} for n in range(500)),
            advance_to="report_generation",
        )
    results: dict[StageKey, Inventory | MappingResult | ExtractionResult | ValidationResult] = {
        "document_discovery": Inventory(
            documents=tuple(
                Document(
                    document_id=one.document_id, filename=one.document, path=one.document, names=(one.document,),
                    sha256=one.sha256, size=1, document_type="other", classified_by=(DEAR,) * 9,
                    status="unreadable" if number % 3 == 0 else "in_scope", source_type="inbox", added_at=now,
                    notes=(DEAR * 9,) * 9, facts={f"fact {n}": DEAR for n in range(30)}, look=DEAR * 9,
                )
                for number, one in enumerate(known)
            ),
            sources_scanned=tuple({"type": "path", "path": long_name(n), "files": n} for n in range(200)),
            classification_summary={"other": documents},
        ),
        "requirement_mapping": MappingResult(
            mappings=tuple(
                Mapping(requirement_id=row, document_ids=tuple(one.document_id for one in known)) for row in rows
            )
        ),
        "evidence_extraction": ExtractionResult(
            requirements=tuple(
                RequirementEvidence(
                    requirement_id=row, answered=True, evidence=tuple(known[:quotes]), looked_in=(DEAR,) * 99
                )
                for row in rows
            )
        ),
        "cross_validation": ValidationResult(
            requirements=tuple(
                RequirementResult(
                    requirement_id=row, category=DEAR, title=DEAR * 9, status="partial", reason=DEAR * 200,
                    tests=tuple(TestResult(test=f"{DEAR} {n}", outcome="fail", message=DEAR * 20) for n in range(40)),
                    evidence=tuple(known[:quotes]), expected_but_absent=(DEAR * 9,) * 99,
                )
                for row in rows
            ),
            checks=tuple(
                CheckResult(
                    check_id=f"check-{n}", title=DEAR, outcome="fail", severity="high", message=DEAR * 40,
                    source=DEAR, evidence=tuple(known[:2]), requirement_ids=tuple(rows),
                )
                for n in range(120)
            ),
            exceptions=tuple(
                ReviewException(
                    kind="check", severity="high" if n < 9 else "low", message=f"{n} {DEAR * 40}",
                    clears_when=DEAR * 40, requirement_ids=tuple(rows), evidence=tuple(known[:1]), cause=f"check-{n}",
                )
                for n in range(exceptions)
            ),
        ),
    }  # fmt: skip
    for key, result in results.items():
        sha = ws.sessions.save_result(of, result)
        made_from = freshness.current_fingerprint(ws, ws.sessions.read(of), key)
        with ws.sessions.transaction(of, "maker") as tx:
            tx.put_stage(key, StageRecord(status="completed", fingerprint=made_from, result=sha, finished_at=now))
    return of
