"""The shape of a catalogue: the texts of one language, in the markup of `markup`."""

from collections.abc import Mapping
from dataclasses import dataclass

from notifications.texts.ids import Asks, TextId


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    sms_signature: str
    """Stands before every SMS."""
    voice_signature: str
    repeat_mark: str
    """Stands after the signature when the text is sent again after an unknown result."""
    drill_mark: str
    """Stands right after the signature of every text of a drill."""
    reply_by_sms: str
    """How the texts ask for an SMS reply."""
    reply_by_key: str
    """What a voice says in its place."""
    sms: Mapping[TextId, str]
    longer_voice: Mapping[TextId, str]
    """What a voice says at more length than one segment holds; every other text is read out as its SMS."""
    push: Mapping[TextId, tuple[str, str]]
    """Title and body."""
    actions: Mapping[Asks, tuple[str, ...]]
