"""Drills, and the proof of an alert, on the screen."""
