"""What the console calls things, in Chinese and English, and how it writes times, days and money."""
