"""The canary: an identity that nobody holds, on every agency's list, by which a line proves itself alive.

Each adapter uses its card on a timer and treats it as any other; what comes back to the court shows that the
whole way is open. What must not break: the number is of the test range, is never a person's, and both sides
know it by its normalised form.
"""

from typing import Final

from schemas.documents import DocumentKind, IdentityDocument

CANARY: Final = IdentityDocument(kind=DocumentKind.RESIDENT_ID, number="999999190001010015")
"""Area 999999 was never issued, and nobody born in 1900 buys a ticket."""

CANARY_EVERY_S: Final = 5 * 60
"""How often an adapter uses it, where the court has not said otherwise."""
