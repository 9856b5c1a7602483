"""Made-up submissions, drawn from a seed, for trying the program out and for testing it."""

from examples.submission import Submission, Variations, write_submission

__all__ = ["Submission", "Variations", "write_submission"]
