"""The file from which a court is founded: what is wrong is told with its place, without anybody's name."""

from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from notifications.channels.port import ChannelKind
from notifications.throttle import DEFAULT_LIMITS
from tracker.commands.court_file import CourtFileRefused, read_court_file
from tracker.domain.ids import TeamId
from tracker.domain.people import HeldRole, Role
from tracker.domain.rosters import Turn
from tracker.services.founding import PlannedPerson

EXAMPLE = Path(__file__).resolve().parents[3] / "docs" / "court.example.toml"
RIGHT = EXAMPLE.read_text(encoding="utf-8")


def refused(folder: Path, text: str) -> tuple[str, ...]:
    (folder / "court.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CourtFileRefused) as reason:
        read_court_file(folder / "court.toml")
    return reason.value.problems


def test_the_example_is_a_whole_court() -> None:
    plan = read_court_file(EXAMPLE)

    assert plan.court.court_id == "yunhe"
    assert [agency.agency_id for agency in plan.agencies] == ["rail", "police", "border", "exit-entry"]
    assert plan.agencies[0].hold_for_s == 7200
    assert plan.people[0].held == (HeldRole(role=Role.JUDGE, team_id=TeamId("team-one")),)
    assert plan.people[5].held == (
        HeldRole(role=Role.COMMAND_DESK, team_id=None),
        HeldRole(role=Role.DUTY_OFFICER, team_id=None),
    )
    days, nights = plan.shifts[:2]
    assert (days.people, days.begins, days.ends) == (("person-gao",), time(8), time(20))
    assert (nights.people, nights.turn) == (("person-bai", "person-gao"), Turn.WEEKLY)
    assert nights.turns_from == datetime(2026, 1, 5, 12, tzinfo=UTC)
    assert plan.limits == {ChannelKind.SMS: DEFAULT_LIMITS[ChannelKind.SMS]}


def test_a_person_is_shown_by_login_only() -> None:
    person = PlannedPerson(login="shen", name="沈清和", phone="+8610000000001", language="zh", held=())

    assert repr(person) == "PlannedPerson(shen)"


@pytest.mark.parametrize(
    ("right", "wrong", "problem"),
    [
        (
            'phone = "+8610000000001"',
            'phone = "12"',
            "person 1 phone: no such number exists in this country; compare it digit by digit",
        ),
        ('name = "沈清和"\n', "", "person 1 name: is missing; write it"),
        (
            'role = "president"',
            'rank = "president"\nrole = "president"',
            "person 7 rank: nothing is called so here; remove it or mend its name",
        ),
        (
            'role = "president"',
            'role = "system"',
            "person 7 role: the service itself bears it; write the role of a person",
        ),
        ('login = "he"', 'login = "shen"', "person 1 login: is there twice; each person needs its own"),
        (
            'phone = "+8610000000002"',
            'phone = "+8610000000001"',
            "person 1 phone: is there twice; each person needs its own",
        ),
        (
            'id = "team-one"',
            'id = "team-two"',
            "person 1 team: there is no such team; add a [[team]] or mend the name",
        ),
        (
            'person = "gao"',
            'person = "gou"',
            "shift 1 person: there is no such login; add a [[person]] or mend the name",
        ),
        (
            'duty = "leader"',
            'duty = "team"',
            "shift 5 team: name a team for the duty team, and for no other duty",
        ),
        (
            "last_day = 2027-12-31",
            "last_day = 2025-12-31",
            "shift 1 last_day: is before first_day; exchange them",
        ),
        (
            'person = "gao"',
            "people = []",
            "shift 1 people: nobody is in the rotation: choose at least one",
        ),
        (
            'person = "gao"',
            'person = "gao"\nturn = "weekly"',
            "shift 1 turns_from: say when the first turn of a rotation begins, and only for a rotation",
        ),
        (
            'person = "gao"',
            'person = "gao"\nturn = "weekly"\nturns_from = 2026-01-05T09:00:00Z',
            "shift 1 turns_from: is in court time; write it without an offset",
        ),
        (
            "hold_for_hours = 2",
            "hold_for_hours = 48",
            "agency 1 hold_for_hours: write less than or equal to 24",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, right: str, wrong: str, problem: str) -> None:
    assert refused(tmp_path, RIGHT.replace(right, wrong, 1))[0] == problem


def test_everything_is_told_at_once_and_nobody_is_named(tmp_path: Path) -> None:
    told = refused(tmp_path, RIGHT.replace('phone = "+861', 'phone = "+862').replace('role = "judge"', ""))

    assert len(told) == 10
    assert "沈" not in "\n".join(told)
    assert "+862" not in "\n".join(told)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[court", "the file is not TOML"),
        ("", "court: is missing; write it"),
    ],
)
def test_a_file_that_is_none_is_told(tmp_path: Path, text: str, problem: str) -> None:
    assert refused(tmp_path, text)[0].startswith(problem)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CourtFileRefused, match="No such file or directory"):
        read_court_file(tmp_path / "court.toml")
