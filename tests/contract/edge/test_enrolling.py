"""From an agency's own keys to a credential that is good for these keys only."""

import stat
from pathlib import Path

import pytest
from cryptography import x509

from adapters.identity import NotEnrolled, load_identity, load_own_keys, store_credential
from schemas.enrolment import Enrolment
from scripts import cast
from tests.contract.edge.gate import COURT_ID, Gate, own_keys, presents_itself
from tests.contract.storage.books import KEYS
from tracker.domain.errors import Conflict, Invalid, NotFound
from tracker.domain.ids import AgencyId
from tracker.domain.keys import broker_password
from tracker.domain.line_closing import ClosingReason
from tracker.domain.people import system_actor
from tracker.services.lines.closing import close_line, open_line
from tracker.storage import agencies, people


async def test_a_credential_lets_the_instance_in_and_says_all_it_needs(gate: Gate, folder: Path) -> None:
    credential = (await gate.enrols(folder)).credential

    assert credential.court == "yunhe"
    assert (credential.agency, credential.instance, credential.kind) == ("rail", "one", "rail")
    assert credential.broker_user == "agency.rail"
    assert credential.broker_password == broker_password(b"B" * 32, "agency.rail")
    assert credential.phone_24h == "010-00000000"
    assert credential.court_verifying[0].verifying == KEYS.signing.verifying
    assert credential.court_sealing_public == KEYS.sealing.public.hex()
    assert credential.authority == gate.authority.pem


async def test_the_certificate_names_its_holder_and_ends(gate: Gate, folder: Path) -> None:
    identity = await gate.enrols(folder)

    certificate = x509.load_pem_x509_certificate(identity.credential.certificate.encode())
    certificate.verify_directly_issued_by(gate.authority.certificate)
    key_id = identity.own.signing.key_id
    assert certificate.subject.rfc4514_string() == f"2.5.4.5={key_id},CN=one,O=rail"
    assert (certificate.not_valid_after_utc - gate.registry.now()).days in (397, 398)


async def test_the_court_knows_the_instance_by_its_public_keys(gate: Gate, folder: Path) -> None:
    identity = await gate.enrols(folder)

    async with gate.registry.reading() as tx:
        instance = await agencies.find_instance(tx, AgencyId("rail"), "one")
        agency = await agencies.get_agency(tx, AgencyId("rail"))
    assert instance is not None
    assert instance.verifying == identity.own.signing.verifying
    assert agency.sealing_public == identity.own.sealing.public


async def test_what_leaves_the_machine_holds_no_secret(folder: Path) -> None:
    enrolment = presents_itself(folder).model_dump_json()

    stored = (folder / "own-keys.json").read_text()
    assert load_own_keys(folder).sealing.secret.hex() in stored
    assert load_own_keys(folder).sealing.secret.hex() not in enrolment
    assert load_own_keys(folder).signing.private.private_bytes_raw().hex() not in enrolment
    assert "PRIVATE" not in enrolment


async def test_every_file_is_its_owners_only(gate: Gate, folder: Path) -> None:
    await gate.enrols(folder)

    assert modes(folder) == {
        "own-keys.json": 0o600,
        "tls-key.pem": 0o600,
        "enrolment.json": 0o600,
        "tls-certificate.pem": 0o600,
        "credential.json": 0o600,
    }


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


async def test_enrolling_again_with_the_same_keys_only_renews(gate: Gate, folder: Path) -> None:
    await gate.enrols(folder)
    await gate.enrols(folder)

    assert await gate.audited() == ["instance-enrolled", "credential-renewed"]


async def test_new_keys_replace_the_old_ones_but_what_waits_still_opens(gate: Gate, folder: Path) -> None:
    former = await gate.enrols(folder)
    own_keys(folder, renews=True)
    renewed = await gate.enrols(folder)

    assert renewed.own.signing.key_id != former.own.signing.key_id
    assert renewed.own.sealing == former.own.sealing
    assert await gate.audited() == ["instance-enrolled", "instance-key-replaced"]


async def test_a_credential_for_other_keys_is_not_stored(gate: Gate, folder: Path, tmp_path: Path) -> None:
    credential = await gate.admits(presents_itself(tmp_path / "another"))
    own_keys(folder)

    with pytest.raises(NotEnrolled, match="for other keys"):
        store_credential(folder, credential.model_dump_json())


async def test_after_new_keys_the_old_credential_is_told_to_be_old(gate: Gate, folder: Path) -> None:
    await gate.enrols(folder)
    own_keys(folder, renews=True)

    with pytest.raises(NotEnrolled, match="for other keys"):
        load_identity(folder)


async def test_after_a_theft_only_new_keys_let_an_adapter_in_with_a_new_broker_password(
    gate: Gate, folder: Path
) -> None:
    former = await gate.enrols(folder)
    async with gate.registry.transaction() as tx:
        await close_line(tx, system_actor(COURT_ID), AgencyId("rail"), ClosingReason.LOST)

    with pytest.raises(Conflict, match="make new ones"):
        await gate.enrols(folder)
    own_keys(folder, renews=True)
    renewed = await gate.enrols(folder)
    async with gate.registry.transaction() as tx:
        closed = await agencies.find_instance(tx, AgencyId("rail"), "one")
        await open_line(tx, await people.get_actor(tx, cast.LEADER.person_id), AgencyId("rail"))
        opened = await agencies.find_instance(tx, AgencyId("rail"), "one")

    assert renewed.credential.broker_password != former.credential.broker_password
    assert renewed.credential.broker_password == broker_password(b"B" * 32, "agency.rail", 2)
    assert closed is not None
    assert closed.closed_at is not None
    assert opened is not None
    assert opened.closed_at is None


async def test_an_agency_nobody_founded_cannot_be_enrolled(gate: Gate, folder: Path) -> None:
    with pytest.raises(NotFound):
        await gate.admits(presents_itself(folder, "customs"))


async def test_a_request_for_somebody_else_is_refused(gate: Gate, folder: Path, tmp_path: Path) -> None:
    police = presents_itself(tmp_path / "police", "police")
    mixed = presents_itself(folder).model_copy(update={"certificate_request": police.certificate_request})

    with pytest.raises(Invalid, match="names another instance"):
        await gate.admits(mixed)


async def test_a_second_instance_does_not_take_the_sealing_key_over_unasked(
    gate: Gate, folder: Path, tmp_path: Path
) -> None:
    await gate.enrols(folder)
    second = presents_itself(tmp_path / "second", "rail", "two")

    with pytest.raises(Conflict, match="sealing-from"):
        await gate.admits(second)
    await gate.admits(second, replaces_sealing=True)

    async with gate.registry.reading() as tx:
        agency = await agencies.get_agency(tx, AgencyId("rail"))
    assert agency.sealing_public.hex() == second.sealing_public


def test_names_are_words_of_queues_and_certificates(folder: Path) -> None:
    presented = presents_itself(folder).model_dump(mode="json")

    with pytest.raises(ValueError, match="agency"):
        Enrolment.model_validate(presented | {"agency": "rail.one"})
