"""One command shows the whole system, ends cleanly, goes on where it was, and takes a stranger's sighting."""

import re
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from scripts.data_folder import LOCK, clear, locked
from scripts.main import main
from tests.acceptance.demonstration import Server, demonstration, run_in_bash, snippets_of


@pytest.fixture(scope="module")
async def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a stranger stands: the data folder is `data` in it."""
    return tmp_path_factory.mktemp("clone")


@pytest.fixture(scope="module")
async def server(folder: Path) -> AsyncIterator[Server]:
    async with demonstration(folder / "data") as running:
        yield running


async def test_it_says_where_to_go_and_who_may_sign_in(server: Server) -> None:
    assert f"{server.url}/demo/phones" in server.said
    assert "shen   沈清和　法官" in server.said
    assert "court-demo" in server.said
    assert "data/keys/case-system.pem" in server.said


async def test_its_pages_answer(server: Server) -> None:
    assert "沈清和" in await server.page("/demo/phones")
    assert "名单 6 条记录 · 序号 6" in await server.page("/demo/agencies?agency=border")
    assert "用户名" in await server.page("/sign-in")


async def test_the_readme_s_sighting_is_on_the_phones_and_a_tampered_one_is_refused(
    server: Server, folder: Path
) -> None:
    sighting, _payment = snippets_of("README.md")
    printed = await run_in_bash(sighting.replace("http://127.0.0.1:8080", server.url), folder)

    assert re.findall(r"HTTP \d+", printed) == ["HTTP 401", "HTTP 202"]
    phones = await server.page_with("/demo/phones", "紧急预警：26执1411柏某")
    assert "别家旅店" not in phones


async def test_a_card_used_at_an_agency_is_a_hit_there(server: Server) -> None:
    card = {"person": "990000197409030311", "kind": "border-crossing", "place": "首都机场T3", "city": "北京"}

    assert await server.post("/demo/agencies/border/card-uses", server.url, **card) == 303

    page = await server.page_with("/demo/agencies?agency=border", "命中 1")
    assert "命中：只通报，不得拦截" in page


async def test_the_pages_take_no_form_of_another_site(server: Server) -> None:
    card = {"person": "990000197409030311", "kind": "border-crossing", "place": "首都机场T3", "city": "北京"}

    assert await server.post("/demo/agencies/border/card-uses", "http://elsewhere.example", **card) == 403
    assert await server.post("/demo/phones", None, phone="+8610000000001", text="40718") == 403


async def test_who_pays_as_the_readme_shows_is_gone_at_the_agencies(server: Server, folder: Path) -> None:
    _sighting, payment = snippets_of("README.md")
    printed = await run_in_bash(payment.replace("http://127.0.0.1:8080", server.url), folder)

    assert re.findall(r"HTTP \d+", printed) == ["HTTP 202"]
    assert await server.page_with("/demo/agencies?agency=rail", "名单 5 条记录")


async def test_an_interrupt_ends_it_and_the_next_start_goes_on(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with demonstration(data) as first:
        ended = await first.ends()
    async with demonstration(data) as second:
        listed = await second.page("/demo/agencies")

    assert (ended.code, ended.complaints) == (0, "")
    assert ended.took_s < 10, "the promise is two seconds on an idle machine"
    assert "名单 6 条记录 · 序号 6" in listed


async def test_its_people_are_written_to_in_the_language_it_was_made_in(tmp_path: Path) -> None:
    async with demonstration(tmp_path / "data", "--lang", "en") as server:
        card = {"person": "990000199101300425", "kind": "office-visit", "place": "武汉南", "city": "武汉"}
        await server.post("/demo/agencies/exit-entry/card-uses", server.url, **card)

        assert "URGENT: 26 Zhi 1448 You" in await server.page_with("/demo/phones", "URGENT")


def test_both_readmes_give_the_same_commands() -> None:
    assert _commands_of("README.zh.md") == _commands_of("README.md")


def _commands_of(document: str) -> list[str]:
    return [re.sub(r" +#.*", "", snippet) for snippet in snippets_of(document)]


def test_a_taken_port_is_told_with_another_to_choose(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        code = main(["--port", str(port), "--data", str(tmp_path), "--lang", "en"])

    assert code == 1
    assert capsys.readouterr().err == (
        f"error: port {port} is taken by another program: choose another, such as --port {port + 1}\n"
    )


def test_two_runs_do_not_share_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with locked(tmp_path):
        code = main(["--port", "0", "--data", str(tmp_path), "--lang", "en"])

    assert code == 1
    assert "in use by another run" in capsys.readouterr().err


def test_a_folder_with_something_else_in_it_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").write_text("three years of work")

    code = main(["--fresh", "--port", "0", "--data", str(tmp_path), "--lang", "en"])

    assert code == 1
    assert "choose an empty one with --data" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_fresh_removes_what_the_demonstration_made_and_nothing_else(tmp_path: Path) -> None:
    with locked(tmp_path):
        (tmp_path / "court").mkdir()
        (tmp_path / "court" / "court.sqlite").touch()
        (tmp_path / "bus.sqlite").touch()
        (tmp_path / "notes.txt").touch()

        clear(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == [LOCK, "notes.txt"]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--port", "70000"], "argument --port: give a whole number from 0 to 65535"),
        (["--rate", "fast"], "argument --rate: give a number from 0 to 1000"),
        (["--rate", "nan"], "argument --rate: give a number from 0 to 1000"),
        (["--json"], "--json and --engines belong to --story"),
    ],
)
def test_a_wrong_option_is_told(
    options: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(options)

    assert exit_.value.code == 2
    assert complaint in capsys.readouterr().err
