"""What the doctor says about one thing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing looked at: fine, worth knowing, or wrong and what to do."""

    mark: str
    text: str


def fine(sentence: str) -> Finding:
    """Return that something is as it should be."""
    return Finding("ok", sentence)


def note(sentence: str) -> Finding:
    """Return what the owner may want to know."""
    return Finding("note", sentence)


def wrong(sentence: str) -> Finding:
    """Return what has to be mended, and how."""
    return Finding("WRONG", sentence)
