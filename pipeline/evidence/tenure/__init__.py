"""Land tenure: what registers say, whose names they hold, and which papers a plan names."""
