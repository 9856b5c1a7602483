"""Keeping a home well: copies of it, looking through all of it, throwing away what nothing refers to."""
