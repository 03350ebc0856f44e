"""Which server of an engine is started."""

from pathlib import Path

import pytest

from scripts.engines.processes import EngineMissing
from scripts.engines.rabbitmq import find_server


def test_the_rabbitmq_that_is_named_is_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    server = tmp_path / "rabbitmq-server"
    server.touch(mode=0o755)
    monkeypatch.setenv("RABBITMQ_SERVER", str(server))

    assert find_server() == server


def test_a_named_rabbitmq_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RABBITMQ_SERVER", "/nowhere/rabbitmq-server")

    with pytest.raises(EngineMissing, match="RABBITMQ_SERVER: there is no program /nowhere/rabbitmq-server"):
        find_server()
