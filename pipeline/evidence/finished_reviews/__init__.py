"""Finished reviews, read for the checks on what a person wrote and for nothing else."""
