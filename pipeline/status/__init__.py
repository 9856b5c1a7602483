"""Where a session stands, whose turn it is, and the one next thing to do."""
