"""What every room stands on: money, life cycles, refusals. No database, no web."""
