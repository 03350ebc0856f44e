"""How people answer by a link, and by which ways they may be reached: what they proved, and what they do not
want.
"""

import sqlalchemy as sa

from tracker.storage.tables.columns import index_of, metadata, moment, refers, row_id

take_link = sa.Table(
    "take_link",
    metadata,
    sa.Column("token_hash", sa.LargeBinary(32), primary_key=True),
    refers("alert_id", "alert"),
    refers("person_id", "person"),
    sa.Column("outlives_alert", sa.Boolean, nullable=False),
    moment("made_at"),
    moment("ends_at"),
    moment("used_at", nullable=True),
    sa.Index("take_link_by_alert", "alert_id", "person_id"),
)

sms_stop = sa.Table(
    "sms_stop",
    metadata,
    sa.Column("phone_index", sa.LargeBinary(32), primary_key=True),
    sa.Column("provider", sa.String(32), primary_key=True),
    moment("stopped_at"),
)

phone_check = sa.Table(
    "phone_check",
    metadata,
    row_id(),
    refers("person_id", "person"),
    index_of("phone_index"),
    index_of("code_index"),
    moment("made_at"),
    moment("ends_at"),
    sa.Column("tries", sa.SmallInteger, nullable=False),
    sa.Index("phone_check_by_person", "person_id", "made_at"),
)

muted_channel = sa.Table(
    "muted_channel",
    metadata,
    sa.Column("person_id", sa.ForeignKey("person.id"), primary_key=True),
    sa.Column("channel", sa.String(8), primary_key=True),
)

provider_set_up = sa.Table(
    "provider_set_up",
    metadata,
    sa.Column("court_id", sa.ForeignKey("court.id"), primary_key=True),
    sa.Column("channel", sa.String(8), primary_key=True),
    sa.Column("provider", sa.String(32), primary_key=True),
)
