"""Codes of providers that stand in no table: they count as temporary, and the operator is told of them."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from notifications.channels import aliyun_codes, twilio_codes, wecom_codes

_OUR_OWN_WORD = re.compile(r"(?!errcode-)[a-z]+(-[a-z0-9]+)*")
"""Such as never-arrived or http-503: what we say where a provider gave no code."""

LISTED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "twilio": frozenset(str(code) for code in twilio_codes.ACTION_OF_CODE),
        "aliyun": frozenset(
            {
                *aliyun_codes.ACTION_OF_CODE,
                *aliyun_codes.MAY_HAVE_BEEN_TAKEN,
                *aliyun_codes.ACTION_OF_REPORT,
                *aliyun_codes.ACTION_OF_CALL,
                *aliyun_codes.ANSWERED,
            }
        ),
        "wecom": frozenset(f"errcode-{code}" for code in wecom_codes.ACTION_OF_CODE),
    }
)
"""By provider. The others answer in words of ours, or with nothing but the status of HTTP."""


def is_unlisted(provider: str, code: str) -> bool:
    """Whether it is a code of the provider's own that nobody has looked at."""
    if provider not in LISTED or _OUR_OWN_WORD.fullmatch(code):
        return False
    return code not in LISTED[provider]
