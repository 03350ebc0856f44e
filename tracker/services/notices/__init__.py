"""What is said, and to whom: every notice is written here, of an alert or beside it, with its words and
facts, and within what one person can take. How it travels is decided in delivery.
"""
