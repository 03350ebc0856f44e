"""The court's schema, step by step."""
