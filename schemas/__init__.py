"""Every contract that two processes must agree on: messages, normal forms, tokens, digest, signatures, seals.

Pure: no I/O, no clock, no randomness. Imports pydantic, cryptography and the standard library only, so that
an agency can install it without the court's programs.
"""
