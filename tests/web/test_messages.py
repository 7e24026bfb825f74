"""Every refusal of the shop has its sentence."""

import importlib
import pkgutil
from collections.abc import Iterator

import shop
from shop.kernel.errors import ShopError
from shop.web.messages import say

#: Parents that are never raised themselves.
ABSTRACT = {"FieldProblem", "MethodRefused", "ShippingRefused"}


def _kinds(parent: type[ShopError]) -> Iterator[type[ShopError]]:
    for child in parent.__subclasses__():
        yield child
        yield from _kinds(child)


def test_no_refusal_is_without_a_sentence() -> None:
    for module in pkgutil.walk_packages(shop.__path__, "shop."):
        if not module.name.startswith(("shop.sandbox", "shop.migrations")):
            importlib.import_module(module.name)

    silent = {
        kind.__name__
        for kind in _kinds(ShopError)
        if not kind.__module__.startswith(("shop.web.", "tests."))
        and say.dispatch(kind) is say.dispatch(ShopError)
    }

    assert silent - ABSTRACT == set()
