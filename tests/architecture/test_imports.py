"""Pure parts stay pure and vendors stay at home."""

from pathlib import Path

import pytest

from scripts.checks.imports import import_breaches
from tests.architecture.small_trees import small_tree


def reported(folder: Path, path: str, line: str) -> list[str]:
    return [breach.what for breach in import_breaches(small_tree(folder, {path: line}))]


@pytest.mark.parametrize(
    ("path", "line", "what"),
    [
        ("schemas/tokens.py", "import time", "schemas is pure, but `time` reaches a clock"),
        (
            "schemas/signing.py",
            "from os import urandom",
            "schemas is pure, but `os.urandom` reaches the machine",
        ),
        ("schemas/text.py", "import aiohttp", "schemas may not import `aiohttp`"),
        (
            "tracker/domain/ids.py",
            "from uuid import uuid4",
            "tracker.domain is pure, but `uuid.uuid4` reaches chance",
        ),
        ("tracker/domain/plans.py", "import random", "tracker.domain is pure, but `random` reaches chance"),
        ("tracker/domain/plans.py", "import secrets", "tracker.domain is pure, but `secrets` reaches chance"),
        (
            "tracker/domain/plans.py",
            "import asyncio",
            "tracker.domain is pure, but `asyncio` reaches other tasks",
        ),
        ("tracker/domain/plans.py", "import pydantic", "tracker.domain may not import `pydantic`"),
        ("tracker/domain/plans.py", "import aiosqlite", "tracker.domain may not import `aiosqlite`"),
        ("tracker/domain/plans.py", "open('x')", "tracker.domain is pure, `open` is not"),
        (
            "notifications/ladders.py",
            "from urllib import request",
            "notifications is pure, but `urllib.request` reaches the network",
        ),
        (
            "adapters/screening.py",
            "import adapters.sqlite",
            "adapters.screening is pure, but `adapters.sqlite` of ours is not",
        ),
        (
            "adapters/screening.py",
            "from adapters.replica.replica import Replica",
            "adapters.screening is pure, but `adapters.replica.replica.Replica` of ours is not",
        ),
        (
            "notifications/ladders.py",
            "from notifications.channels.twilio import TwilioSms",
            "notifications is pure, but `notifications.channels.twilio.TwilioSms` of ours is not",
        ),
        (
            "adapters/edge/instruction.py",
            "import time",
            "adapters.edge.instruction is pure, but `time` reaches a clock",
        ),
        (
            "adapters/edge/instruction.py",
            "from adapters.store.holds import HoldStore",
            "adapters.edge.instruction is pure, but `adapters.store.holds.HoldStore` of ours is not",
        ),
        (
            "adapters/edge/card_use.py",
            "import socket",
            "adapters.edge.card_use is pure, but `socket` reaches the network",
        ),
        (
            "adapters/replica/values.py",
            "import lmdb",
            "adapters.replica.values may not import `lmdb`",
        ),
        (
            "adapters/screening.py",
            "from pathlib import Path",
            "adapters.screening is pure, but `pathlib.Path` reaches files",
        ),
    ],
)
def test_a_pure_part_that_reaches_out_is_reported(tmp_path: Path, path: str, line: str, what: str) -> None:
    assert what in reported(tmp_path, path, line)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("tracker/domain/plans.py", "from datetime import datetime"),
        ("tracker/domain/calendar.py", "import chinese_calendar"),
        ("schemas/text.py", "from pydantic import BaseModel"),
        ("schemas/sealing.py", "from cryptography.hazmat.primitives import hashes"),
        ("adapters/screening.py", "from adapters.replica.values import Entry"),
        ("adapters/edge/instruction.py", "from adapters.store.holds import HoldState"),
        ("notifications/ladders.py", "from notifications.channels.port import ChannelKind"),
        ("notifications/channels/twilio.py", "import asyncio"),
        ("notifications/links.py", "from urllib.parse import quote"),
        ("adapters/edge/line.py", "import asyncio"),
    ],
)
def test_what_computes_may_be_imported(tmp_path: Path, path: str, line: str) -> None:
    assert reported(tmp_path, path, line) == []


@pytest.mark.parametrize(
    ("path", "line", "vendor"),
    [
        ("notifications/channels/aliyun.py", "from twilio.rest import Client", "twilio"),
        ("notifications/channels/twilio_codes.py", "import twilio", "twilio"),
        ("adapters/bus/embedded.py", "import aio_pika", "aio_pika"),
        ("adapters/edge/line.py", "import lmdb", "lmdb"),
        ("tracker/services/alerts/moves.py", "from sqlalchemy import select", "sqlalchemy"),
        ("adapters/bus/port.py", "import sqlalchemy", "sqlalchemy"),
        ("tracker/loops/relay.py", "import aiohttp", "aiohttp"),
        ("tracker/storage/tables.py", "from alembic import op", "alembic"),
    ],
)
def test_a_vendor_away_from_home_is_reported(tmp_path: Path, path: str, line: str, vendor: str) -> None:
    (what,) = reported(tmp_path, path, line)

    assert what.startswith(f"`{vendor}` is imported outside ")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("notifications/channels/twilio.py", "from twilio.rest import Client"),
        ("adapters/bus/rabbitmq.py", "import aio_pika"),
        ("adapters/replica/lists.py", "import lmdb"),
        ("tracker/storage/alerts.py", "import sqlalchemy"),
        ("tracker/court.py", "import sqlalchemy"),
        ("tracker/web/console.py", "from aiohttp import web"),
        ("tests/fakes/twilio_server.py", "from aiohttp import web"),
    ],
)
def test_a_vendor_at_home_is_welcome(tmp_path: Path, path: str, line: str) -> None:
    assert reported(tmp_path, path, line) == []


def test_an_unnamed_vendor_has_one_home_only(tmp_path: Path) -> None:
    tree = small_tree(
        tmp_path,
        {
            "tracker/services/people/sign_in.py": "import argon2",
            "tracker/web/sign_in.py": "import argon2.exceptions",
        },
    )

    assert [str(breach) for breach in import_breaches(tree)] == [
        "tracker/web/sign_in.py:1: `argon2` lives in tracker.services.people.sign_in already; "
        "remedy: offer there what is needed here, or name its homes in VENDOR_HOMES"
    ]
