"""The shape of a catalogue: the texts of one language, in the markup of `markup`."""

from collections.abc import Mapping
from dataclasses import dataclass

from notifications.texts.ids import Asks, TextId


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrasing:
    """One text in one language. An empty part: the text does not go out that way; a voice reads the SMS out
    unless it has something longer to say.
    """

    sms: str = ""
    voice: str = ""
    push_title: str = ""
    push_body: str = ""

    def over(self, own: "Phrasing") -> "Phrasing":
        """With the parts of another where this one is empty."""
        return Phrasing(
            sms=self.sms or own.sms,
            voice=self.voice or own.voice,
            push_title=self.push_title or own.push_title,
            push_body=self.push_body or own.push_body,
        )

    def other_than(self, own: "Phrasing") -> "Phrasing":
        """Only the parts in which it differs from another."""
        return Phrasing(
            sms="" if self.sms == own.sms else self.sms,
            voice="" if self.voice == own.voice else self.voice,
            push_title="" if self.push_title == own.push_title else self.push_title,
            push_body="" if self.push_body == own.push_body else self.push_body,
        )


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

    def phrasing(self, text_id: TextId) -> Phrasing:
        title, body = self.push.get(text_id, ("", ""))
        return Phrasing(
            sms=self.sms.get(text_id, ""),
            voice=self.longer_voice.get(text_id, ""),
            push_title=title,
            push_body=body,
        )
