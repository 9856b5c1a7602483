"""What the documents hold for the checks, gathered with its quotes; a module for each subject."""
