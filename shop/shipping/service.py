"""Reads and keeps the pick-up points."""

from collections.abc import Iterable
from datetime import time

from sqlalchemy import select

from shop.db import db
from shop.shipping.models import PickupPoint, PickupPointText
from shop.shipping.pick_up import Hours, NoSuchPoint, Point, PointText


def points(market: str, city: str = "") -> list[Point]:
    """Return where orders of a market can be collected; those of ``city`` first."""
    query = (
        select(PickupPoint)
        .where(PickupPoint.market == market, PickupPoint.enabled)
        .order_by(PickupPoint.position, PickupPoint.code)
    )
    found = [_point(row) for row in db.session.scalars(query)]
    return sorted(found, key=lambda point: point.city != city)


def find_point(code: str) -> Point | None:
    """Return a pick-up point, also one that is switched off: orders may name it."""
    row = db.session.get(PickupPoint, code)
    return _point(row) if row else None


def get_point(market: str, code: str) -> Point:
    """Return a pick-up point that can be chosen now.

    :raises NoSuchPoint: if it is unknown, of another market or switched off.
    """
    row = db.session.get(PickupPoint, code)
    if row is None or row.market != market or not row.enabled:
        raise NoSuchPoint(code)
    return _point(row)


def save_points(wanted: Iterable[Point], *, is_demo: bool = False) -> int:
    """Write points, over those of the same code; return how many. In a transaction."""
    count = 0
    for position, point in enumerate(wanted):
        row = db.session.get(PickupPoint, point.code)
        if row is None:
            row = PickupPoint(code=point.code)
            db.session.add(row)
        row.market, row.city = point.market, point.city
        row.hours = [_stored(hours) for hours in point.hours]
        row.services = list(point.services)
        row.phone, row.map_url = point.phone, point.map_url
        row.position, row.is_demo = position, is_demo
        _write_texts(row, point)
        count += 1
    return count


def remove_demo_points() -> int:
    """Delete the invented points; return how many. In a transaction."""
    rows = db.session.scalars(select(PickupPoint).where(PickupPoint.is_demo)).all()
    for row in rows:
        db.session.delete(row)
    return len(rows)


def _write_texts(row: PickupPoint, point: Point) -> None:
    known = {text.language: text for text in row.texts}
    for language, words in point.texts.items():
        text = known.pop(language, None)
        if text is None:
            text = PickupPointText(point=point.code, language=language)
            row.texts.append(text)
        text.name, text.address, text.note = words.name, words.address, words.note
    for gone in known.values():
        row.texts.remove(gone)


def _stored(hours: tuple[time, time] | None) -> list[str] | None:
    return [f"{hour:%H:%M}" for hour in hours] if hours else None


def _point(row: PickupPoint) -> Point:
    hours: Hours = tuple(
        (time.fromisoformat(span[0]), time.fromisoformat(span[1])) if span else None
        for span in row.hours
    )
    return Point(
        code=row.code,
        market=row.market,
        city=row.city,
        texts={
            text.language: PointText(text.name, text.address, text.note)
            for text in row.texts
        },
        hours=hours,
        services=tuple(row.services),
        phone=row.phone,
        map_url=row.map_url,
    )
