"""What only the demonstration has: listed people, recorded phones, and windows at the agencies to try."""
