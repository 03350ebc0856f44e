"""The agency edge (replica, screening, reports) and the engines that the court shares: bus and SQLite.

Nothing in here knows the court's programs: an agency installs `schemas` and `adapters` and nothing else.
"""
