"""A reminder that a resident has asked for: what the robot promised, and keeps in its journal."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reminder:
    """What a resident wants to be reminded of (in their language, "": only that it is time), and when."""
    reminder_id: str
    resident_id: str
    at_s: float
    what: str
