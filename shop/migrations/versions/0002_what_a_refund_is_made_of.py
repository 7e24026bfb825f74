"""What a refund is made of."""

import sqlalchemy as sa
from alembic import op

from shop.db import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "refund_sheet",
        sa.Column("id", BIG, nullable=False),
        sa.Column("order_id", BIG, nullable=False),
        sa.Column("idem_key", sa.Text(), nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("restocked", sa.Boolean(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refund_sheet_amount")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_refund_sheet_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_sheet")),
        sa.UniqueConstraint("idem_key", name=op.f("uq_refund_sheet_idem_key")),
    )
    op.create_index(op.f("ix_refund_sheet_order_id"), "refund_sheet", ["order_id"])
    op.create_table(
        "refund_row",
        sa.Column("id", BIG, nullable=False),
        sa.Column("sheet_id", BIG, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("order_line_id", BIG, nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.CheckConstraint(
            "kind in ('goods', 'delivery', 'discount', 'other')",
            name=op.f("ck_refund_row_kind"),
        ),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_refund_row_quantity")),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_refund_row_order_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["sheet_id"], ["refund_sheet.id"], name=op.f("fk_refund_row_sheet_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_row")),
    )
    op.create_index(op.f("ix_refund_row_sheet_id"), "refund_row", ["sheet_id"])
    op.create_table(
        "refund_part",
        sa.Column("refund_id", BIG, autoincrement=False, nullable=False),
        sa.Column("sheet_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["refund.id"], name=op.f("fk_refund_part_refund_id")
        ),
        sa.ForeignKeyConstraint(
            ["sheet_id"], ["refund_sheet.id"], name=op.f("fk_refund_part_sheet_id")
        ),
        sa.PrimaryKeyConstraint("refund_id", name=op.f("pk_refund_part")),
    )
    op.create_index(op.f("ix_refund_part_sheet_id"), "refund_part", ["sheet_id"])


def downgrade() -> None:
    op.drop_table("refund_part")
    op.drop_table("refund_row")
    op.drop_table("refund_sheet")
