"""Coming in, going out, and another password."""

import hashlib
import ipaddress
from datetime import datetime

from flask import g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from shop.accounts import passwords, throttle
from shop.accounts import service as accounts
from shop.accounts.models import Staff
from shop.accounts.rules import (
    SIGN_IN_BY_ADDRESS,
    SIGN_IN_BY_IP,
    TriedTooOften,
    WrongSignIn,
)
from shop.db import db, write
from shop.i18n.text import TN, TP, T, Text
from shop.web import frame
from shop.web.current import clock, config, language
from shop.web.messages import say
from shop.web.owner.desk import bp, safe_next, the_staff
from shop.web.pages.owner import DeskFormPage, SignInPage
from shop.web.pages.parts import Field, Form, Words
from shop.web.visit import typed


@bp.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Ask who it is."""
    if g.get("staff"):
        return redirect(url_for("owner.queue"), 303)
    return _sign_in_page()


@bp.post("/sign-in")
def enter() -> ResponseReturnValue:
    """Let somebody in: tries are counted before the password is looked at.

    An unknown address, a wrong password and somebody who may no longer come in
    get the same answer after the same time (``reference/reliability.md`` S4, S7).
    """
    now = clock()
    name, password = typed("name", 254).strip().lower(), typed("password", 1_000)
    address = _key("address", name)
    try:
        write(lambda: throttle.count(_key("ip", _network()), SIGN_IN_BY_IP, now))
        write(lambda: throttle.count(address, SIGN_IN_BY_ADDRESS, now))
    except TriedTooOften as refusal:
        answer = _sign_in_page(name, closed_until=refusal.again_at)
        return answer, 429, {"Retry-After": "60"}
    staff = accounts.find_staff(name)
    stored = staff.password_hash if staff else None
    db.session.rollback()  # no connection is held while the password is hashed
    if not passwords.password_is_right(stored, password) or staff is None:
        return _sign_in_page(name, say(WrongSignIn())), 422
    staff_id = staff.id
    token = write(lambda: _begin(staff_id, password, address, now))
    session.pop("csrf_token", None)
    session["staff"] = token
    return redirect(safe_next(typed("next")), 303)


def _begin(staff_id: int, password: str, address: str, now: datetime) -> str:
    staff = db.session.get_one(Staff, staff_id)
    throttle.forget(address)
    if passwords.needs_rehash(staff.password_hash):
        staff.password_hash = passwords.hash_password(password)
    staff.language = language().code
    accounts.log(staff, "signed_in", f"staff:{staff.email}", now)
    return accounts.begin_sign_in(staff, now)


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this sign-in where it counts, in the database, and forget the cookie's."""
    token, now = session.pop("staff", ""), clock()
    write(lambda: accounts.end_sign_in(token, now))
    session.pop("csrf_token", None)
    frame.note(T("You are signed out."))
    return redirect(url_for("owner.sign_in"), 303)


@bp.get("/password")
def password() -> ResponseReturnValue:
    """Ask for a new password."""
    return _password_page({})


@bp.post("/password")
def save_password() -> ResponseReturnValue:
    """Change it; every other sign-in of this person ends."""
    now, staff = clock(), the_staff()
    staff_id, email, stored = staff.id, staff.email, staff.password_hash
    old, new = typed("old", 1_000), typed("new", 1_000)
    address = _key("address", email)
    write(lambda: throttle.count(address, SIGN_IN_BY_ADDRESS, now))
    wrong = _password_problems(new, typed("again", 1_000))
    if not passwords.password_is_right(stored, old):
        wrong["old"] = T("This is not your present password")
    if wrong:
        return _password_page(wrong), 422

    def change() -> str:
        person = db.session.get_one(Staff, staff_id)
        accounts.set_password(person, new, now)
        throttle.forget(address)
        accounts.log(person, "password_changed", f"staff:{email}", now)
        return accounts.begin_sign_in(person, now)

    session["staff"] = write(change)
    config().owner_password_file.unlink(missing_ok=True)
    frame.note(T("Your password is changed. Everybody else who used it is signed out."))
    return redirect(url_for("owner.queue"), 303)


def _password_problems(new: str, again: str) -> dict[str, Text]:
    if len(new) < passwords.LEAST:
        words = TN(
            "Enter at least {count} character",
            "Enter at least {count} characters",
            passwords.LEAST,
        )
        return {"new": words}
    if len(new) > passwords.MOST:
        words = TN(
            "Enter no more than {count} character",
            "Enter no more than {count} characters",
            passwords.MOST,
        )
        return {"new": words}
    if new != again:
        return {"again": T("The two new passwords are not the same")}
    return {}


def _key(kind: str, what: str) -> str:
    """Return the name of a counter; it tells nobody the address."""
    return f"sign-in:{kind}:{hashlib.sha256(what.encode()).hexdigest()[:32]}"


def _network() -> str:
    """Return who tries: an IPv4 address, or the /64 an IPv6 one belongs to."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return request.remote_addr or ""
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _sign_in_page(
    name: str = "", refusal: Words = "", closed_until: datetime | None = None
) -> str:
    wanted = typed("next") or request.args.get("next", "")
    form = Form(
        action=url_for("owner.enter"),
        fields=(
            Field(
                name="name",
                label=T("E-mail address"),
                value=name,
                autocomplete="username",
                inputmode="email",
                ltr=True,
            ),
            Field(
                name="password",
                label=T("Password"),
                kind="password",
                autocomplete="current-password",
            ),
        ),
        hidden={"next": safe_next(wanted)} if wanted else {},
        refusal=refusal,
    )
    page = SignInPage(form=form, closed_until=closed_until)
    return render_template("owner/sign_in.html", page=page)


def _password_page(wrong: dict[str, Text]) -> str:
    def field(name: str, label: Text, complete: str, hint: Words = "") -> Field:
        return Field(
            name=name,
            label=label,
            kind="password",
            autocomplete=complete,
            hint=hint,
            error=wrong.get(name, ""),
        )

    hint = TN(
        "At least {count} character; several words are best",
        "At least {count} characters; several words are best",
        passwords.LEAST,
    )
    form = Form(
        action=url_for("owner.save_password"),
        fields=(
            field("old", T("Present password"), "current-password"),
            field("new", T("New password"), "new-password", hint),
            field("again", T("New password once more"), "new-password"),
        ),
    )
    page = DeskFormPage(
        title=T("Change the password"),
        form=form,
        button=TP("button", "Save"),
        back_url=url_for("owner.queue"),
        line=T(
            "Everybody else who is signed in with the present one must sign in again."
        ),
    )
    return render_template("owner/form.html", page=page)
