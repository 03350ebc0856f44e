"""What providers call back about messages and calls: believed only when signed, as each of them signs."""
