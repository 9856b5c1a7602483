"""All farms on one page: what their reports say, grouped by cause, and what is different since the last time."""
