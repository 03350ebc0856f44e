"""The one error by which an edge learns that its disk does not take something, whichever engine wrote."""


class DiskRefuses(Exception):
    """The disk does not take what is written to it: it is full, or at its end; the text says which."""
