"""What the documents say that answers a requirement: quotes, facts and findings, each with where it stands."""
