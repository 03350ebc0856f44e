"""What comes in over the bus from agencies: one queue, one consumer for each, so that a flood delays nobody
else.
"""
