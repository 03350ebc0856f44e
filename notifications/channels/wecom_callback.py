"""What WeCom calls back: signed with a token, sealed with a key, both ours and WeCom's alone.

The scheme is WeCom's own (https://developer.work.weixin.qq.com/document/path/90968, read 2026-11): SHA-1 over
the sorted parts, AES-256-CBC with the start of the key as its vector, blocks filled up to 32 bytes. Nothing
is opened before its signature holds, and what opens must name our own corporation.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from notifications.channels.wecom import SEEN_KEY

LONGEST_AGE_S: Final = 300
AES_BYTES: Final = 32
_BLOCK: Final = 32
_RANDOM: Final = 16
_LENGTH: Final = 4
_SEALED: Final = re.compile(r"<Encrypt>\s*(?:<!\[CDATA\[)?([A-Za-z0-9+/=]+)(?:\]\]>)?\s*</Encrypt>")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackKeys:
    """`aes`: the 43 characters that WeCom calls EncodingAESKey."""

    corp_id: str
    token: str = field(repr=False)
    aes: str = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) != AES_BYTES:
            raise ValueError("the key for callbacks has 43 characters")

    @property
    def key(self) -> bytes:
        return base64.b64decode(f"{self.aes}=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """Somebody pressed a button of a card."""

    user: str
    attempt_id: str
    key: str

    @property
    def seen_token(self) -> str | None:
        """Of a test, which the button proves to have been seen."""
        return self.key.removeprefix(SEEN_KEY) if self.key.startswith(SEEN_KEY) else None


def open_echo(keys: CallbackKeys, query: Mapping[str, str], *, at_s: float) -> str | None:
    """What WeCom asks to be said back when the address is set up; None: it is not WeCom who asks."""
    return _open(keys, query, query.get("echostr", ""), at_s)


def open_event(keys: CallbackKeys, query: Mapping[str, str], body: str, *, at_s: float) -> str | None:
    """The XML of a callback; None: it is not WeCom's, not for us, or from another time. `at_s`: Unix time."""
    sealed = _SEALED.search(body)
    return _open(keys, query, sealed[1], at_s) if sealed else None


def read_press(xml: str) -> Press | None:
    """The button that an event is about; None: it is about something else."""
    if _field(xml, "Event") != "template_card_event":
        return None
    user, attempt_id, key = (_field(xml, name) for name in ("FromUserName", "TaskId", "EventKey"))
    return Press(user=user, attempt_id=attempt_id, key=key) if user and attempt_id and key else None


def answer_press(keys: CallbackKeys, press: Press, words: str, *, at_s: int, chance: bytes) -> str:
    """What the button says from now on, to whoever pressed it. `chance`: 16 bytes that nobody can guess."""
    xml = (
        f"<xml><ToUserName><![CDATA[{press.user}]]></ToUserName>"
        f"<FromUserName><![CDATA[{keys.corp_id}]]></FromUserName><CreateTime>{at_s}</CreateTime>"
        "<MsgType><![CDATA[update_button]]></MsgType>"
        f"<Button><ReplaceName><![CDATA[{words}]]></ReplaceName></Button></xml>"
    )
    sealed, nonce = _sealed(keys, xml, chance), chance.hex()
    signature = signature_of(keys.token, str(at_s), nonce, sealed)
    return (
        f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt><MsgSignature><![CDATA[{signature}]]></MsgSignature>"
        f"<TimeStamp>{at_s}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
    )


def signature_of(token: str, timestamp: str, nonce: str, sealed: str) -> str:
    # WeCom's choice of hash; the token is the secret in it.
    return hashlib.sha1("".join(sorted([token, timestamp, nonce, sealed])).encode()).hexdigest()  # noqa: S324


def _open(keys: CallbackKeys, query: Mapping[str, str], sealed: str, at_s: float) -> str | None:
    timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    ours = signature_of(keys.token, timestamp, nonce, sealed)
    if not hmac.compare_digest(ours.encode(), query.get("msg_signature", "").encode()):
        return None
    if not timestamp.isdecimal() or abs(at_s - int(timestamp)) > LONGEST_AGE_S:
        return None
    return _unsealed(keys, sealed)


def _sealed(keys: CallbackKeys, text: str, chance: bytes) -> str:
    said = text.encode()
    content = chance + len(said).to_bytes(_LENGTH) + said + keys.corp_id.encode()
    fill = _BLOCK - len(content) % _BLOCK
    sealing = Cipher(AES(keys.key), CBC(keys.key[:_RANDOM])).encryptor()
    return base64.b64encode(sealing.update(content + bytes([fill]) * fill) + sealing.finalize()).decode()


def _unsealed(keys: CallbackKeys, sealed: str) -> str | None:
    try:
        opening = Cipher(AES(keys.key), CBC(keys.key[:_RANDOM])).decryptor()
        filled = opening.update(base64.b64decode(sealed, validate=True)) + opening.finalize()
        content = filled[_RANDOM : -filled[-1]] if filled and 1 <= filled[-1] <= _BLOCK else b""
        length = int.from_bytes(content[:_LENGTH])
        message, receiver = content[_LENGTH : _LENGTH + length], content[_LENGTH + length :]
        return message.decode() if receiver.decode() == keys.corp_id else None
    except ValueError:
        return None


def _field(xml: str, name: str) -> str:
    found = re.search(rf"<{name}>\s*(?:<!\[CDATA\[(.*?)\]\]>|([^<]*?))\s*</{name}>", xml, re.DOTALL)
    return (found[1] or found[2] or "") if found else ""
