"""A letter that was once written is still read, and what a gateway does to one shows."""

from datetime import UTC, datetime

import pytest

from schemas.letters import LetterHead, LetterName, Taken, pack_letter, read_name, unpack_letter

STREAM = "20260225040000-0123abcd"
CONTENT = (
    b'{"stream":"20260225040000-0123abcd","number":42,"begins":40,"queue":"express.rail.one",'
    b'"message_id":"m-42","written_at":"2026-02-25T06:05:00Z",'
    b'"taken":{"stream":"20260224010000-89ef4567","up_to":7,"lacking":[9]},'
    b'"carryings":["2026-02-25T05:35:00Z"]}\n{"signed":true}'
)
HEAD = LetterHead(
    stream=STREAM,
    number=42,
    begins=40,
    queue="express.rail.one",
    message_id="m-42",
    written_at=datetime(2026, 2, 25, 6, 5, tzinfo=UTC),
    taken=Taken(stream="20260224010000-89ef4567", up_to=7, lacking=(9,)),
    carryings=(datetime(2026, 2, 25, 5, 35, tzinfo=UTC),),
)


def test_a_letter_is_read_as_it_was_written() -> None:
    assert unpack_letter(CONTENT) == (HEAD, b'{"signed":true}')
    assert pack_letter(HEAD, b'{"signed":true}', copy=2)[1] == CONTENT


def test_its_name_says_which_letter_it_is_and_how_long() -> None:
    name, _ = pack_letter(HEAD, b'{"signed":true}', copy=2)

    assert str(name) == f"{STREAM}-000000000042-002-{len(CONTENT)}-{name.digest}.letter"
    assert read_name(str(name)) == name
    assert name.is_whole(CONTENT)


@pytest.mark.parametrize("content", [b"", CONTENT[:-1], CONTENT + b" ", CONTENT.replace(b"true", b"trux")])
def test_what_is_not_to_the_last_bit_what_was_written_is_not_whole(content: bytes) -> None:
    name, _ = pack_letter(HEAD, b'{"signed":true}', copy=2)

    assert not name.is_whole(content)


@pytest.mark.parametrize(
    "text",
    [
        "notes.txt",
        f".{STREAM}-000000000001-001-9-{'0' * 32}.letter.part",
        f"{STREAM}-1-001-9-{'0' * 32}.letter",
        f"{STREAM}-000000000001-001-999999999-{'0' * 32}.letter",
    ],
)
def test_nothing_else_is_the_name_of_a_letter(text: str) -> None:
    assert read_name(text) is None


def test_names_sort_in_the_order_of_writing() -> None:
    names = [
        LetterName(stream=STREAM, number=number, copy=copy, length=1, digest="0" * 32)
        for number, copy in ((9, 1), (10, 1), (10, 2), (100, 1))
    ]

    assert sorted(map(str, names)) == [str(name) for name in sorted(names)]
