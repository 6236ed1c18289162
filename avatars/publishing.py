"""From rows to sheets and back: what an author edited, as it is run."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Organization
from accounts.scoping import organization_scope
from avatars.models import Avatar, Criterion, Scenario, ScenarioVersion, ScriptLine
from avatars.sheets import (
    AvatarSheet,
    CriterionSheet,
    LineSheet,
    ScenarioSheet,
    Target,
    TurnTaking,
)


def sheet_of(scenario: Scenario) -> ScenarioSheet:
    """The scenario as it stands, drafts included; ``version`` is 0."""
    with organization_scope(scenario.organization_id):
        lines = list(ScriptLine.objects.filter(scenario=scenario))
        criteria = list(Criterion.objects.filter(scenario=scenario))
    return sheet_from(scenario, lines, criteria)


def sheet_from(scenario: Scenario, lines: Iterable[ScriptLine], criteria: Iterable[Criterion]) -> ScenarioSheet:
    """:func:`sheet_of` for whoever has the rows already."""
    return ScenarioSheet(
        slug=scenario.slug,
        title=scenario.title,
        avatar=avatar_sheet_of(scenario.avatar),
        brief=scenario.brief,
        situation=scenario.situation,
        objectives=tuple(scenario.objectives),
        opening_line=scenario.opening_line,
        lines=tuple(
            LineSheet(one.text, tuple(one.cues), tuple(one.moods), one.kind, one.heat)  # type: ignore[arg-type]
            for one in lines
        ),
        criteria=tuple(
            CriterionSheet(one.slug, one.title, one.question, one.weight, tuple(one.evidence))
            for one in criteria
        ),
        targets=tuple(Target(one["metric"], one.get("low"), one.get("high")) for one in scenario.targets),
        language=scenario.language,
        time_limit_s=scenario.time_limit_s,
        start_mood=scenario.start_mood,  # type: ignore[arg-type]
        hot_words=tuple(scenario.hot_words),
        cool_words=tuple(scenario.cool_words),
    )


def avatar_sheet_of(avatar: Avatar) -> AvatarSheet:
    return AvatarSheet(
        slug=avatar.slug,
        name=avatar.name,
        persona=avatar.persona,
        style=avatar.style,
        language=avatar.language,
        voice=avatar.voice,
        speed=avatar.speed,
        turn_taking=TurnTaking(
            avatar.patience_ms, avatar.interrupt_after_ms, avatar.silence_prompt_s, avatar.cut_in_after_s
        ),
        llm=avatar.llm,
        face=avatar.face,
    )


def publish(*, scenario: Scenario) -> ScenarioVersion:
    """Make what stands the current version; the one there is, where nothing changed since.

    Conversations that run, and reports of those that ran, keep theirs. Two who publish at the same time get
    two versions, or one if they agree.
    """
    sheet = sheet_of(scenario)
    with organization_scope(scenario.organization_id):
        version = _same_or_next(scenario, sheet)
        Scenario.objects.filter(pk=scenario.pk).update(status=Scenario.Status.PUBLISHED)
    scenario.status = Scenario.Status.PUBLISHED
    return version


def current_version(scenario: Scenario) -> ScenarioVersion | None:
    """The newest version; None if it was never published."""
    with organization_scope(scenario.organization_id):
        return ScenarioVersion.objects.filter(scenario=scenario).order_by("-number").first()


def differs(sheet: ScenarioSheet, version: ScenarioVersion) -> bool:
    """Whether publishing this sheet would make a new version."""
    # Compared as sheets, where 120 is 120.0: saving a form may turn one into the other.
    return dataclasses.replace(ScenarioSheet.from_json(version.sheet), version=0) != sheet


def duplicate(*, scenario: Scenario) -> Scenario:
    """A draft of its own with the same content and the same avatar."""
    sheet = sheet_of(scenario)
    with organization_scope(scenario.organization_id), transaction.atomic():
        title = _("%(title)s (copy)") % {"title": sheet.title[:190]}
        slug = free_slug(Scenario, sheet.slug)
        copy = Scenario(organization_id=scenario.organization_id, slug=slug)
        return _import_scenario(copy, scenario.avatar, dataclasses.replace(sheet, slug=slug, title=title))


def free_slug(model: type[Avatar] | type[Scenario], wanted: str) -> str:
    """``wanted``, or else ``wanted-copy``, ``wanted-copy-2``...; of the organization in scope."""
    taken = set(model.objects.values_list("slug", flat=True))
    if wanted not in taken:
        return wanted
    base = wanted.removesuffix("-copy")
    endings = itertools.chain(("-copy",), (f"-copy-{number}" for number in itertools.count(2)))
    return next(slug for end in endings if (slug := base[: 50 - len(end)] + end) not in taken)


def import_sheet(*, organization: Organization, sheet: ScenarioSheet) -> Scenario:
    """The scenario of this slug, with its avatar, made from the sheet or brought up to it.

    What somebody edited since the last import stays as it is: avatar and scenario each remember the digest
    of what was imported, and only one that still matches is brought up to date.
    """
    with organization_scope(organization), transaction.atomic():
        avatar = _import_avatar(organization, sheet.avatar)
        scenario = Scenario.objects.select_related("avatar").filter(slug=sheet.slug).first()
        if scenario is not None and (
            scenario.imported_digest == _scene_digest(sheet)
            or _scene_digest(sheet_of(scenario)) != scenario.imported_digest
        ):
            return scenario
        return _import_scenario(scenario or Scenario(organization=organization, slug=sheet.slug), avatar, sheet)


def is_as_imported(scenario: Scenario) -> bool:
    """Whether nobody edited the scenario or its avatar since they were last imported."""
    sheet = sheet_of(scenario)
    return (
        _scene_digest(sheet) == scenario.imported_digest
        and _digest(dataclasses.asdict(sheet.avatar)) == scenario.avatar.imported_digest
    )


def _same_or_next(scenario: Scenario, sheet: ScenarioSheet) -> ScenarioVersion:
    """Raises ``IntegrityError`` if others kept publishing at the same moment, five times in a row."""
    for attempts_left in reversed(range(5)):
        newest = ScenarioVersion.objects.filter(scenario=scenario).order_by("-number").first()
        if newest is not None and not differs(sheet, newest):
            return newest
        # From the row that was compared, not asked for again: if another one came between, this number is
        # taken, and the comparison is repeated with that one.
        number = newest.number + 1 if newest is not None else 1
        stored = dataclasses.replace(sheet, version=number).to_json()
        try:
            with transaction.atomic():
                return ScenarioVersion.objects.create(scenario=scenario, number=number, sheet=stored)
        except IntegrityError:
            if not attempts_left:
                raise
    raise AssertionError("unreachable")


def _import_avatar(organization: Organization, sheet: AvatarSheet) -> Avatar:
    digest = _digest(dataclasses.asdict(sheet))
    avatar = Avatar.objects.filter(slug=sheet.slug).first()
    if avatar is None:
        avatar = Avatar(organization=organization, slug=sheet.slug)
    elif avatar.imported_digest == digest or _digest(dataclasses.asdict(avatar_sheet_of(avatar))) != (
        avatar.imported_digest
    ):
        return avatar
    for name in ("name", "persona", "style", "language", "voice", "speed", "llm", "face"):
        setattr(avatar, name, getattr(sheet, name))
    for name in ("patience_ms", "interrupt_after_ms", "silence_prompt_s", "cut_in_after_s"):
        setattr(avatar, name, getattr(sheet.turn_taking, name))
    avatar.imported_digest = digest
    avatar.save()
    return avatar


def _import_scenario(scenario: Scenario, avatar: Avatar, sheet: ScenarioSheet) -> Scenario:
    """Bring the row up to the sheet, and save it."""
    scenario.avatar = avatar
    for name in ("title", "brief", "situation", "opening_line", "language", "time_limit_s", "start_mood"):
        setattr(scenario, name, getattr(sheet, name))
    for name in ("objectives", "hot_words", "cool_words"):
        setattr(scenario, name, list(getattr(sheet, name)))
    scenario.targets = [dataclasses.asdict(one) for one in sheet.targets]
    scenario.imported_digest = _scene_digest(sheet)
    scenario.save()
    _replace_parts(scenario, sheet)
    return scenario


def _replace_parts(scenario: Scenario, sheet: ScenarioSheet) -> None:
    ScriptLine.objects.filter(scenario=scenario).delete()
    Criterion.objects.filter(scenario=scenario).delete()
    ScriptLine.objects.bulk_create(
        ScriptLine(
            scenario=scenario,
            position=position,
            text=line.text,
            cues=list(line.cues),
            moods=list(line.moods),
            kind=line.kind,
            heat=line.heat,
        )
        for position, line in enumerate(sheet.lines)
    )
    Criterion.objects.bulk_create(
        Criterion(
            scenario=scenario,
            position=position,
            slug=one.slug,
            title=one.title,
            question=one.question,
            weight=one.weight,
            evidence=list(one.evidence),
        )
        for position, one in enumerate(sheet.criteria)
    )


def _scene_digest(sheet: ScenarioSheet) -> str:
    """Of the scenario without its avatar's own content, which has a digest of its own."""
    return _digest({**sheet.to_json(), "avatar": sheet.avatar.slug})


def _digest(data: dict[str, Any]) -> str:
    """Equal for equal content, whatever the version and whether tuples went through JSON."""
    content = {key: value for key, value in data.items() if key != "version"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
