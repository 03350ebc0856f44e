"""How a notice travels: claimed when it is due, by which provider it goes, what became of it, and what brings
it when the first way does not.
"""
