"""Requests to return something."""

import sqlalchemy as sa
from alembic import op

from shop.db import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "return_request",
        sa.Column("id", BIG, nullable=False),
        sa.Column("order_id", BIG, nullable=False),
        sa.Column("idem_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("freight", sa.Text(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("sheet_id", BIG, nullable=True),
        sa.CheckConstraint(
            "state in ('requested', 'approved', 'declined', 'settled')",
            name=op.f("ck_return_request_state"),
        ),
        sa.CheckConstraint(
            "reason in ('changed_mind', 'faulty', 'wrong_item', 'other')",
            name=op.f("ck_return_request_reason"),
        ),
        sa.CheckConstraint(
            "freight in ('', 'buyer', 'shop')", name=op.f("ck_return_request_freight")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_return_request_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["sheet_id"], ["refund_sheet.id"], name=op.f("fk_return_request_sheet_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_request")),
        sa.UniqueConstraint("idem_key", name=op.f("uq_return_request_idem_key")),
    )
    op.create_index(op.f("ix_return_request_order_id"), "return_request", ["order_id"])
    op.create_index(op.f("ix_return_request_state"), "return_request", ["state"])
    op.create_table(
        "return_line",
        sa.Column("id", BIG, nullable=False),
        sa.Column("request_id", BIG, nullable=False),
        sa.Column("order_line_id", BIG, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_return_line_quantity")),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_return_line_order_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["return_request.id"],
            name=op.f("fk_return_line_request_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_line")),
        sa.UniqueConstraint(
            "request_id",
            "order_line_id",
            name=op.f("uq_return_line_request_id_order_line_id"),
        ),
    )
    op.create_index(
        op.f("ix_return_line_order_line_id"), "return_line", ["order_line_id"]
    )


def downgrade() -> None:
    op.drop_table("return_line")
    op.drop_table("return_request")
