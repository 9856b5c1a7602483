"""Files nobody can classify by program: what they are, and which requirement may stand on them."""

from __future__ import annotations

from pipeline.classification.names import emission_input
from pipeline.classification.seen import Seen
from pipeline.models import DocumentType

#: Extensions of map layers and their side files; the first three make a shapefile.
LAYER_EXTENSIONS = frozenset(
    (
        "shp",
        "shx",
        "dbf",
        "prj",
        "cpg",
        "sbn",
        "sbx",
        "qmd",
        "qpj",
        "qix",
        "fdt",
        "gpe",
        "gpl",
        "fgp",
        "geojson",
        "kml",
        "kmz",
        "gpkg",
    )
)
#: The last resort: extensions that speak for a type by themselves.
BY_EXTENSION: dict[str, DocumentType] = {
    "mat": "model_results",
    "tif": "imagery_metadata",
    "tiff": "imagery_metadata",
    "jp2": "imagery_metadata",
}
#: What a file of this extension usually is, and the registration requirement that may stand on it.
_MEANING = {
    **dict.fromkeys(
        ("jpg", "jpeg", "png", "heic"), ("a picture", "REQ-003 (land use history) or REQ-004 (project area)")
    ),
    **dict.fromkeys(
        ("docx", "doc", "odt", "rtf", "msg", "eml"), ("a letter or text document", "REQ-002 (land tenure)")
    ),
    **dict.fromkeys(("zip", "rar", "7z", "gz", "tar"), ("an archive; unpack it and add its files", "any requirement")),
    **dict.fromkeys(
        ("gdb", "gdbtable", "gdbtablx", "mxd", "qgz", "qgs", "aprx"), ("desktop GIS material", "REQ-004 (project area)")
    ),
    **dict.fromkeys(
        ("xlsx", "xls", "csv", "ods"), ("a table of a kind not known here", "REQ-009 or REQ-012 (farm records, yields)")
    ),
    "mat": ("a model file for the verifier", "no registration requirement; the verifier opens it"),
}


#: Which row a file of a type matters for, where software cannot open it.
_ROWS: dict[DocumentType, str] = {
    "gis_boundary": "REQ-004 (project area)",
    "land_cover_map": "REQ-003 (land use history)",
    "land_tenure": "REQ-002 (land tenure)",
    "farm_management_records": "REQ-009 or REQ-012 (farm records, yields)",
    "ghg_emissions": "REQ-022 (emissions)",
}


def who_looks(document_type: DocumentType) -> str:
    """A sentence for a file whose type is known and which software lists but does not open."""
    return f"Whoever checks {_ROWS.get(document_type, 'what it supports')} must look at it."


def note_on(seen: Seen) -> str:
    """A sentence for a file that was not recognised: what it seems to be, what may depend on it, what to do."""
    if words := emission_input(seen):
        return (
            f"Not recognised by its contents; its name ({words}) speaks of inputs to the emissions calculation, "
            "which support REQ-022. Set its type by hand if it is something else."
        )
    if "location" in seen.name.split() or "map" in seen.name.split():
        what, depends = "a map", "REQ-003 (land use history) or REQ-004 (project area)"
    elif seen.reading.kind == "image":
        what, depends = _MEANING["jpg"]
    elif seen.reading.pages and not seen.characters and seen.reading.kind == "pdf":
        what, depends = "pages without text (a scan or a map)", "REQ-002 (land tenure), REQ-003 or REQ-004 (maps)"
    else:
        what, depends = _MEANING.get(seen.extension, ("of a kind not known here", "a requirement nobody can guess"))
    return f"Not recognised: {what}. It may matter for {depends}. Look at it and set its type by hand if it does."
