"""Life cycles as data: which state may follow which."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from shop.kernel.errors import ShopError

S = TypeVar("S", bound=StrEnum)


@dataclass(eq=False)
class IllegalMove(ShopError):
    """Somebody asked for a step that the life cycle does not have."""

    current: str
    wanted: str


class Flow(Generic[S]):
    """The allowed moves of one kind of record."""

    def __init__(self, moves: Mapping[S, frozenset[S]]) -> None:
        self.moves = moves

    def allows(self, current: S, wanted: S) -> bool:
        """Say whether ``wanted`` may follow ``current``."""
        return wanted in self.moves[current]

    def sources(self, wanted: S) -> frozenset[S]:
        """Return every state that ``wanted`` may follow: the WHERE of its update."""
        return frozenset(s for s, nexts in self.moves.items() if wanted in nexts)

    def move(self, current: S, wanted: S) -> S:
        """Return ``wanted`` if it may follow ``current``.

        :raises IllegalMove: if it may not.
        """
        if wanted not in self.moves[current]:
            raise IllegalMove(current, wanted)
        return wanted
