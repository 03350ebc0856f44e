"""What people say back, by whatever way it comes: I have it, I cannot go, received, and how it ended."""
