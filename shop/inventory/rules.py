"""The life of a hold, and what stock refuses."""

from dataclasses import dataclass
from enum import StrEnum

from shop.kernel.errors import ShopError
from shop.kernel.flow import Flow


class HoldState(StrEnum):
    """What became of the pieces an order asked for."""

    HELD = "held"
    RELEASED = "released"
    CONSUMED = "consumed"


HOLD_FLOW = Flow(
    {
        HoldState.HELD: frozenset({HoldState.RELEASED, HoldState.CONSUMED}),
        HoldState.RELEASED: frozenset(),
        HoldState.CONSUMED: frozenset(),
    }
)


class MovementKind(StrEnum):
    """Why a number of pieces changed."""

    RECEIVED = "received"
    HELD = "held"
    RELEASED = "released"
    CONSUMED = "consumed"
    CORRECTED = "corrected"


@dataclass(eq=False)
class OutOfStock(ShopError):
    """Fewer pieces are left than an order asks for; ``left`` may be 0."""

    sku: str
    left: int


@dataclass(eq=False)
class StockHeld(ShopError):
    """The owner counted fewer pieces than are already promised to orders."""

    sku: str
    held: int
