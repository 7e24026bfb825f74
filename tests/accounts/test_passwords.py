"""Passwords: stored so that nobody reads them, compared so that nobody learns."""

from shop.accounts import passwords


def test_a_stored_password_is_argon2id_with_our_figures() -> None:
    stored = passwords.hash_password("four words make one")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_two_people_with_one_password_are_stored_differently() -> None:
    assert passwords.hash_password("x" * 12) != passwords.hash_password("x" * 12)


def test_the_right_password_is_right_and_any_other_is_not() -> None:
    stored = passwords.hash_password("four words make one")
    assert passwords.password_is_right(stored, "four words make one")
    assert not passwords.password_is_right(stored, "four words make two")


def test_nobody_has_the_password_of_nobody() -> None:
    assert not passwords.password_is_right(None, "nobody has this password")


def test_a_monster_is_refused_before_it_is_hashed() -> None:
    stored = passwords.hash_password("x" * passwords.MOST)
    assert passwords.password_is_right(stored, "x" * passwords.MOST)
    assert not passwords.password_is_right(stored, "x" * (passwords.MOST + 1))


def test_something_that_is_no_hash_is_never_right() -> None:
    assert not passwords.password_is_right("plain", "plain")


def test_a_hash_of_older_figures_is_made_again() -> None:
    old = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$" + "A" * 43
    assert passwords.needs_rehash(old)
    assert not passwords.needs_rehash(passwords.hash_password("x" * 12))
