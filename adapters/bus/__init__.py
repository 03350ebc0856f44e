"""The bus between the court and the agencies: one port, and its engines."""
