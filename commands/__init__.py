"""The command line in families, a module each; `cli.py` puts them together."""
