"""The edge's own store: hits, reports on their way, the court's orders, holds.

Functions take the open transaction first and never end it. Bodies arrive sealed; nothing in here opens them.
"""
