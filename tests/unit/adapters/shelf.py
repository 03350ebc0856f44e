"""A snapshot as the court has it on its shelf, by the rules of `schemas` alone."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass

from schemas.digest import Record
from schemas.measures import code_of
from schemas.messages import Put
from schemas.snapshots import ListedEntry, pack_chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What the court has on its shelf."""

    sequence: int
    manifest: bytes
    file: bytes


def records(put: Put) -> list[Record]:
    return [
        Record(
            token=bytes.fromhex(token),
            reference=put.reference,
            version=put.version,
            measure=put.measure,
            valid_until=put.valid_until,
        )
        for token in put.tokens
    ]


def listed_entry(put: Put) -> ListedEntry:
    return ListedEntry(
        reference=put.reference,
        version=put.version,
        code=code_of(put.measure),
        last_day=put.valid_until.toordinal(),
        tokens=b"".join(map(bytes.fromhex, put.tokens)),
        named=b"" if put.named is None else base64.b64decode(put.named),
    )


def chunks_of(puts: Iterable[Put]) -> list[bytes]:
    """One for each entry."""
    return [pack_chunk([listed_entry(put)]) for put in sorted(puts, key=lambda put: put.reference)]
