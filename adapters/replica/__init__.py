"""The agency's own copy of its list, and what the express lane took from it."""
