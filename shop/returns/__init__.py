"""Giving back: what a refund is made of, and the goods that come back for it."""
