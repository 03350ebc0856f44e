"""Who is on duty, on the screen: the roster, its swaps and the calendar that it follows."""
