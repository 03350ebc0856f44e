"""The court's people: who they are, what they may be, who is on duty."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

import sqlalchemy as sa

from tracker.domain.errors import NotFound
from tracker.domain.ids import CourtId, PersonId, TeamId
from tracker.domain.names import surname_of
from tracker.domain.people import Actor, Duty, HeldRole, Role, addressed_as, first_role
from tracker.domain.rosters import Post, on_any_duty, on_duty
from tracker.storage.engine.memory import read_once
from tracker.storage.engine.one_trip import in_one_trip
from tracker.storage.engine.sets import is_one_of
from tracker.storage.rosters import get_roster_at
from tracker.storage.tables import court as t
from tracker.storage.transaction import Tx

PERSON_TABLES = (t.person, t.person_role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member of the court; `phone` is E.164; `role` None: all roles have ended. The repr shows the id.

    `phone_verified_at`: when a code came back from it; `phone_dead_at`: since when providers call it dead.
    """

    person_id: PersonId
    court_id: CourtId
    login: str
    name: str
    phone: str
    language: str
    role: Role | None
    team_id: TeamId | None
    phone_set_at: datetime | None = None
    phone_verified_at: datetime | None = None
    phone_dead_at: datetime | None = None

    def __repr__(self) -> str:
        return f"Person({self.person_id})"

    @property
    def title(self) -> str:
        """How texts and agencies name the person, in Chinese; English texts translate it."""
        return addressed_as(surname_of(self.name), self.role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Court:
    """The court as its texts name it."""

    court_id: CourtId
    code: str
    name: str
    sms_name: str
    desk_phone: str


async def add_court(tx: Tx, court: Court) -> None:
    await tx.insert(
        t.court,
        id=court.court_id,
        code=court.code,
        name=court.name,
        sms_name=court.sms_name,
        desk_phone=court.desk_phone,
    )


async def change_court(tx: Tx, court: Court) -> None:
    await tx.run(
        sa.update(t.court)
        .where(t.court.c.id == court.court_id)
        .values(code=court.code, name=court.name, sms_name=court.sms_name, desk_phone=court.desk_phone)
    )


async def get_court(tx: Tx, court_id: CourtId) -> Court:
    court = await find_court(tx, court_id)
    if court is None:
        raise NotFound("court")
    return court


_COURT: Final = sa.select(t.court).where(t.court.c.id == sa.bindparam("court_id"))


@read_once(t.court)
async def find_court(tx: Tx, court_id: CourtId) -> Court | None:
    row = await tx.row(_COURT, court_id=court_id)
    if row is None:
        return None
    return Court(
        court_id=CourtId(row.id),
        code=row.code,
        name=row.name,
        sms_name=row.sms_name,
        desk_phone=row.desk_phone,
    )


async def add_team(tx: Tx, court_id: CourtId, team_id: TeamId, name: str) -> None:
    await tx.insert(t.team, id=team_id, court_id=court_id, name=name)


async def rename_team(tx: Tx, team_id: TeamId, name: str) -> None:
    await tx.run(sa.update(t.team).where(t.team.c.id == team_id).values(name=name))


async def list_teams(tx: Tx, court_id: CourtId) -> tuple[tuple[TeamId, str], ...]:
    """The teams of a court, with their names."""
    column = t.team.c
    rows = await tx.rows(sa.select(t.team).where(column.court_id == court_id).order_by(column.id))
    return tuple((TeamId(row.id), row.name) for row in rows)


async def add_person(tx: Tx, person: Person, password_hash: str) -> None:
    """Add a person with no role yet."""
    await tx.insert(
        t.person,
        id=person.person_id,
        court_id=person.court_id,
        login=person.login,
        password_hash=password_hash,
        language=person.language,
        name=tx.seal(person.name, f"person.name:{person.person_id}"),
        phone=tx.seal(person.phone, f"person.phone:{person.person_id}"),
        phone_index=tx.index("phone", person.phone),
    )


async def change_person(tx: Tx, person: Person) -> None:
    """Another name, phone or language; login and password stay. Another number has proven nothing yet."""
    mine = t.person.c.id == person.person_id
    phone_index = tx.index("phone", person.phone)
    unproven = {"phone_set_at": tx.at, **_UNPROVEN}
    await tx.run(sa.update(t.person).where(mine, t.person.c.phone_index != phone_index).values(unproven))
    await tx.run(
        sa.update(t.person)
        .where(mine)
        .values(
            language=person.language,
            name=tx.seal(person.name, f"person.name:{person.person_id}"),
            phone=tx.seal(person.phone, f"person.phone:{person.person_id}"),
            phone_index=phone_index,
        )
    )


_UNPROVEN: Final = {"phone_verified_at": None, "phone_dead_at": None, "phone_dead_code": None}


async def record_phone_verified(tx: Tx, person_id: PersonId) -> None:
    """A code came back from it just now, so it lives."""
    verified = {**_UNPROVEN, "phone_verified_at": tx.at}
    await tx.run(sa.update(t.person).where(t.person.c.id == person_id).values(verified))


async def record_phone_dead(tx: Tx, person_id: PersonId, code: str, submitted_at: datetime) -> bool:
    """A provider refused for good what was sent to the number then; False when that was known, or the number
    is another one by now.
    """
    column = t.person.c
    same_number = sa.or_(column.phone_set_at.is_(None), column.phone_set_at <= submitted_at)
    alive = sa.and_(column.id == person_id, column.phone_dead_at.is_(None), same_number)
    dead = {"phone_dead_at": tx.at, "phone_dead_code": code}
    return await tx.run(sa.update(t.person).where(alive).values(dead)) == 1


async def record_password(tx: Tx, person_id: PersonId, password_hash: str) -> None:
    await tx.run(sa.update(t.person).where(t.person.c.id == person_id).values(password_hash=password_hash))


async def grant_role(
    tx: Tx, person_id: PersonId, held: HeldRole, valid_until: datetime | None = None
) -> None:
    await tx.insert(
        t.person_role,
        id=tx.entropy.new_id(),
        person_id=person_id,
        role=held.role,
        team_id=held.team_id,
        valid_from=tx.at,
        valid_until=valid_until,
    )


async def end_role(tx: Tx, person_id: PersonId, held: HeldRole) -> None:
    """The person does not hold it any more, from now on."""
    role = t.person_role.c
    ended = sa.update(t.person_role).where(role.person_id == person_id, role.role == held.role)
    in_force = sa.or_(role.valid_until.is_(None), role.valid_until > tx.at)
    await tx.run(
        ended.where(role.team_id.is_not_distinct_from(held.team_id), in_force).values(valid_until=tx.at)
    )


def _is_held(at: datetime | sa.BindParameter[datetime]) -> sa.ColumnElement[bool]:
    role = t.person_role.c
    return sa.and_(role.valid_from <= at, sa.or_(role.valid_until.is_(None), role.valid_until > at))


_ROLES: Final = (
    sa.select(t.person_role.c.role, t.person_role.c.team_id)
    .where(t.person_role.c.person_id == sa.bindparam("of_person"), _is_held(sa.bindparam("at")))
    .order_by(t.person_role.c.id)
)


async def list_roles(tx: Tx, person_id: PersonId) -> tuple[HeldRole, ...]:
    """The roles the person holds now."""
    rows = await tx.rows(_ROLES, of_person=person_id, at=tx.at)
    return tuple(HeldRole(role=Role(row.role), team_id=row.team_id) for row in rows)


async def lock_person(tx: Tx, person_id: PersonId) -> None:
    """Whoever counts what a person tries counts alone until the transaction ends."""
    await tx.rows(sa.select(t.person.c.id).where(t.person.c.id == person_id).with_for_update(key_share=True))


# Each with the roles held at a moment: a row for each of them, or one without.
_WITH_ROLES: Final = (
    sa.select(t.person, t.person_role.c.role, t.person_role.c.team_id)
    .join(
        t.person_role,
        sa.and_(t.person_role.c.person_id == t.person.c.id, _is_held(sa.bindparam("at"))),
        isouter=True,
    )
    .order_by(t.person.c.id, t.person_role.c.id)
)
_PEOPLE: Final = _WITH_ROLES.where(is_one_of(t.person.c.id, "person_ids"))


@read_once(*PERSON_TABLES)
async def get_person(tx: Tx, person_id: PersonId) -> Person:
    found = _people(tx, await tx.rows(_PEOPLE, at=tx.at, person_ids=[person_id]))
    if not found:
        raise NotFound("person")
    return found[0]


async def remember_people(tx: Tx, person_ids: Collection[PersonId]) -> None:
    """Read several at once, for `get_person`."""
    unknown = [one for one in person_ids if tx.memory.find((get_person.__name__, one)) is None]
    rows = await tx.rows(_PEOPLE, at=tx.at, person_ids=unknown) if unknown else ()
    for person in _people(tx, rows):
        tx.memory.keep((get_person.__name__, person.person_id), PERSON_TABLES, person)


async def list_people(tx: Tx, court_id: CourtId) -> tuple[Person, ...]:
    return _people(tx, await tx.rows(_WITH_ROLES.where(t.person.c.court_id == court_id), at=tx.at))


def _people(tx: Tx, rows: Sequence[sa.Row[Any]]) -> tuple[Person, ...]:
    return tuple(_person(tx, list(own)) for _, own in groupby(rows, key=lambda row: row.id))


def _person(tx: Tx, rows: Sequence[sa.Row[Any]]) -> Person:
    row = rows[0]
    key = row.id
    return Person(
        person_id=PersonId(key),
        court_id=CourtId(row.court_id),
        login=row.login,
        name=tx.unseal(row.name, f"person.name:{key}"),
        phone=tx.unseal(row.phone, f"person.phone:{key}"),
        language=row.language,
        role=first_role({Role(one.role) for one in rows if one.role}),
        team_id=next((TeamId(one.team_id) for one in rows if one.team_id), None),
        phone_set_at=row.phone_set_at,
        phone_verified_at=row.phone_verified_at,
        phone_dead_at=row.phone_dead_at,
    )


async def list_in_team(tx: Tx, team_id: TeamId, role: Role) -> tuple[PersonId, ...]:
    """Who holds a role of a team now."""
    column = t.person_role.c
    holding = sa.select(column.person_id).where(column.role == role, _is_held(tx.at))
    rows = await tx.rows(holding.where(column.team_id == team_id).order_by(column.person_id))
    return tuple(dict.fromkeys(PersonId(row.person_id) for row in rows))


async def list_with_roles(tx: Tx, court_id: CourtId, roles: Collection[Role]) -> tuple[PersonId, ...]:
    """Who holds any of these roles now, in whatever team of the court."""
    role = t.person_role.c
    of_court = role.person_id.in_(sa.select(t.person.c.id).where(t.person.c.court_id == court_id))
    holding = sa.select(role.person_id).where(of_court, role.role.in_(list(roles)), _is_held(tx.at))
    rows = await tx.rows(holding.order_by(role.person_id))
    return tuple(dict.fromkeys(PersonId(row.person_id) for row in rows))


async def get_actor(tx: Tx, person_id: PersonId) -> Actor:
    """The person as somebody who acts, with the roles held now."""
    person, held = await in_one_trip(tx, get_person(tx, person_id), list_roles(tx, person_id))
    return Actor(person_id=person_id, court_id=person.court_id, held=held)


async def find_login(tx: Tx, login: str) -> tuple[PersonId, str] | None:
    """Id and password hash of a login."""
    row = await tx.row(sa.select(t.person.c.id, t.person.c.password_hash).where(t.person.c.login == login))
    return None if row is None else (PersonId(row.id), row.password_hash)


async def find_person_by_phone(tx: Tx, phone: str) -> PersonId | None:
    found = await tx.row(sa.select(t.person.c.id).where(t.person.c.phone_index == tx.index("phone", phone)))
    return None if found is None else PersonId(found.id)


async def list_on_duty(
    tx: Tx, court_id: CourtId, duty: Duty, when: datetime, team_id: TeamId | None = None
) -> tuple[PersonId, ...]:
    """Who is on shift for a duty at a moment, in the roster's order; without a team in all of them."""
    roster = await get_roster_at(tx, court_id, when, duty)
    if team_id is None:
        return on_any_duty(roster, duty, when)
    return on_duty(roster, Post(duty=duty, team_id=team_id), when)


async def duties_of(tx: Tx, person_id: PersonId, court_id: CourtId) -> Sequence[Duty]:
    """What the person is on shift for right now."""
    return [duty for duty in Duty if person_id in await list_on_duty(tx, court_id, duty, tx.at)]
