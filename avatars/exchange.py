"""A scenario as one file: its sheet with the avatar inside, and the avatar's picture.

Nothing in such a file is believed: every value is read by its type, then held to what the models allow. What
exists is never overwritten: an imported scenario is a new draft, under a new short name where its own is taken.
"""

from __future__ import annotations

import base64
import dataclasses
import io
import json
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from accounts.models import Organization
from accounts.scoping import organization_scope
from avatars.fields import LONGEST_ITEM, MOST_ITEMS, problem_of_target
from avatars.models import Avatar, Criterion, Scenario, ScriptLine
from avatars.portraits import keep_portrait, redrawn
from avatars.publishing import avatar_sheet_of, free_slug, import_sheet, sheet_of
from avatars.scenario_forms import MOST_HEAT
from avatars.sheets import AvatarSheet, ScenarioSheet
from avatars.strict import Unfit, read

FORMAT, FORMAT_VERSION = "coachsite.scenario", 1
LARGEST_FILE = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Package:
    """What a file holds."""

    sheet: ScenarioSheet
    portrait: bytes = b""
    """The avatar's picture as it came; empty: none. Only to be compared with those that are there."""
    redrawn: bytes = b""
    """The same, drawn anew: no byte of the file is kept."""


def export(scenario: Scenario) -> bytes:
    """The file's content: the draft as it stands."""
    sheet = sheet_of(scenario).to_json()
    # A number of versions and a default that no author can set mean nothing elsewhere.
    for name in ("version", "enough_turns"):
        del sheet[name]
    content: dict[str, Any] = {"format": FORMAT, "format_version": FORMAT_VERSION, "scenario": sheet}
    if picture := scenario.avatar.portrait:
        content["portrait_webp"] = base64.b64encode(bytes(picture.data)).decode()
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def unpack(data: bytes) -> Package:
    """Raises ``ValidationError`` with sentences that say what is wrong and where."""
    if len(data) > LARGEST_FILE:
        raise ValidationError(_("The file is larger than 2 MB. A scenario is much smaller than that."))
    content = _parse(data)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValidationError(_("This is JSON, but no scenario that was exported here."))
    if content.get("format_version") != FORMAT_VERSION:
        raise ValidationError(
            _("The file has another format version than %(known)d: it comes from another version of Coachsite.")
            % {"known": FORMAT_VERSION}
        )
    if unknown := content.keys() - {"format", "format_version", "scenario", "portrait_webp"}:
        raise ValidationError(_("“%(key)s” is not known here.") % {"key": min(unknown)[:40]})
    if "scenario" not in content:
        raise ValidationError(_("“scenario” is missing."))
    try:
        sheet: ScenarioSheet = read(ScenarioSheet, content["scenario"], "scenario")
    except Unfit as problem:
        raise ValidationError(_("%(problem)s.") % {"problem": problem}) from None
    if problems := _problems(sheet):
        raise ValidationError(problems)
    return Package(sheet, *_portrait(content.get("portrait_webp")))


def import_package(*, organization: Organization, package: Package) -> Scenario:
    """A new draft. Its avatar is the one that is there, if it is the same in everything, else a new one."""
    with organization_scope(organization), transaction.atomic():
        avatar_slug, is_new = _slug_for(package)
        sheet = dataclasses.replace(
            package.sheet,
            slug=free_slug(Scenario, package.sheet.slug),
            avatar=dataclasses.replace(package.sheet.avatar, slug=avatar_slug),
            version=0,
        )
        scenario = import_sheet(organization=organization, sheet=sheet)
        if is_new and package.redrawn:
            picture = keep_portrait(organization=organization, data=package.redrawn)
            Avatar.objects.filter(pk=scenario.avatar_id).update(portrait=picture)
    return scenario


def _slug_for(package: Package) -> tuple[str, bool]:
    """Which avatar plays: its slug, and whether it is to be made."""
    wanted = package.sheet.avatar
    for avatar in Avatar.objects.filter(slug__startswith=wanted.slug[:40]).select_related("portrait"):
        same = dataclasses.replace(avatar_sheet_of(avatar), slug=wanted.slug) == wanted
        picture = bytes(avatar.portrait.data) if avatar.portrait else b""
        # Drawn anew: it came with this file before. As it came: the file was exported here.
        if same and picture in (package.portrait, package.redrawn):
            return avatar.slug, False
    return free_slug(Avatar, wanted.slug), True


def _parse(data: bytes) -> Any:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        return json.loads(data.decode("utf-8-sig"), parse_constant=refuse)
    except (ValueError, RecursionError):
        raise ValidationError(_("This is not JSON: choose the file as it was exported.")) from None


def _problems(sheet: ScenarioSheet) -> list[str]:
    """What the models, and the forms before them, would not take."""
    found = _unfit(_avatar(sheet.avatar), "scenario.avatar")
    names = {one.name for one in Scenario._meta.fields} & {one.name for one in dataclasses.fields(sheet)}
    row = Scenario(**{name: getattr(sheet, name) for name in names - {"avatar"}})
    found += _unfit(row, "scenario", "targets", "objectives", "hot_words", "cool_words")
    for number, target in enumerate(sheet.targets, 1):
        if problem := problem_of_target(target):
            found.append(f"scenario.targets[{number}]: {problem}")
    for number, line in enumerate(sheet.lines, 1):
        found += _unfit(ScriptLine(text=line.text, kind=line.kind), f"scenario.lines[{number}]")
        if abs(line.heat) > MOST_HEAT:
            found.append(
                _("%(place)s: from -%(most)d to %(most)d.")
                % {"place": f"scenario.lines[{number}].heat", "most": MOST_HEAT}
            )
    for number, one in enumerate(sheet.criteria, 1):
        made = Criterion(slug=one.slug, title=one.title, question=one.question, weight=one.weight)
        found += _unfit(made, f"scenario.criteria[{number}]")
    found += _too_long(sheet)
    if len({one.slug for one in sheet.criteria}) < len(sheet.criteria):
        found.append(_("scenario.criteria: two have the same short name."))
    return found


def _too_long(sheet: ScenarioSheet) -> list[str]:
    """Lists that could not be edited afterwards."""
    lists = {f"scenario.{name}": getattr(sheet, name) for name in ("objectives", "hot_words", "cool_words")}
    lists |= {f"scenario.lines[{place}].cues": one.cues for place, one in enumerate(sheet.lines, 1)}
    lists |= {
        f"scenario.criteria[{place}].evidence": one.evidence for place, one in enumerate(sheet.criteria, 1)
    }
    return [
        _("%(place)s: %(most)d entries at most, of %(letters)d letters each.")
        % {"place": place, "most": MOST_ITEMS, "letters": LONGEST_ITEM}
        for place, items in lists.items()
        if len(items) > MOST_ITEMS or any(len(one) > LONGEST_ITEM for one in items)
    ]


def _avatar(sheet: AvatarSheet) -> Avatar:
    plain = {one.name: getattr(sheet, one.name) for one in dataclasses.fields(sheet)}
    return Avatar(**dataclasses.asdict(plain.pop("turn_taking")), **plain)


def _unfit(row: models.Model, place: str, *but: str) -> list[str]:
    links = [one.name for one in row._meta.fields if one.is_relation]
    try:
        row.clean_fields(exclude={*links, *but})
    except ValidationError as problem:
        return [f"{place}.{name}: {' '.join(texts)}" for name, texts in problem.message_dict.items()]
    return []


def _portrait(text: Any) -> tuple[bytes, bytes]:
    """The picture as it came, and drawn anew."""
    if text is None:
        return b"", b""
    try:
        data = base64.b64decode(text, validate=True)
    except (TypeError, ValueError):
        raise ValidationError(_("portrait_webp: this is no picture of an avatar.")) from None
    try:
        return data, redrawn(io.BytesIO(data))
    except ValidationError as problem:
        raise ValidationError([f"portrait_webp: {one}" for one in problem.messages]) from None
