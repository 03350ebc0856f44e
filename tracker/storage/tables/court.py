"""The court, its people, their roles, rosters and sessions; one installation can serve several courts."""

import sqlalchemy as sa

from tracker.storage.tables.columns import index_of, metadata, moment, refers, row_id, sealed, word

court = sa.Table(
    "court",
    metadata,
    row_id(),
    word("code", length=16),
    word("name"),
    word("sms_name", length=16),
    word("desk_phone", length=32),
)

team = sa.Table("team", metadata, row_id(), refers("court_id", "court"), word("name"))

person = sa.Table(
    "person",
    metadata,
    row_id(),
    refers("court_id", "court"),
    word("login"),
    word("password_hash", length=200),
    word("language", length=2),
    sealed("name"),
    sealed("phone"),
    index_of("phone_index"),
    moment("phone_set_at", nullable=True),
    moment("phone_verified_at", nullable=True),
    moment("phone_dead_at", nullable=True),
    word("phone_dead_code", length=64, nullable=True),
    sa.UniqueConstraint("login", name="one_person_per_login"),
    sa.UniqueConstraint("phone_index", name="one_person_per_phone"),
)

person_role = sa.Table(
    "person_role",
    metadata,
    row_id(),
    refers("person_id", "person"),
    word("role", length=32),
    refers("team_id", "team", nullable=True),
    moment("valid_from"),
    moment("valid_until", nullable=True),
    word("authority", length=200, nullable=True),
    sa.Index("person_role_by_person", "person_id"),
)

contact = sa.Table(
    "contact",
    metadata,
    row_id(),
    refers("person_id", "person"),
    word("channel", length=8),
    word("provider", length=32),
    word("label"),
    sealed("address"),
    index_of("address_index"),
    moment("created_at"),
    moment("seen_at", nullable=True),
    moment("dead_at", nullable=True),
    word("dead_code", length=64, nullable=True),
    moment("test_sent_at", nullable=True),
    word("test_state", length=16, nullable=True),
    word("test_code", length=64, nullable=True),
    sa.Column("test_digest", sa.LargeBinary(32), nullable=True),
    sa.UniqueConstraint("provider", "address_index", name="one_contact_per_address"),
    sa.Index("contact_by_person", "person_id"),
)

roster_rule = sa.Table(
    "roster_rule",
    metadata,
    row_id(),
    refers("court_id", "court"),
    word("duty", length=32),
    refers("team_id", "team", nullable=True),
    sa.Column("people", sa.JSON, nullable=False),
    word("days", length=16),
    sa.Column("first_day", sa.Date, nullable=False),
    sa.Column("last_day", sa.Date, nullable=False),
    sa.Column("begins", sa.Time, nullable=False, server_default="00:00:00"),
    sa.Column("ends", sa.Time, nullable=False, server_default="00:00:00"),
    sa.Column("turn", sa.String(8), nullable=False, server_default="never"),
    moment("turns_from", nullable=True),
    sa.Index("roster_rule_by_last_day", "court_id", "last_day"),
)

# Without a duty it is leave: `instead_of` is away from everything, and `person_id` the substitute, if any.
stand_in = sa.Table(
    "stand_in",
    metadata,
    row_id(),
    refers("court_id", "court"),
    word("duty", length=32, nullable=True),
    refers("team_id", "team", nullable=True),
    refers("person_id", "person", nullable=True),
    refers("instead_of", "person", nullable=True),
    moment("begins_at"),
    moment("ends_at"),
    sa.Index("stand_in_by_end", "court_id", "ends_at"),
)

shift_swap = sa.Table(
    "shift_swap",
    metadata,
    row_id(),
    refers("court_id", "court"),
    refers("asked_by", "person"),
    refers("asked_of", "person"),
    word("offered_duty", length=32),
    refers("offered_team_id", "team", nullable=True),
    moment("offered_from"),
    moment("offered_until"),
    word("wanted_duty", length=32),
    refers("wanted_team_id", "team", nullable=True),
    moment("wanted_from"),
    moment("wanted_until"),
    word("state", length=16),
    moment("asked_at"),
    moment("answered_at", nullable=True),
    sa.Index("shift_swap_by_state", "court_id", "state"),
)

calendar_day = sa.Table(
    "calendar_day",
    metadata,
    sa.Column("court_id", sa.ForeignKey("court.id"), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("is_workday", sa.Boolean, nullable=False),
    sa.Column("name", sa.String(64), nullable=False, server_default=""),
)

session = sa.Table(
    "session",
    metadata,
    sa.Column("token_hash", sa.LargeBinary(32), primary_key=True),
    refers("person_id", "person"),
    word("csrf_token"),
    moment("expires_at"),
)

login_failure = sa.Table(
    "login_failure",
    metadata,
    row_id(),
    index_of("login_index"),
    moment("at"),
    sa.Index("login_failure_by_login", "login_index", "at"),
)
