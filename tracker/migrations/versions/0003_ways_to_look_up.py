"""Indexes for what every hit looks up: which entries name a document, and which codes a person answers to"""

from collections.abc import Sequence

from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("entry_document_by_document", "entry_document", ["document_id"])
    op.create_index("entry_paper_by_paper", "entry_paper", ["paper_id"])
    op.create_index("reply_code_by_person", "reply_code", ["person_id", "code"])
