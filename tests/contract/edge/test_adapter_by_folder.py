"""The adapter as a program on an isolated network: two folders, keys that an operator has kept, and neither
court nor broker to reach.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.sealed_keys import SEALED_KEYS
from tests.contract.bus.folder_lines import End
from tests.contract.edge.gate import COURT_ID, Gate
from tests.contract.edge.program import ran, running
from tests.contract.edge.test_adapter_program import RAIL, asks, screens_a_passer_by
from tests.contract.edge.test_screeners import becomes, starts
from tracker.domain.line_closing import ClosingReason
from tracker.domain.people import system_actor
from tracker.loops.heartbeats import HeartbeatLoop
from tracker.loops.relay import RelayLoop
from tracker.services.lines.closing import close_line

BY_FOLDER = ("run", "--agency", "rail", "--transport", "folder")


@pytest.fixture
async def court(tmp_path: Path, gate: Gate) -> AsyncIterator[End]:
    """The court's end; the gateway is a mount: what one end writes lies in the other's folder at once."""
    end = await End.open(tmp_path / "line", ("court", "agency.rail"), gate.registry.now)
    yield end
    await end.close()


@pytest.fixture
def settings(tmp_path: Path, court: End) -> dict[str, str]:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("four words of three\n")
    return {
        "folder_out": str(court.folders.incoming),
        "folder_in": str(court.folders.outgoing),
        "passphrase_file": str(passphrase),
    }


async def test_it_starts_and_proves_its_list_without_a_court_to_reach(
    gate: Gate, folder: Path, court: End, settings: dict[str, str]
) -> None:
    await gate.enrols(folder)
    await ran(folder, "keep-keys", court_url=gate.url, passphrase_file=settings["passphrase_file"])

    async with running(folder, *BY_FOLDER, **settings) as adapter:
        port = (await adapter.logs("adapter-listening"))["port"]
        await adapter.logs("adapter-ready")
        await HeartbeatLoop(gate.registry, court.bus, COURT_ID, lambda: 0.0).step()
        await court.settle()
        proven = await adapter.logs("feed-condition")
        ready = await asks(port, "readyz")
        screened = await screens_a_passer_by(port)
        listen = {"listen": f"127.0.0.1:{port}"}
        healthy = await ran(folder, "doctor", "--transport", "folder", **settings, **listen)
        ended = await adapter.stops()

    assert proven["condition"] == "proven"
    assert (ready["ready"], screened) == (True, {"answer": "clear"})
    assert "here" in str(ready["carried"])
    assert (healthy.code, "ok     folders: both are there" in healthy.out) == (0, True)
    assert (ended.code, ended.lasted_s < 5) == (0, True)


async def test_screeners_stand_in_front_of_a_list_that_came_by_folder(
    gate: Gate, folder: Path, court: End, settings: dict[str, str]
) -> None:
    await gate.enrols(folder)
    await ran(folder, "keep-keys", court_url=gate.url, passphrase_file=settings["passphrase_file"])

    async with running(folder, *BY_FOLDER, "--screeners", "1", **settings) as adapter:
        port = await starts(adapter)
        await adapter.logs("adapter-ready")
        await HeartbeatLoop(gate.registry, court.bus, COURT_ID, lambda: 0.0).step()
        await court.settle()
        await adapter.logs("feed-condition")
        await becomes(port, {"answer": "clear"})
        ready = await asks(port, "readyz")
        ended = await adapter.stops()

    assert (ready["ready"], ready["screeners"]) == (True, {"wanted": 1, "screening": 1})
    assert (ended.code, ended.lasted_s < 5) == (0, True)


async def test_a_line_that_is_closed_takes_list_and_kept_keys_by_folder_too(
    gate: Gate, folder: Path, court: End, settings: dict[str, str]
) -> None:
    """The harm: an agency that may see nobody any more goes on stopping people, or its next start does."""
    await gate.enrols(folder)
    await ran(folder, "keep-keys", court_url=gate.url, passphrase_file=settings["passphrase_file"])
    were_kept = (folder / SEALED_KEYS).exists()

    async with running(folder, *BY_FOLDER, **settings) as adapter:
        port = (await adapter.logs("adapter-listening"))["port"]
        await adapter.logs("adapter-ready")
        async with gate.registry.transaction() as tx:
            await close_line(tx, system_actor(COURT_ID), RAIL, ClosingReason.FAULTY)
        await RelayLoop(gate.registry, court.bus).step()
        await court.settle()
        await adapter.logs("list-removed")
        without_keys = await adapter.logs("adapter-ready")
        closed = await screens_a_passer_by(port)

    assert (were_kept, (folder / SEALED_KEYS).exists()) == (True, False)
    assert without_keys["epochs"] == 0
    assert closed == {"answer": "not-screened", "reason": "line-closed", "phone_24h": "010-00000000"}


async def test_without_kept_keys_it_says_how_to_come_to_them(
    gate: Gate, folder: Path, settings: dict[str, str]
) -> None:
    await gate.enrols(folder)

    ended = await ran(folder, *BY_FOLDER, **settings)
    ill = await ran(folder, "doctor", "--transport", "folder", **(settings | {"folder_in": "/nowhere"}))

    assert (ended.code, "run `adapter keep-keys` with this folder on a machine" in ended.err) == (1, True)
    assert ill.code == 1
    assert "wrong  folders: ADAPTER_FOLDER_IN: no folder to read and write" in ill.out
    assert "wrong  keys: there is no keys.sealed" in ill.out


async def test_it_says_which_folders_it_lacks(folder: Path) -> None:
    ended = await ran(folder, *BY_FOLDER)

    assert ended.code == 1
    assert "ADAPTER_FOLDER_OUT: is not set" in ended.err
    assert "ADAPTER_BROKER_URL" not in ended.err
