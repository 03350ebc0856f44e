"""What comes back from outside, and whether anybody is there: reports of replicas, what is posted under whose
key and what is refused, silent lines, and how a line is closed, rolled to new keys or rebuilt after a
restore.
"""
