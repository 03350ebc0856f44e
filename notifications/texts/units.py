"""How long an SMS is, in the units the networks count.

One segment holds 160 septets of GSM-7 (3GPP TS 23.038; characters of its extension table count twice), or
else 70 UTF-16 units.
"""

GSM7_LIMIT = 160
UTF16_LIMIT = 70

_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_EXTENSION = frozenset("\f^{}\\[~]|€")


def is_gsm7(text: str) -> bool:
    return all(character in _GSM7 or character in _GSM7_EXTENSION for character in text)


def units_of(text: str) -> int:
    if is_gsm7(text):
        return len(text) + sum(character in _GSM7_EXTENSION for character in text)
    return len(text.encode("utf-16-le")) // 2


def fits_one_segment(text: str) -> bool:
    return units_of(text) <= (GSM7_LIMIT if is_gsm7(text) else UTF16_LIMIT)
