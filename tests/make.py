"""Makers of valid records: a test names only the facts it is about."""
