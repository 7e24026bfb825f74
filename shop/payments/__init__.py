"""Collecting charges and giving money back, through providers found by scanning."""
