"""The withdrawal journal on the disk: what is in it is the court's, whole lines, and found again."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tracker.domain.ids import CourtId
from tracker.domain.journal import JournalLine, LineKind, Place, read_line, written
from tracker.services.feeds.journal import Journal, JournalFile

KEY, OTHER_KEY = b"c" * 32, b"d" * 32


def line(position: int, life: int = 1) -> JournalLine:
    return JournalLine(
        line_id=f"line-{life}-{position}",
        place=Place(life, position),
        at=datetime(2026, 2, 25, 4, 0, tzinfo=UTC),
        kind=LineKind.STOPPED,
        about="entry-1",
        detail={"state": "suspended", "cause": "performed"},
    )


def journal_in(folder: Path) -> Journal:
    return Journal(folder=folder, court_id=CourtId("yunhe"), key=KEY)


def file_in(folder: Path) -> JournalFile:
    return JournalFile(journal_in(folder), "one")


def test_a_line_is_read_as_it_was_written() -> None:
    assert read_line(written(line(7), KEY), KEY) == line(7)


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(written(line(7), OTHER_KEY), id="by somebody with another key"),
        pytest.param(written(line(7), KEY).replace("entry-1", "entry-2"), id="of another entry"),
        pytest.param(written(line(7), KEY)[:-1], id="cut off"),
        pytest.param("", id="empty"),
        pytest.param("\ufffd\ufffd", id="no text at all"),
    ],
)
def test_a_line_that_the_court_has_not_written_is_not_believed(forged: str) -> None:
    assert read_line(forged, KEY) is None


def test_the_file_says_where_it_stands_also_to_the_next_process(tmp_path: Path) -> None:
    file = file_in(tmp_path)
    file.append([line(1), line(2)])

    assert file.look() == line(2)
    assert file_in(tmp_path).look() == line(2)
    assert (tmp_path / "yunhe.one.journal").stat().st_mode & 0o777 == 0o600


def test_what_a_crash_cut_off_is_written_again_behind_it(tmp_path: Path) -> None:
    file_in(tmp_path).append([line(1)])
    with (tmp_path / "yunhe.one.journal").open("a") as torn:
        torn.write(written(line(2), KEY)[:40])

    file = file_in(tmp_path)
    found = file.look()
    file.append([line(2)])

    assert found == line(1)
    assert file_in(tmp_path).look() == line(2)
    assert set(journal_in(tmp_path).lines()) == {"line-1-1", "line-1-2"}


def test_a_disk_that_comes_back_empty_lacks_everything(tmp_path: Path) -> None:
    file = file_in(tmp_path)
    file.append([line(1)])
    (tmp_path / "yunhe.one.journal").unlink()

    assert file.look() is None


def test_a_folder_that_is_gone_is_no_empty_journal(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        file_in(tmp_path / "gone").look()
    with pytest.raises(FileNotFoundError):
        journal_in(tmp_path / "gone").newest_lines()


def test_a_later_life_comes_behind_a_former_one(tmp_path: Path) -> None:
    file_in(tmp_path).append([line(1), line(2), line(1, life=2)])
    JournalFile(journal_in(tmp_path), "two").append([line(1)])

    assert journal_in(tmp_path).newest_lines() == (line(1, life=2), line(1))
