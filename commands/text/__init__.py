"""All text for a terminal: what the pipeline gave, laid out for a width."""
