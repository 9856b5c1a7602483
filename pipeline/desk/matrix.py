"""Requirements by documents: which document gives how many quotes for which row, and what was looked at in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.models import Document, RequirementResult, Value
from pipeline.reporting.people import decided
from pipeline.workflow import results

if TYPE_CHECKING:
    from pipeline.home.workspace import Workspace
    from pipeline.models import SessionRecord


class Cell(Value):
    """What one document gives one row."""

    #: Quotes as primary documentation, and as supplementary evidence.
    primary: int = 0
    supplementary: int = 0
    #: True when it was looked at for this row.
    looked_at: bool = False


class MatrixRow(Value):
    """One requirement: its result with people's decision, and a cell for each document."""

    result: RequirementResult
    cells: tuple[Cell, ...]
    #: How many remarks, requests, discarded quotes and documents by hand people have added to it.
    words: int = 0


class Matrix(Value):
    """The rows in the checklist's order; documents that some row looks at, in the inventory's order."""

    documents: tuple[Document, ...] = ()
    rows: tuple[MatrixRow, ...] = ()


def matrix_of(ws: Workspace, record: SessionRecord) -> Matrix:
    """The matrix by the last results; without rows before the first time."""
    validation, mapping = results.load_validation(ws, record), results.load_mapping(ws, record)
    inventory = results.load_inventory(ws, record)
    if validation is None or inventory is None:
        return Matrix()
    looked = {one.requirement_id: set(one.document_ids) for one in mapping.mappings} if mapping else {}
    cited = {item.sha256 for row in validation.requirements for item in row.evidence}
    wanted = set().union(*looked.values()) if looked else set()
    documents = tuple(d for d in inventory.documents if d.document_id in wanted or d.sha256 in cited)
    return Matrix(
        documents=documents,
        rows=tuple(
            _row(record, row, documents, looked.get(row.requirement_id, set())) for row in validation.requirements
        ),
    )


def _row(record: SessionRecord, row: RequirementResult, documents: tuple[Document, ...], looked: set[str]) -> MatrixRow:
    said = (record.annotations, record.revisions, record.discarded, record.remapped)
    return MatrixRow(
        result=decided(record, row),
        cells=tuple(_cell(row, document, document.document_id in looked) for document in documents),
        words=sum(word.requirement_id == row.requirement_id for words in said for word in words.values()),
    )


def _cell(row: RequirementResult, document: Document, looked_at: bool) -> Cell:
    roles = [item.role for item in row.evidence if item.sha256 == document.sha256]
    primary = roles.count("primary")
    return Cell(primary=primary, supplementary=len(roles) - primary, looked_at=looked_at)
