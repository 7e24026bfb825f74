"""The texts a shopper relies on: versioned; an order links its version (S118)."""
