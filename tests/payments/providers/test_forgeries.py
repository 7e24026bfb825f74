"""A few hundred forged callbacks a provider; ``tests.proof.forgeries`` sends more."""

import pytest

from shop.payments import protocol
from tests.payments.providers import every
from tests.proof import forgeries


@pytest.mark.parametrize("code", every.SIGNED)
def test_no_altered_notification_is_believed(code: str) -> None:
    result = forgeries.attack_signed(code, 400)

    assert result.accepted == 0
    assert len(result.kinds) >= 8


@pytest.mark.parametrize("code", forgeries.UNSIGNED)
def test_no_lying_browser_is_believed(code: str) -> None:
    result = forgeries.attack_unsigned(code, 400)

    assert result.accepted == 0
    assert len(result.kinds) >= 3


@pytest.mark.parametrize("code", every.SIGNED)
def test_the_control_a_guard_taken_away_lets_forgeries_in(
    monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr(protocol, "check_signature", lambda *_given: None)

    assert forgeries.attack_signed(code, 200).accepted > 0
