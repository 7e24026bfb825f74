"""Gateways, messages and a clock that behave like the real ones.

One process beside the shop, reached over HTTP only; it imports nothing of the
shop and keeps to loopback. Protocols: ``reference/payments.md`` 1-8 and 13.
"""
