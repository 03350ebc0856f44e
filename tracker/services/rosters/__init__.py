"""Who is on duty: the roster and the calendar, what is wrong with them, swaps, and the change of shift."""
