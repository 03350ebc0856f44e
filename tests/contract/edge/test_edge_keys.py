"""Keys of the list go to an enrolled instance, by its certificate, and to nobody else."""

import asyncio
import ssl
from dataclasses import replace
from os import urandom
from pathlib import Path

import aiohttp
import pytest
import structlog

from adapters.identity import TLS_CERTIFICATE, Identity
from adapters.web.court_client import CourtAway, NotAdmitted
from adapters.web.key_client import Fetched, fetch_keys
from schemas.measures import AgencyKind
from schemas.settings import Address
from tests.contract.edge.gate import COURT_ID, Gate, listening, own_keys
from tests.contract.storage.books import KEYS
from tracker.domain.ids import AgencyId
from tracker.domain.people import system_actor
from tracker.services.agencies.certificates import authority_of, sign_credential
from tracker.services.agencies.enrolment import revoke_instance
from tracker.storage import feeds
from tracker.web.edge.listener import edge_listener, make_edge_app


async def test_an_enrolled_instance_gets_the_keys_of_its_own_list(gate: Gate, folder: Path) -> None:
    identity = await gate.enrols(folder)

    answer = await fetch_keys(gate.url, identity)

    assert isinstance(answer, Fetched)
    async with gate.registry.reading() as tx:
        feed = await feeds.get_feed(tx, AgencyId("rail"))
    assert [epoch.keys for epoch in answer.keys.epochs] == [feed.keys]
    assert answer.keys.kind is AgencyKind.RAIL
    assert (answer.keys.agency, answer.keys.instance, answer.keys.court) == ("rail", "one", "yunhe")
    assert answer.keys.phone_24h == "010-00000000"
    assert [key.verifying for key in answer.keys.court_verifying] == [KEYS.signing.verifying]
    assert answer.keys.court_sealing_public == KEYS.sealing.public.hex()
    assert answer.court_time is not None


async def test_each_agency_gets_its_own(gate: Gate, tmp_path: Path) -> None:
    rail = await fetch_keys(gate.url, await gate.enrols(tmp_path / "rail", "rail"))
    border = await fetch_keys(gate.url, await gate.enrols(tmp_path / "border", "border"))

    assert isinstance(rail, Fetched)
    assert isinstance(border, Fetched)
    assert rail.keys.epochs[0].token_key != border.keys.epochs[0].token_key


async def test_every_fetch_is_audited(gate: Gate, folder: Path) -> None:
    identity = await gate.enrols(folder)

    await fetch_keys(gate.url, identity)
    await fetch_keys(gate.url, identity)

    assert await gate.audited() == ["instance-enrolled", "keys-handed-out", "keys-handed-out"]


async def test_no_key_is_logged_or_kept_by_a_cache(gate: Gate, folder: Path) -> None:
    identity = await gate.enrols(folder)

    with structlog.testing.capture_logs() as logged:
        async with aiohttp.ClientSession() as session:
            address = f"{gate.url}/edge/keys"
            async with session.get(address, ssl=identity.tls_context()) as response:
                handout = await response.json()

    assert response.headers["Cache-Control"] == "no-store"
    assert handout["epochs"][0]["token_key"] not in str(logged)
    assert [line["event"] for line in logged] == ["keys-handed-out"]


async def test_without_a_certificate_nobody_gets_in(gate: Gate, folder: Path) -> None:
    context = ssl.create_default_context(cadata=(await gate.enrols(folder)).credential.authority)

    async with aiohttp.ClientSession() as session:
        with pytest.raises((aiohttp.ClientError, ssl.SSLError)):
            await session.get(f"{gate.url}/edge/keys", ssl=context)


async def test_a_certificate_of_another_authority_does_not_let_in(gate: Gate, folder: Path) -> None:
    await gate.enrols(folder)
    stranger = authority_of(b"Z" * 32, COURT_ID)
    app = make_edge_app(gate.registry, COURT_ID, gate.shelf)
    listen = Address("127.0.0.1", 0)

    async with edge_listener(app, listen, listening(stranger)) as port:
        answer = await fetch_keys(f"https://127.0.0.1:{port}", await gate.enrols(folder))

    # It is the instance that turns away first: whoever answers there is not its court.
    assert isinstance(answer, CourtAway)
    assert "not the court" in answer.why


async def test_a_court_turns_away_who_holds_anothers_certificate(
    gate: Gate, folder: Path, tmp_path: Path
) -> None:
    identity = await gate.enrols(folder)
    forged = await _enrolled_elsewhere(tmp_path / "elsewhere", gate, identity)

    answer = await fetch_keys(gate.url, forged)

    assert isinstance(answer, CourtAway)
    assert "does not take our certificate" in answer.why


async def _enrolled_elsewhere(folder: Path, gate: Gate, genuine: Identity) -> Identity:
    """An instance with a certificate of another authority that trusts this court's listener."""
    presented = own_keys(folder)
    stranger = authority_of(b"Z" * 32, COURT_ID)
    pem = sign_credential(
        stranger, presented.holder, presented.tls.public_key(), at=gate.registry.now(), serial=urandom(19)
    )
    (folder / TLS_CERTIFICATE).write_text(pem)
    return replace(genuine, folder=folder, own=presented)


async def test_a_revoked_instance_is_refused(gate: Gate, folder: Path) -> None:
    identity = await gate.enrols(folder)
    async with gate.registry.transaction() as tx:
        await revoke_instance(tx, system_actor(COURT_ID), AgencyId("rail"), "one")

    answer = await fetch_keys(gate.url, identity)

    assert isinstance(answer, NotAdmitted)
    assert await gate.audited() == ["instance-enrolled", "instance-revoked"]


async def test_an_old_certificate_opens_nothing_once_the_instance_has_new_keys(
    gate: Gate, folder: Path, tmp_path: Path
) -> None:
    former = await gate.enrols(folder)
    moved = await gate.enrols(tmp_path / "new machine")

    assert isinstance(await fetch_keys(gate.url, moved), Fetched)
    assert isinstance(await fetch_keys(gate.url, former), NotAdmitted)
    assert (await gate.audited())[:2] == ["instance-enrolled", "instance-key-replaced"]


async def test_the_refusal_is_a_problem_that_says_what_to_do(gate: Gate, folder: Path) -> None:
    identity = await gate.enrols(folder)
    async with gate.registry.transaction() as tx:
        await revoke_instance(tx, system_actor(COURT_ID), AgencyId("rail"), "one")

    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{gate.url}/edge/keys", ssl=identity.tls_context()) as response,
    ):
        problem = await response.json()

    assert response.status == 403
    assert response.content_type == "application/problem+json"
    assert problem["type"] == "not-admitted"
    assert "enrol it at the court" in problem["detail"]


async def test_nothing_else_is_served_there(gate: Gate, folder: Path) -> None:
    identity = await gate.enrols(folder)

    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{gate.url}/entries", ssl=identity.tls_context()) as response,
    ):
        assert (response.status, response.content_type) == (404, "application/problem+json")


async def test_a_court_that_does_not_listen_is_away(folder: Path, gate: Gate) -> None:
    identity = await gate.enrols(folder)
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()

    answer = await fetch_keys(f"https://127.0.0.1:{port}", identity)

    assert isinstance(answer, CourtAway)
    assert "ADAPTER_COURT_URL" in answer.why
