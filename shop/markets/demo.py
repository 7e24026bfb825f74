"""What the demo owner wrote: numbers that nobody could take for real ones."""

from datetime import datetime

from shop.markets.identity import identity, write_identity

#: Market, name, value.
LINES = (
    ("cn", "icp_number", "演示备-00000000号"),
    ("cn", "police_number", "演示-00000000000000号"),
    ("cn", "business_licence", "演示-000000000000000000"),
    ("ir", "enamad_code", "نمونه-۰۰۰۰۰۰"),
    ("ir", "business_licence", "نمونه-۰۰۰۰۰۰۰۰"),
    ("world", "company_number", "DEMO-00000000"),
)


def save_demo_identity(now: datetime) -> None:
    """Write the demo lines where the owner wrote nothing. Needs a transaction."""
    for market, name, value in LINES:
        if not identity(market).get(name):
            write_identity(market, name, value, now)


def remove_demo_identity(now: datetime) -> None:
    """Remove the lines that still are those of the demo. Needs a transaction."""
    for market, name, value in LINES:
        if identity(market).get(name) == value:
            write_identity(market, name, "", now)
