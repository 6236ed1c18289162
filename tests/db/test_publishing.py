"""Claims about sheets, versions and imports."""

from __future__ import annotations

import dataclasses

import pytest
from django.db.models import ProtectedError
from django_scopes import scopes_disabled

from accounts.scoping import organization_scope
from avatars.models import Avatar, Scenario, ScenarioVersion, ScriptLine
from avatars.publishing import current_version, import_sheet, is_as_imported, publish, sheet_of
from avatars.sheets import LineSheet, ScenarioSheet
from memory.conversations import start_conversation
from tests.db.conftest import SHEET, Cast

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


def test_a_sheet_survives_the_way_through_the_rows(cast: Cast, scenario: Scenario) -> None:
    with organization_scope(cast.organization):
        again = Scenario.objects.get(slug=SHEET.slug)
    assert sheet_of(again) == SHEET
    stored = current_version(again)
    assert stored is not None
    assert ScenarioSheet.from_json(stored.sheet) == dataclasses.replace(SHEET, version=1)


def test_publishing_makes_a_version_only_where_something_changed(cast: Cast, scenario: Scenario) -> None:
    assert publish(scenario=scenario).number == 1
    with organization_scope(cast.organization):
        Avatar.objects.update(persona="You are somebody else.")
        again = Scenario.objects.get(pk=scenario.pk)
    assert [publish(scenario=again).number, publish(scenario=again).number] == [2, 2]
    with scopes_disabled():
        first = ScenarioVersion.objects.get(scenario=scenario, number=1)
    assert ScenarioSheet.from_json(first.sheet).avatar == SHEET.avatar


def test_importing_again_brings_it_up_to_date(cast: Cast, scenario: Scenario) -> None:
    newer = dataclasses.replace(
        SHEET,
        title="New",
        avatar=dataclasses.replace(SHEET.avatar, name="Dora"),
        lines=(LineSheet("Only this."),),
    )
    again = import_sheet(organization=cast.organization, sheet=newer)
    assert (again.pk, sheet_of(again)) == (scenario.pk, newer)


def test_importing_again_leaves_what_somebody_edited(cast: Cast, scenario: Scenario) -> None:
    with organization_scope(cast.organization):
        ScriptLine.objects.filter(position=0).update(text="Edited by hand.")
    newer = dataclasses.replace(SHEET, title="New", avatar=dataclasses.replace(SHEET.avatar, name="Dora"))
    again = import_sheet(organization=cast.organization, sheet=newer)
    sheet = sheet_of(again)
    assert (sheet.title, sheet.lines[0].text) == (SHEET.title, "Edited by hand.")
    assert sheet.avatar.name == "Dora"
    assert not is_as_imported(again)


def test_two_organizations_have_their_own(cast: Cast, scenario: Scenario) -> None:
    other = import_sheet(organization=cast.elsewhere, sheet=SHEET)
    assert (other.pk != scenario.pk, sheet_of(other)) == (True, SHEET)
    assert current_version(other) is None


def test_a_version_that_was_run_can_not_be_deleted(cast: Cast, scenario: Scenario) -> None:
    start_conversation(trainee=cast.trainee, scenario_slug=scenario.slug)
    with scopes_disabled(), pytest.raises(ProtectedError):
        ScenarioVersion.objects.get(scenario=scenario).delete()
