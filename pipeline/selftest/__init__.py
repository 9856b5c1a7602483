"""Proof that the program would notice: copies of a submission are mutated, reviewed, and held to what must move."""
