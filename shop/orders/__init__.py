"""Placed orders: the agreed copy of a cart, its charges, events and promises."""
