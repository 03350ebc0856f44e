"""The court: its watch list, its alerts, and everything that follows from them."""
