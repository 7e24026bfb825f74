"""The one root of every refusal the shop can give a person."""


class ShopError(Exception):
    """A rule of the shop said no.

    Subclasses are dataclasses (``eq=False``) that carry facts (a date, a
    quantity), never text: ``shop.web.messages`` turns them into a sentence in
    the reader's language. Raising one inside ``transaction()`` undoes all of it.
    """

    def __str__(self) -> str:
        return repr(self)
