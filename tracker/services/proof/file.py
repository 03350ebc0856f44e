"""A proof as one file, and whether a file is one that the court gave out and its chain still bears out.

What must not break: the digest of each file stands in the audit log before the file is given out.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tracker.domain.alerts import Alert
from tracker.domain.ids import CourtId
from tracker.domain.people import Actor
from tracker.services import audit
from tracker.services.audit import About
from tracker.services.proof.gathering import Link, Proof, Proven
from tracker.storage import audit as audit_log
from tracker.storage.audit import AuditEvent
from tracker.storage.transaction import Tx

KIND: Final = "proof of an alert"
VERSION: Final = 1
EXPORTED: Final = "proof exported"


def proof_file(proof: Proof, made_at: datetime, made_for: str) -> bytes:
    """The file: JSON, indented for people."""
    alert = proof.alert
    content = {
        "kind": KIND,
        "version": VERSION,
        "made_at": made_at.isoformat(),
        "made_for": made_for,
        "alert": {
            "id": alert.alert_id,
            "court": alert.court_id,
            "is_drill": alert.is_drill,
            "state": alert.state.value,
            "outcome": None if alert.outcome is None else alert.outcome.value,
            "urgency": alert.urgency.value,
            "raised_at": alert.raised_at.isoformat(),
            "closed_at": None if alert.closed_at is None else alert.closed_at.isoformat(),
            "correlation": alert.correlation,
            "ladder": json.loads(alert.ladder),
        },
        "people": {person_id: {"phone": phone} for person_id, phone in proof.phones.items()},
        "steps": [_step(one) for one in proof.steps],
        "audit": {
            "head": {"position": proof.head.position, "link": proof.head.link},
            "events": [_event(one) for one in proof.links],
        },
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def _step(step: Proven) -> dict[str, Any]:
    return {
        "at": step.at.isoformat(),
        "what": step.what.value,
        "person": step.person_id,
        **step.detail,
    }


def _event(link: Link) -> dict[str, Any]:
    """`link` is the HMAC-SHA256, under the key of the chain, over the rest in the order of `link_of`."""
    event = link.event
    return {
        "former": link.former,
        "position": event.chain_position,
        "court": event.court_id,
        "at": event.at.isoformat(),
        "actor": event.actor,
        "action": event.action,
        "about_kind": event.about_kind,
        "about": event.about,
        "detail": dict(event.detail),
        "link": event.chain_hash,
    }


async def record_export(tx: Tx, actor: Actor, alert: Alert, content: bytes) -> None:
    """To be committed before the file is given out."""
    about = About(kind="alert", key=alert.alert_id)
    await audit.record(tx, actor, EXPORTED, about, purpose="proof export", digest=digest_of(content))


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileHolds:
    """Given out by this court at `given_out_at`, unchanged since; `links` of the chain bear it out."""

    given_out_at: datetime
    links: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRefused:
    """Why the file proves nothing."""

    reason: str


async def check_file(tx: Tx, content: bytes) -> FileHolds | FileRefused:
    """Whether the court gave this very file out, and whether each of its events is a link of the chain."""
    try:
        read = json.loads(content)
        alert_id, events = str(read["alert"]["id"]), [_read_event(one) for one in read["audit"]["events"]]
    except (ValueError, KeyError, TypeError):
        return FileRefused(reason="it is no proof of an alert")
    known = await audit_log.list_events_about(tx, alert_id)
    digest = digest_of(content)
    given_out = [one for one in known if one.action == EXPORTED and one.detail.get("digest") == digest]
    if not given_out:
        return FileRefused(reason="this court never gave it out, or it was changed since")
    kept = {one.chain_position: one for one in known}
    sealed = [(former, event) for former, event in events if event.chain_position is not None]
    for former, event in sealed:
        assert event.chain_position is not None
        link = audit_log.link_of(tx, event, event.chain_position, former)
        if link != event.chain_hash or kept.get(event.chain_position) != event:
            return FileRefused(reason=f"the event at link {event.chain_position} is not the court's")
    return FileHolds(given_out_at=given_out[0].at, links=len(sealed))


def _read_event(read: dict[str, Any]) -> tuple[str, AuditEvent]:
    event = AuditEvent(
        court_id=CourtId(read["court"]),
        at=datetime.fromisoformat(read["at"]),
        actor=read["actor"],
        action=read["action"],
        about_kind=read["about_kind"],
        about=read["about"],
        detail=read["detail"],
        chain_position=read["position"],
        chain_hash=read["link"],
    )
    return read["former"] or "", event
