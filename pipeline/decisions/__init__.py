"""People's words on a session: how they are recorded, whether they still hold, and what keeps it from completion."""
