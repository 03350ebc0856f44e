"""The court's own people: how they sign in, how they can be reached, and whether those ways live."""
