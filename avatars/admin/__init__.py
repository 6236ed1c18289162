"""Where avatars and scenarios are written. What people said is not to be read here: conversations have none."""

from avatars.admin import assignments, avatars, scenarios

__all__ = ["assignments", "avatars", "scenarios"]
