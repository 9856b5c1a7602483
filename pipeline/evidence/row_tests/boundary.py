"""The test on the project's boundary: polygons, all parts of them, in a stated coordinate system."""

from __future__ import annotations

from pipeline.checklists.model import BoundaryTest
from pipeline.evidence.dossier import Dossier, unread
from pipeline.evidence.row_tests.verdict import Facts, Verdict
from pipeline.models import Document, Finding


class Boundary:
    """A boundary that can be drawn on a map was received."""

    @staticmethod
    def find(test: BoundaryTest, dossier: Dossier) -> Finding:
        """The layers, those that serve apart from those that lack something and those that are not opened."""
        values: dict[str, list[str]] = {}
        for document in dossier.of_type("gis_boundary"):
            if "geometry" not in document.facts and not _broken(document):
                values.setdefault("unopened", []).append(document.filename)
            elif lack := _lacks(document):
                values.setdefault("wanting", []).append(f"{document.filename} {lack}")
            else:
                values.setdefault("complete", []).append(f"{document.filename} ({_extent(document)})")
        values["unread"] = [document.filename for document in unread(dossier, "gis_boundary")]
        return Finding(test=test.test, values={key: "; ".join(told) for key, told in values.items() if told})

    @staticmethod
    def judge(test: BoundaryTest, finding: Finding, facts: Facts) -> Verdict:
        """Pass with one complete layer; a layer that software does not open is for a person."""
        told = finding.values
        if "complete" in told:
            return Verdict("pass", f"Received: {told['complete']}.")
        if unopened := told.get("unopened"):
            return Verdict(
                "fail", f"{unopened} was received; software does not open it, a person must look.", "needs_review"
            )
        if wanting := told.get("wanting"):
            return Verdict("fail", f"Received, but it does not bound the project: {wanting}.")
        if closed := told.get("unread"):
            return Verdict("fail", f"{closed} was received and cannot be read; it may be the boundary.", "needs_review")
        return Verdict("fail", "No GIS boundary file was received.")


def _broken(document: Document) -> bool:
    return bool(document.facts.get("missing") or document.facts.get("damaged"))


def _lacks(document: Document) -> str | None:
    """What keeps a layer from bounding the project, the gravest first."""
    facts = document.facts
    if missing := facts.get("missing"):
        return f"lacks {missing}"
    if damaged := facts.get("damaged"):
        return f"is damaged ({damaged})"
    if "polygons" not in facts["geometry"]:
        return f"holds {facts['geometry'] if facts['geometry'] != 'none' else 'no shapes'}, not polygons"
    if facts.get("area_ha") == "0.00":
        return "holds polygons that enclose nothing"
    if "crs" not in facts:
        return "does not state its coordinate system"
    return None


def _extent(document: Document) -> str:
    facts = document.facts
    area = f", {facts['area_ha']} ha" if "area_ha" in facts else ""
    return f"{facts['features']} features, {facts['geometry']}{area}, {facts['crs']}"
