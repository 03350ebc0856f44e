"""Rosters: shifts by time of day, rotations, stand-ins and leave, swaps; names of days"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from tracker.storage.tables.columns import Moment

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# One person every day from midnight to midnight: what a rule has meant so far. Ids are of plain letters.
PEOPLE = sa.text("UPDATE roster_rule SET people = CAST('[\"' || person_id || '\"]' AS JSON)")
PEOPLE_ON_SQLITE = sa.text("UPDATE roster_rule SET people = '[\"' || person_id || '\"]'")


def upgrade() -> None:
    op.add_column("calendar_day", sa.Column("name", sa.String(length=64), nullable=False, server_default=""))
    _widen_rules()
    _add_stand_ins()
    _add_swaps()


def _widen_rules() -> None:
    for column in ("begins", "ends"):
        midnight = sa.Column(column, sa.Time(), nullable=False, server_default="00:00:00")
        op.add_column("roster_rule", midnight)
    op.add_column(
        "roster_rule", sa.Column("turn", sa.String(length=8), nullable=False, server_default="never")
    )
    op.add_column("roster_rule", sa.Column("turns_from", Moment(timezone=True), nullable=True))
    op.add_column("roster_rule", sa.Column("people", sa.JSON(), nullable=True))
    op.execute(PEOPLE if op.get_bind().dialect.name == "postgresql" else PEOPLE_ON_SQLITE)
    with op.batch_alter_table("roster_rule") as rule:
        rule.alter_column("people", existing_type=sa.JSON(), nullable=False)
        rule.drop_constraint("roster_rule_person_id_is_known", type_="foreignkey")
        rule.drop_column("person_id")
    op.create_index("roster_rule_by_last_day", "roster_rule", ["court_id", "last_day"])


def _add_stand_ins() -> None:
    op.create_table(
        "stand_in",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("court_id", sa.String(length=36), nullable=False),
        sa.Column("duty", sa.String(length=32), nullable=True),
        sa.Column("team_id", sa.String(length=36), nullable=True),
        sa.Column("person_id", sa.String(length=36), nullable=True),
        sa.Column("instead_of", sa.String(length=36), nullable=True),
        sa.Column("begins_at", Moment(timezone=True), nullable=False),
        sa.Column("ends_at", Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("stand_in_court_id_is_known")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("stand_in_team_id_is_known")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("stand_in_person_id_is_known")),
        sa.ForeignKeyConstraint(["instead_of"], ["person.id"], name=op.f("stand_in_instead_of_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("stand_in_key")),
    )
    op.create_index("stand_in_by_end", "stand_in", ["court_id", "ends_at"])


def _add_swaps() -> None:
    moment = Moment(timezone=True)
    known = {
        "court_id": "court",
        "asked_by": "person",
        "asked_of": "person",
        "offered_team_id": "team",
        "wanted_team_id": "team",
    }
    op.create_table(
        "shift_swap",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("court_id", sa.String(length=36), nullable=False),
        sa.Column("asked_by", sa.String(length=36), nullable=False),
        sa.Column("asked_of", sa.String(length=36), nullable=False),
        sa.Column("offered_duty", sa.String(length=32), nullable=False),
        sa.Column("offered_team_id", sa.String(length=36), nullable=True),
        sa.Column("offered_from", moment, nullable=False),
        sa.Column("offered_until", moment, nullable=False),
        sa.Column("wanted_duty", sa.String(length=32), nullable=False),
        sa.Column("wanted_team_id", sa.String(length=36), nullable=True),
        sa.Column("wanted_from", moment, nullable=False),
        sa.Column("wanted_until", moment, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("answered_at", moment, nullable=True),
        *[
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"shift_swap_{column}_is_known"))
            for column, table in known.items()
        ],
        sa.PrimaryKeyConstraint("id", name=op.f("shift_swap_key")),
    )
    op.create_index("shift_swap_by_state", "shift_swap", ["court_id", "state"])
