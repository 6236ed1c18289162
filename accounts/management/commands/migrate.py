"""Django's ``migrate``, which without ``--database`` brings both stores up to date."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as Migrate

from accounts.keystore.router import KEYS


class Command(Migrate):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database=None)

    def get_check_kwargs(self, options: dict[str, Any]) -> dict[Any, Any]:
        return {**super().get_check_kwargs(options), "databases": _databases(options)}

    def handle(self, *args: Any, **options: Any) -> None:
        for alias in _databases(options):
            super().handle(*args, **{**options, "database": alias})


def _databases(options: dict[str, Any]) -> list[str]:
    if options["database"] is not None:
        return [options["database"]]
    if options["app_label"] is not None:
        return [KEYS if options["app_label"] == "keystore" else "default"]
    return ["default", KEYS]
