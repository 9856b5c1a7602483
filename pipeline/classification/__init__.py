"""What kind of document a file is: content first, then name, then extension, and always the cue that decided."""

from pipeline.classification.decide import Classification, classify

__all__ = ["Classification", "classify"]
