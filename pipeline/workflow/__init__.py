"""The arithmetic of the build: the order of the stages, what each stored, and which is due."""
