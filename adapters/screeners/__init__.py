"""Processes that only screen, beside the one that keeps the list."""
