"""How statements reach the database, in few trips and alike on both engines: what a transaction remembers,
which new rows still wait, and who is told what was written. It knows no table.
"""
