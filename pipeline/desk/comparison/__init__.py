"""What is this farm's own: its plan's words against those of submissions that people have reviewed before."""

from pipeline.desk.comparison.compare import FarmsOwn, RowOwn, SectionOwn, farms_own, row_own
from pipeline.forms.section_words import section_words

__all__ = ["FarmsOwn", "RowOwn", "SectionOwn", "farms_own", "row_own", "section_words"]
