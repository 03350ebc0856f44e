"""Letting an agency's instance in, putting it out, and giving it the keys of its list.

What must not break: keys go to an instance that is registered now with the very key its certificate names,
and to nobody else; what is recorded of it are ids, never a key.
"""

from dataclasses import dataclass

from schemas.certificates import CertificateRefused, Holder, read_request
from schemas.enrolment import Credential, Enrolment, HandedEpoch, KeyHandout, PublicKey
from schemas.signing import VerifyingKey
from tracker.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from tracker.domain.ids import AgencyId, CourtId
from tracker.domain.keys import AdmissionKeys, broker_password
from tracker.domain.people import Actor
from tracker.services import audit
from tracker.services.agencies.certificates import SERIAL_BYTES, authority_of, sign_credential
from tracker.services.audit import About
from tracker.storage import agencies, feed_generations, folder_lines, people, receipts
from tracker.storage.agencies import Agency, Instance
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolling:
    """What is to be enrolled. `replaces_sealing`: though other instances of the agency have another key."""

    enrolment: Enrolment
    replaces_sealing: bool = False


async def enrol_instance(tx: Tx, actor: Actor, keys: AdmissionKeys, what: Enrolling) -> Credential:
    """Register an instance, or its new keys, and make its credential. The agency must be known."""
    asked = what.enrolment
    agency = await _get_agency(tx, actor.court_id, AgencyId(asked.agency))
    holder = Holder(agency=asked.agency, instance=asked.instance, key_id=asked.signing.key_id)
    try:
        requested_for, tls_public = read_request(asked.certificate_request)
    except CertificateRefused as refused:
        raise _invalid("certificate_request", str(refused)) from None
    if requested_for != holder:
        raise _invalid("certificate_request", "names another instance or key: make the enrolment anew")
    await _record_sealing(tx, agency, what)
    await _register(tx, actor, agency, holder, asked.signing.verifying)
    authority = authority_of(keys.authority, actor.court_id)
    serial = tx.entropy.random_bytes(SERIAL_BYTES)
    user = f"agency.{asked.agency}"
    return Credential(
        court=actor.court_id,
        agency=asked.agency,
        instance=asked.instance,
        kind=agency.kind,
        certificate=sign_credential(authority, holder, tls_public, at=tx.at, serial=serial),
        authority=authority.pem,
        court_verifying=_court_verifying(tx),
        court_sealing_public=tx.keys.sealing.public.hex(),
        broker_user=user,
        broker_password=broker_password(keys.broker, user, agency.broker_generation),
        phone_24h=(await people.get_court(tx, actor.court_id)).desk_phone,
    )


async def revoke_instance(tx: Tx, actor: Actor, agency_id: AgencyId, name: str) -> None:
    """Put an instance out: no keys, no message of it is taken, and no proof of withdrawal waits for it."""
    await _get_agency(tx, actor.court_id, agency_id)
    if not await agencies.remove_instance(tx, agency_id, name):
        raise NotFound("instance")
    await receipts.record_reached(tx, agency_id)
    await audit.record(tx, actor, "instance-revoked", _about(agency_id, name))


async def set_transport(tx: Tx, actor: Actor, agency_id: AgencyId, name: str, *, is_by_folder: bool) -> None:
    """Reach an instance by folder from now on, or over the broker."""
    await _get_agency(tx, actor.court_id, agency_id)
    if not await folder_lines.record_transport(tx, agency_id, name, is_by_folder=is_by_folder):
        raise NotFound("instance")
    action = "instance-by-folder" if is_by_folder else "instance-by-broker"
    await audit.record(tx, actor, action, _about(agency_id, name))


async def admitted(tx: Tx, court_id: CourtId, holder: Holder) -> Agency:
    """The agency of an instance; raises NotAllowed for one that is not registered now, or has other keys."""
    agency = await agencies.find_agency(tx, AgencyId(holder.agency))
    instance = await agencies.find_instance(tx, AgencyId(holder.agency), holder.instance)
    if agency is None or agency.court_id != court_id or instance is None:
        raise NotAllowed("fetch from the court", "the instance is unknown or revoked: enrol it at the court")
    if instance.closed_at is not None:
        raise NotAllowed("fetch from the court", "the court has closed this line: call its 24-hour phone")
    if instance.verifying.key_id != holder.key_id:
        raise NotAllowed("fetch from the court", "the instance has newer keys: use its newest credential")
    return agency


async def hand_out_keys(tx: Tx, actor: Actor, holder: Holder) -> KeyHandout:
    """What the instance is given at its start; raises NotAllowed for one that is not registered now."""
    agency = await admitted(tx, actor.court_id, holder)
    agency_id = agency.agency_id
    epochs = await feed_generations.list_epochs(tx, agency_id)
    if not epochs:
        raise NotFound("feed")
    await audit.record(
        tx,
        actor,
        "keys-handed-out",
        _about(agency_id, holder.instance),
        epochs=[epoch.epoch for epoch in epochs],
        key_id=holder.key_id,
    )
    return KeyHandout(
        court=actor.court_id,
        agency=holder.agency,
        instance=holder.instance,
        kind=agency.kind,
        phone_24h=(await people.get_court(tx, actor.court_id)).desk_phone,
        court_verifying=_court_verifying(tx),
        court_sealing_public=tx.keys.sealing.public.hex(),
        epochs=tuple(HandedEpoch.of(epoch) for epoch in epochs),
        canary_every_s=agency.canary_every_s,
    )


async def _get_agency(tx: Tx, court_id: CourtId, agency_id: AgencyId) -> Agency:
    agency = await agencies.find_agency(tx, agency_id)
    if agency is None or agency.court_id != court_id:
        raise NotFound("agency")
    return agency


async def _record_sealing(tx: Tx, agency: Agency, what: Enrolling) -> None:
    public = bytes.fromhex(what.enrolment.sealing_public)
    if public == agency.sealing_public:
        return
    instances = await agencies.list_instances(tx, agency.agency_id)
    others = [one for one in instances if one.name != what.enrolment.instance]
    if others and agency.sealing_public and not what.replaces_sealing:
        raise Conflict(
            "该机构其他实例使用另一封装密钥，请以其密钥重新登记；确须更换的，请加 --replace-sealing-key。",
            "the agency's other instances open what is sealed to another key: make this enrolment with their "
            "key (adapter enrol --sealing-from FOLDER), or replace it with --replace-sealing-key",
        )
    await agencies.record_sealing_key(tx, agency.agency_id, public)


async def _register(tx: Tx, actor: Actor, agency: Agency, holder: Holder, verifying: VerifyingKey) -> None:
    agency_id, about = agency.agency_id, _about(agency.agency_id, holder.instance)
    closed_at = None if agency.closing is None else agency.closing.at
    known = await agencies.find_instance(tx, agency_id, holder.instance)
    if known is None:
        instance = Instance(
            agency_id=agency_id,
            name=holder.instance,
            verifying=verifying,
            heard_at=None,
            closed_at=closed_at,
        )
        await agencies.add_instance(tx, instance)
        await audit.record(tx, actor, "instance-enrolled", about, key_id=holder.key_id)
    elif known.spent_key == verifying.public:
        raise Conflict(
            "该设备的密钥已随线路关闭作废，请在机构设备上重新生成密钥后登记。",
            "these keys went with the closing of the line: make new ones (adapter enrol --new-keys)",
        )
    elif known.verifying == verifying:
        await audit.record(tx, actor, "credential-renewed", about, key_id=holder.key_id)
    else:
        await agencies.record_instance_key(tx, agency_id, holder.instance, verifying, closed_at)
        former = known.verifying.key_id
        await audit.record(tx, actor, "instance-key-replaced", about, key_id=holder.key_id, former=former)


def _about(agency_id: AgencyId, instance: str) -> About:
    return About(kind="instance", key=f"{agency_id}.{instance}")


def _court_verifying(tx: Tx) -> tuple[PublicKey, ...]:
    return (PublicKey.of(tx.keys.signing.verifying),)


def _invalid(field: str, english: str) -> Invalid:
    return Invalid([Problem(field=field, zh="登记文件有误，请在机构设备上重新生成", en=english)])
