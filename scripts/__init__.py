"""What a developer or a visitor starts: the whole system in one process, its story, the checks."""
