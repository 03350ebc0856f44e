"""The keys with which outsiders sign webhooks in the demonstration: one shared secret for each agency, one
Ed25519 key of the account system. They live in the data folder, readable by its owner only, and are
printed at start.
"""

import json
import os
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from schemas.signing import SigningKey
from schemas.webhooks import AsymmetricKey, SymmetricKey
from scripts.data_folder import write_for_owner
from scripts.partners import PARTNERS
from tracker.domain.ids import CourtId
from tracker.storage import webhook_keys
from tracker.storage.transaction import Tx

KEY_BYTES = 32
OWNER_ONLY = 0o600
CASE_SYSTEM = "case-system"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookKeys:
    """`agencies`: the shared secret of each agency by its id; `case_system` signs case events."""

    agencies: dict[str, bytes] = field(repr=False)
    case_system: SigningKey

    def of_agency(self, agency_id: str) -> SymmetricKey:
        return SymmetricKey(key_id=f"{agency_id}-webhook-1", secret=self.agencies[agency_id])


def load_or_make_webhook_keys(path: Path) -> WebhookKeys:
    """Read the keys of the demonstration; make them at the first start."""
    if not path.exists():
        names = [CASE_SYSTEM, *[partner.agency_id for partner in PARTNERS]]
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, OWNER_ONLY), "w") as file:
            json.dump({name: os.urandom(KEY_BYTES).hex() for name in names}, file)
    stored = {name: bytes.fromhex(secret) for name, secret in json.loads(path.read_text()).items()}
    case_system = SigningKey.from_secret(f"{CASE_SYSTEM}-1", stored.pop(CASE_SYSTEM))
    return WebhookKeys(agencies=stored, case_system=case_system)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFiles:
    """Where senders find their keys: `agencies` as base64, the account system's as PEM (PKCS #8)."""

    agencies: dict[str, Path]
    case_system: Path


def write_key_files(folder: Path, keys: WebhookKeys) -> KeyFiles:
    """Write each key in the form that its sender's tools take; readable by their owner only."""
    files = KeyFiles(
        agencies={agency_id: folder / f"{agency_id}.base64" for agency_id in keys.agencies},
        case_system=folder / f"{CASE_SYSTEM}.pem",
    )
    for agency_id, secret in keys.agencies.items():
        write_for_owner(files.agencies[agency_id], b64encode(secret) + b"\n")
    plain = NoEncryption()
    pem = keys.case_system.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, plain)
    write_for_owner(files.case_system, pem)
    return files


async def register_webhook_keys(tx: Tx, court_id: CourtId, keys: WebhookKeys) -> None:
    """Let the senders of the demonstration sign with their keys."""
    for agency_id in keys.agencies:
        await webhook_keys.add_webhook_key(tx, court_id, agency_id, keys.of_agency(agency_id))
    public = keys.case_system.verifying
    key = AsymmetricKey(key_id=public.key_id, public=public.public)
    await webhook_keys.add_webhook_key(tx, court_id, CASE_SYSTEM, key)
