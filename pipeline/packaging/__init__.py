"""The package of a completed session: everything it stands on, in one archive that proves itself."""
