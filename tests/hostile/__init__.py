"""Hostile documents, made by mutating honest ones, and a run of the whole program over them.

`python -m tests.hostile [--inputs N] [--seed N]` is the long form and prints a table; `tests/test_hostile_documents.py`
holds a short form of it.
"""
