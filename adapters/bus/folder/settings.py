"""Who the two ends of a line by folder are, and where this end's folders lie."""

from dataclasses import dataclass

from adapters.bus.folder.files import Folders


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderSettings:
    """`name` of the line, such as rail.one; what is published here is `user`'s, and whatever comes is held to
    be from `peer`, as the folder is for nobody else.
    """

    name: str
    user: str
    peer: str
    folders: Folders
