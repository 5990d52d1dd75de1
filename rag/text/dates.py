"""Dates in words."""

from __future__ import annotations

from datetime import date


def day(published: date) -> str:
    """Return a date in words, such as 4 October 2022."""
    return f"{published.day} {published:%B %Y}"
