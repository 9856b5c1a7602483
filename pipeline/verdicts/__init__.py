"""The status of each row, the rules across documents, and what a person must look at."""
