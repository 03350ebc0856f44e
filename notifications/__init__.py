"""Who is told, when, by which channel, and in which words.

Planning here is pure; the channel engines are the only part that talks to the outside. This package knows
nothing of watch lists: tables, transactions and loops belong to whoever calls it.
"""
