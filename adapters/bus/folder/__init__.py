"""The folder engine: two folders and a gateway that copies files between them, in its own time.

What is published is a row of this end's own store first, then a letter in the outgoing folder, until the
other end has said that it came. What comes is looked at for its length and digest, committed to a durable
queue and only then removed. What the gateway loses, alters, doubles or reorders is found by number and sent
again; one lost letter holds back no other for long, but those of a feed, which is of use in its order only.
"""

from adapters.bus.folder.bus import FolderBus
from adapters.bus.folder.files import Folders
from adapters.bus.folder.settings import FolderSettings

__all__ = ["FolderBus", "FolderSettings", "Folders"]
