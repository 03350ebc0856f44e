"""What adapters fetch from the court, over a listener of their own: the keys of their list, packets they have
missed, whole lists. Whoever asks is whom the certificate names.
"""
