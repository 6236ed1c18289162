"""Where people, teams, tokens and the organization are managed."""

from accounts.admin import organization, people, teams, tokens

__all__ = ["organization", "people", "teams", "tokens"]
