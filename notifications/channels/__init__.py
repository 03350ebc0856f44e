"""The ways a notice reaches a person: one port, one engine per provider."""
