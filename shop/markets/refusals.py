"""Why a place says no: facts only, the sentences stand in ``shop.web.messages``."""

from dataclasses import dataclass
from datetime import datetime

from shop.kernel.errors import ShopError
from shop.kernel.money import Money


@dataclass(eq=False)
class FieldProblem(ShopError):
    """What somebody typed cannot be used; shown beside its field."""


@dataclass(eq=False)
class Missing(FieldProblem):
    """A required field is empty. ``field`` is a key of ``address.LABELS``."""

    field: str


@dataclass(eq=False)
class NotChosen(FieldProblem):
    """Nothing, or nothing on the list, was chosen."""

    field: str


@dataclass(eq=False)
class TooShort(FieldProblem):
    """Fewer than ``least`` characters."""

    field: str
    least: int


@dataclass(eq=False)
class TooLong(FieldProblem):
    """More than ``most`` characters."""

    field: str
    most: int


@dataclass(eq=False)
class NotAMobile(FieldProblem):
    """No mobile number of this market; ``example`` is one, as people there write it."""

    example: str


@dataclass(eq=False)
class NotAnEmail(FieldProblem):
    """No e-mail address."""


@dataclass(eq=False)
class NotAPostcode(FieldProblem):
    """No postcode of ``digits`` digits; 0 where only the alphabet is known."""

    digits: int


@dataclass(eq=False)
class NotACard(FieldProblem):
    """Not sixteen digits with a right check digit."""


@dataclass(eq=False)
class NotAnIban(FieldProblem):
    """No account number with the right remainder; ``example`` is the form of one."""

    example: str


@dataclass(eq=False)
class NotATaxCode(FieldProblem):
    """No company code of this market."""


@dataclass(eq=False)
class NotCovered(FieldProblem):
    """We do not deliver there (S23). ``region`` is the code that was left out."""

    market: str
    region: str


@dataclass(eq=False)
class UnevenPrice(FieldProblem):
    """A price is no whole multiple of ``step`` (10 rials, so that toman stay whole)."""

    step: Money


@dataclass(eq=False)
class MethodRefused(ShopError):
    """A method cannot be chosen now; shown beside it, raised if chosen anyway."""

    market: str
    method: str


@dataclass(eq=False)
class NoSuchMethod(MethodRefused):
    """The market does not have it, or the owner has not set it up."""


@dataclass(eq=False)
class BelowMinimum(MethodRefused):
    """The total is under the least that the method takes."""

    least: Money


@dataclass(eq=False)
class AboveMaximum(MethodRefused):
    """The total is over the most that the method takes (S28)."""

    most: Money


@dataclass(eq=False)
class ProductBars(MethodRefused):
    """``product``, the first such in the cart, cannot be paid this way."""

    product: str


@dataclass(eq=False)
class OnlyIn(MethodRefused):
    """Offered in these places only (Tehran)."""

    regions: tuple[str, ...]


@dataclass(eq=False)
class NotIn(MethodRefused):
    """Offered everywhere but here: in Tehran there are nearer ways (S105)."""

    region: str


@dataclass(eq=False)
class MethodNotCovered(MethodRefused):
    """Nobody collects money at the door there."""

    region: str


@dataclass(eq=False)
class BrowserCannot(MethodRefused):
    """The page of this method does not open in the reader's browser (C79)."""

    browser: str


@dataclass(eq=False)
class MethodDown(MethodRefused):
    """The provider does not answer; ``next_try_at`` is the next try, if known."""

    next_try_at: datetime | None


@dataclass(eq=False)
class ChoiceMissing(MethodRefused):
    """A method with ways of its own (cash or card, S27) and none of them chosen."""
