"""What the court does by itself. Each loop does one round when asked, and says when it wants to be asked
again.
"""
