"""The forms that a report is made in."""

from __future__ import annotations

#: Every form, by the ending of its file.
FORMS = ("json", "md", "html", "docx", "pdf", "xlsx")
