"""Bytes to pages, words, lines and tables: one module per kind of file, one interface."""

from pipeline.reading.version import READER_VERSION

__all__ = ["READER_VERSION"]
