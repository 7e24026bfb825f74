"""Words, digits and dates of the reader. Knows languages, not places (see markets)."""
