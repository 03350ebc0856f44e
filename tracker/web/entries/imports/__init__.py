"""Entries that come as a file: how it is read cell by cell, what is said of its rows, and the pages where
people decide on it.
"""
