"""One report model and one module per output format."""
