"""The keys with which outsiders sign what they post: given to a sender, and ended."""

from schemas.webhooks import AsymmetricKey, SymmetricKey
from tracker.domain.errors import NotFound
from tracker.domain.ids import AgencyId
from tracker.domain.people import Actor
from tracker.services import audit
from tracker.services.audit import About
from tracker.services.lines.refused_messages import CASE_SYSTEM
from tracker.storage import agencies, webhook_keys
from tracker.storage.transaction import Tx

ID_CHARACTERS = 8


async def give_webhook_key(
    tx: Tx, actor: Actor, sender: str, secret_or_public: bytes, *, is_public: bool
) -> str:
    """Believe what a sender (an agency's id, or `case-system`) signs with a key; the key's id.

    The account system signs with a key pair only: what it posts moves people off the list.
    """
    if sender != CASE_SYSTEM:
        agency = await agencies.find_agency(tx, AgencyId(sender))
        if agency is None or agency.court_id != actor.court_id:
            raise NotFound("agency")
    key_id = f"{sender}-{tx.entropy.new_id()[-ID_CHARACTERS:]}"
    key = (
        AsymmetricKey(key_id=key_id, public=secret_or_public)
        if is_public
        else SymmetricKey(key_id=key_id, secret=secret_or_public)
    )
    await webhook_keys.add_webhook_key(tx, actor.court_id, sender, key)
    await audit.record(tx, actor, "webhook-key-given", About(kind="webhook-key", key=key_id))
    return key_id


async def end_webhook_key(tx: Tx, actor: Actor, key_id: str) -> None:
    """Believe nothing more that the key signs."""
    if not await webhook_keys.end_webhook_key(tx, actor.court_id, key_id):
        raise NotFound("webhook key")
    await audit.record(tx, actor, "webhook-key-ended", About(kind="webhook-key", key=key_id))
