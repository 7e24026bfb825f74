"""Fake providers, as in the tests of payments."""

from tests.payments.conftest import fake, providers, sound

__all__ = ["fake", "providers", "sound"]
