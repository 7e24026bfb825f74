"""Settings: who the shop is, where it sells, how money comes, what is sent."""

from collections.abc import Callable, Mapping

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shop.accounts import service as accounts
from shop.db import db, write
from shop.i18n.text import L, Lazy, T
from shop.payments import settings as keys
from shop.payments.rules import KeysMissing
from shop.web import frame
from shop.web.current import clock
from shop.web.messages import say
from shop.web.owner import setting_keys, setting_parts, setting_rooms
from shop.web.owner.desk import bp, the_staff
from shop.web.owner.money_words import provider_name
from shop.web.owner.setting_parts import Part
from shop.web.pages.owner import SettingsPage, SettingsSection, Tab
from shop.web.pages.parts import Form, Note, Words
from shop.web.visit import or_404

ROOMS: dict[str, tuple[Lazy, Callable[[], list[Part]]]] = {
    "shop": (L("Shop"), setting_rooms.shop_parts),
    "places": (L("Regions"), lambda: setting_rooms.place_parts(clock())),
    "methods": (L("Ways to pay"), setting_rooms.method_parts),
    "keys": (L("Payment providers"), setting_keys.provider_parts),
    "messages": (L("Messages"), setting_keys.message_parts),
    "services": (L("Message services"), setting_keys.service_parts),
}
#: What can be wrong with keys before anything is asked.
NO_ANSWER = "transport"


@bp.get("/settings/")
@bp.get("/settings/<room>")
def settings(room: str = "shop") -> ResponseReturnValue:
    """Show one room of the settings."""
    _, parts = or_404(ROOMS.get(room))
    return _page(room, parts(), "", {})


@bp.post("/settings/<room>/<part_id>")
def save_settings(room: str, part_id: str) -> ResponseReturnValue:
    """Keep what was changed in one part; each change stands in the log."""
    _, parts = or_404(ROOMS.get(room))
    now, staff = clock(), the_staff()
    whole = parts()
    part = or_404(setting_rooms.find(whole, part_id))
    values, errors = setting_parts.read(part)
    if errors:
        return _page(room, whole, part_id, errors), 422

    def save() -> int:
        again = or_404(setting_rooms.find(parts(), part_id))
        return setting_parts.keep(again, values, staff, now)

    try:
        count = write(save)
    except KeysMissing as refusal:
        frame.note(say(refusal), "bad", "circle-alert")
    else:
        frame.note(T("Saved") if count else T("Nothing had to be changed."))
    return redirect(url_for("owner.settings", room=room, _anchor=part_id), 303)


@bp.post("/settings/keys/<part_id>/test")
def test_keys(part_id: str) -> ResponseReturnValue:
    """Try the keys of a provider without moving money."""
    now, staff = clock(), the_staff()
    family = setting_keys.members(part_id)
    if not family:
        abort(404)
    code = family[0]
    provider = keys.get(code)
    name = str(provider_name(code))
    try:
        values = keys.read(code, now)
        db.session.rollback()  # no connection is held while somebody else thinks
        answer = setting_keys.test(provider, values)
    except KeysMissing as refusal:
        frame.note(say(refusal), "bad", "circle-alert")
        return redirect(url_for("owner.settings", room="keys", _anchor=part_id), 303)
    facts = {"answer": answer or "ok"}
    write(
        lambda: accounts.log(
            staff, "provider.tested", f"provider:{code}", now, after=facts
        )
    )
    if not answer:
        frame.note(T("{provider} accepts these keys.", provider=name))
    elif answer == NO_ANSWER:
        words = T("{provider} did not answer. Please try again.", provider=name)
        frame.note(words, "warn", "circle-alert")
    else:
        words = T(
            "{provider} does not accept these keys: {code}", provider=name, code=answer
        )
        frame.note(words, "bad", "circle-alert")
    return redirect(url_for("owner.settings", room="keys", _anchor=part_id), 303)


def _page(room: str, parts: list[Part], wrong: str, errors: Mapping[str, Words]) -> str:
    page = SettingsPage(
        sections=tuple(
            _section(room, one, errors if one.id == wrong else {}) for one in parts
        ),
        notes=_notes(),
        tabs=tuple(
            Tab(label, url_for("owner.settings", room=code), None, code == room)
            for code, (label, _) in ROOMS.items()
        ),
    )
    return render_template("owner/settings.html", page=page)


def _section(room: str, part: Part, errors: Mapping[str, Words]) -> SettingsSection:
    test = None
    if part.can_test:
        test = Form(action=url_for("owner.test_keys", part_id=part.id))
    return SettingsSection(
        id=part.id,
        title=part.title,
        line=part.line,
        is_on=part.is_on,
        form=Form(
            action=url_for("owner.save_settings", room=room, part_id=part.id),
            fields=setting_parts.fields(part, errors),
        ),
        test=test,
    )


def _notes() -> tuple[Note, ...]:
    if request.method == "GET" and keys.unreadable():
        words = T(
            "The stored keys of the payment providers can't be read: their key file "
            "is missing or another one. Please enter the keys again."
        )
        return (Note(words, "bad", "circle-alert"),)
    return ()
