"""Tables and queries. Everything here takes the transaction first and never commits."""
