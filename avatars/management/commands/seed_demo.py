"""``manage.py seed_demo``: an organization, three people and the scenarios to begin with."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from accounts.demo import seed_people
from accounts.scoping import organization_scope
from avatars.demo import SHEETS
from avatars.models import Scenario
from avatars.publishing import import_sheet, is_as_imported, publish


class Command(BaseCommand):
    help = "Makes the demo's organization, people and scenarios. Run again, it keeps what was changed."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            organization = seed_people()
            with organization_scope(organization):
                before = set(Scenario.objects.values_list("slug", flat=True))
                for sheet in SHEETS:
                    scenario = import_sheet(organization=organization, sheet=sheet)
                    # A scenario that somebody took back to draft or archived stays there, and edits that
                    # nobody published yet are not published by a restart.
                    if sheet.slug not in before or _untouched(scenario):
                        publish(scenario=scenario)
        self.stdout.write(f"The demo has {len(SHEETS)} scenarios.")


def _untouched(scenario: Scenario) -> bool:
    return scenario.status == Scenario.Status.PUBLISHED and is_as_imported(scenario)
