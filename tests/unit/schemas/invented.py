"""Invented people's numbers, and keys made from seeds that anybody can see are no secrets."""

from datetime import date

from hypothesis import strategies as st

from schemas.documents import DocumentKind, IdentityDocument, check_character
from schemas.signing import SigningKey

COURT_KEY = SigningKey.from_secret("court-test-1", b"test seed of the court, 32 bytes")
OTHER_KEY = SigningKey.from_secret("court-test-2", b"test seed of another key, 32 byt")

BIRTHS = st.dates(min_value=date(1900, 1, 1), max_value=date(2025, 12, 31))
AREAS = st.integers(min_value=990_000, max_value=999_999)
SEQUENCES = st.integers(min_value=0, max_value=999)


def checked(first_17: str) -> str:
    """The 18 characters that begin with these 17."""
    return first_17 + check_character(first_17)


def _number(area: int, born: date, sequence: int) -> str:
    return checked(f"{area}{born:%Y%m%d}{sequence:03d}")


NUMBERS = st.builds(_number, AREAS, BIRTHS, SEQUENCES)
"""Valid 18-digit numbers of the range that is never issued."""


def resident(number: str) -> IdentityDocument:
    return IdentityDocument(kind=DocumentKind.RESIDENT_ID, number=number)
