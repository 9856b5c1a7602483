"""The stages of a review, one module each, in workflow order."""
