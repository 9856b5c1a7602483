"""What a reviewer sees and does, as values that every door renders in its own way."""
