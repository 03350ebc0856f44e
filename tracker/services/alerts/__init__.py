"""From a sighting to people on the platform: an alert is opened and moved, the agency is answered, people are
sent, a hold runs out; and when no entry stands any more, everyone is told to stand down.
"""
