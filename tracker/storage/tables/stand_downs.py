"""Orders to stop: what each agency answered, and whom the desk has reached by telephone."""

import sqlalchemy as sa

from tracker.storage.tables.columns import metadata, moment, refers, row_id

# The id is that of the message which carries the order: its answer names it.
stand_down_order = sa.Table(
    "stand_down_order",
    metadata,
    row_id(),
    refers("alert_id", "alert"),
    refers("agency_id", "agency"),
    moment("ordered_at"),
    moment("answered_at", nullable=True),
    sa.Column("holding", sa.Boolean),
    moment("released_at", nullable=True),
    sa.Index("stand_down_order_by_alert", "alert_id"),
)

stand_down_tick = sa.Table(
    "stand_down_tick",
    metadata,
    row_id(),
    refers("alert_id", "alert"),
    refers("person_id", "person", nullable=True),
    refers("agency_id", "agency", nullable=True),
    refers("ticked_by", "person"),
    moment("ticked_at"),
    sa.UniqueConstraint("alert_id", "person_id", name="one_tick_per_person_and_alert"),
    sa.UniqueConstraint("alert_id", "agency_id", name="one_tick_per_agency_and_alert"),
)
