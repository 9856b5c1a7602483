"""How files come into a session, whatever way they take: copied with their hash, told apart, filed or refused."""
