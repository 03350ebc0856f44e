"""Why a message that was refused is dropped for good."""

from enum import StrEnum


class DiscardReason(StrEnum):
    """`SENT_ANEW`: what it said has come another way. `HOPELESS`: nothing can mend it, nobody needs it."""

    FORGED = "forged"
    SENT_ANEW = "sent-anew"
    HOPELESS = "hopeless"
