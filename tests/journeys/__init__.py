"""Whole visits in a real browser against a running shop, from search to delivered."""
