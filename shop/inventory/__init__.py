"""Pieces on hand and pieces held: every change is a movement that is never edited."""
