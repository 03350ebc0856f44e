"""What a court's own app reports of the messages that it got for people, signed like every webhook."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.text import Submission, Text, contract_fault


class AppEvent(StrEnum):
    """What happened to a message, or what its reader answered."""

    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    TAKE = "take"
    """The first button: I have it, or: received."""
    DECLINE = "decline"
    """The second button: I cannot go."""
    SEEN = "seen"
    """The person has tapped a test notice."""


class AppEventSubmission(Submission):
    """One event. `seen` brings the token of the test notice; the others name the attempt."""

    event: Annotated[AppEvent, Field(strict=False)]
    attempt_id: Text | None = None
    account: Text | None = None
    token: Text | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.event is AppEvent.SEEN and self.token is None:
            raise contract_fault("seen needs `token`: send the one of the test notice")
        if self.event is not AppEvent.SEEN and self.attempt_id is None:
            raise contract_fault("needs `attempt_id`: send the one of the message")
        if self.event in (AppEvent.TAKE, AppEvent.DECLINE) and self.account is None:
            raise contract_fault("needs `account`: send the one whose reader answered")
        return self
