"""Cases, the people they are about, the papers, and the entries of the watch list."""

import sqlalchemy as sa

from tracker.storage.tables.columns import index_of, metadata, moment, refers, row_id, sealed, word

case = sa.Table(
    "enforcement_case",
    metadata,
    row_id(),
    refers("court_id", "court"),
    refers("team_id", "team"),
    refers("judge_id", "person"),
    sealed("debtor_name"),
    word("debtor_kind", length=16),
    sa.Column("amount_fen", sa.BigInteger, nullable=False),
    moment("opened_at"),
)

case_number = sa.Table(
    "case_number",
    metadata,
    row_id(),
    refers("case_id", "enforcement_case"),
    word("number"),
    sa.Column("is_current", sa.Boolean, nullable=False),
    sa.UniqueConstraint("number", name="one_case_per_number"),
    sa.Index("case_number_by_case", "case_id"),
)

case_receipt = sa.Table(
    "case_receipt",
    metadata,
    row_id(),
    refers("court_id", "court"),
    refers("case_id", "enforcement_case"),
    word("receipt_number"),
    sa.Column("amount_fen", sa.BigInteger, nullable=False),
    word("reverses", nullable=True),
    moment("at"),
    sa.UniqueConstraint("court_id", "receipt_number", name="one_case_receipt_per_number"),
    sa.Index("case_receipt_by_case", "case_id"),
)

subject = sa.Table(
    "subject",
    metadata,
    row_id(),
    refers("court_id", "court"),
    sealed("name"),
    index_of("name_index"),
    sealed("likeness"),
    sealed("phone", nullable=True),
    sa.Index("subject_by_name", "court_id", "name_index"),
)

subject_document = sa.Table(
    "subject_document",
    metadata,
    row_id(),
    refers("court_id", "court"),
    refers("subject_id", "subject"),
    word("kind", length=32),
    word("issuing_state", length=3),
    sealed("number"),
    index_of("number_index"),
    sa.UniqueConstraint("court_id", "number_index", name="one_subject_per_document"),
    sa.Index("subject_document_by_subject", "subject_id"),
)

identity_evidence = sa.Table(
    "identity_evidence",
    metadata,
    row_id(),
    refers("document_id", "subject_document"),
    word("kind", length=32),
    refers("recorded_by", "person"),
    moment("recorded_at"),
)

paper = sa.Table(
    "paper",
    metadata,
    row_id(),
    refers("case_id", "enforcement_case"),
    word("kind", length=32),
    word("number", length=100),
    sa.Column("issued_on", sa.Date, nullable=False),
    sealed("signer"),
    sa.Column("valid_until", sa.Date),
    moment("revoked_at", nullable=True),
    sa.Index("paper_by_number", "number"),
)

watch_entry = sa.Table(
    "watch_entry",
    metadata,
    row_id(),
    refers("court_id", "court"),
    refers("case_id", "enforcement_case"),
    refers("subject_id", "subject"),
    word("capacity", length=32),
    word("measure", length=32),
    word("state", length=16),
    sa.Column("valid_until", sa.Date, nullable=False),
    sa.Column("release_amount_fen", sa.BigInteger, nullable=False),
    refers("registered_by", "person"),
    moment("registered_at"),
    refers("approved_by", "person", nullable=True),
    moment("approved_at", nullable=True),
    moment("validate_by", nullable=True),
    word("suspended_by", length=36, nullable=True),
    word("cause", length=32, nullable=True),
    moment("stopped_at", nullable=True),
    sealed("why_turned_down", nullable=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Index("watch_entry_by_subject", "subject_id"),
    sa.Index("watch_entry_by_case", "case_id"),
    sa.CheckConstraint("approved_by IS NULL OR approved_by <> registered_by", name="four_eyes"),
)

entry_document = sa.Table(
    "entry_document",
    metadata,
    sa.Column("entry_id", sa.ForeignKey("watch_entry.id"), primary_key=True),
    sa.Column("document_id", sa.ForeignKey("subject_document.id"), primary_key=True),
    sa.Index("entry_document_by_document", "document_id"),
)

entry_paper = sa.Table(
    "entry_paper",
    metadata,
    sa.Column("entry_id", sa.ForeignKey("watch_entry.id"), primary_key=True),
    sa.Column("paper_id", sa.ForeignKey("paper.id"), primary_key=True),
    sa.Index("entry_paper_by_paper", "paper_id"),
)

entry_agency = sa.Table(
    "entry_agency",
    metadata,
    sa.Column("entry_id", sa.ForeignKey("watch_entry.id"), primary_key=True),
    sa.Column("agency_id", sa.ForeignKey("agency.id"), primary_key=True),
)

entry_amendment = sa.Table(
    "entry_amendment",
    metadata,
    row_id(),
    refers("court_id", "court"),
    refers("entry_id", "watch_entry"),
    word("state", length=16),
    word("measure", length=32),
    sa.Column("valid_until", sa.Date, nullable=False),
    refers("asked_by", "person"),
    moment("asked_at"),
    refers("decided_by", "person", nullable=True),
    moment("decided_at", nullable=True),
    sa.Index("entry_amendment_by_entry", "entry_id"),
    sa.CheckConstraint("state <> 'approved' OR decided_by <> asked_by", name="four_eyes_on_an_amendment"),
)
sa.Index(
    "one_waiting_amendment_per_entry",
    entry_amendment.c.entry_id,
    unique=True,
    sqlite_where=entry_amendment.c.state == "waiting",
    postgresql_where=entry_amendment.c.state == "waiting",
)

amendment_paper = sa.Table(
    "amendment_paper",
    metadata,
    sa.Column("amendment_id", sa.ForeignKey("entry_amendment.id"), primary_key=True),
    sa.Column("paper_id", sa.ForeignKey("paper.id"), primary_key=True),
)

measure_rule = sa.Table(
    "measure_rule",
    metadata,
    row_id(),
    refers("court_id", "court"),
    word("measure", length=32),
    sa.Column("papers", sa.JSON, nullable=False),
    sa.Column("approvers", sa.JSON, nullable=False),
    sa.Column("limit_days", sa.Integer, nullable=False),
    sa.Column("validate_first_days", sa.Integer, nullable=False),
    sa.Column("validate_then_days", sa.Integer, nullable=False),
    word("source", length=200),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_to", sa.Date),
)
