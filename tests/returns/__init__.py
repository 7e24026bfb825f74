"""Refunds in parts and returns, on each database."""
