"""The registry's forms as read: which section a line stands in, and whether the form or the proponent wrote it."""

from pipeline.forms.grammar import FormGrammar, FormSection
from pipeline.forms.paragraphs import Paragraph, Piece
from pipeline.forms.plan import Field, Plan, Section, read_plan

__all__ = ["Field", "FormGrammar", "FormSection", "Paragraph", "Piece", "Plan", "Section", "read_plan"]
