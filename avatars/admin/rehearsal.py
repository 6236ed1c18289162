"""Trying a draft out: the exact prompt, and a rehearsal by typing. Nothing that is typed is kept."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.admin.scoped import ScopedAdmin
from avatars.explained import Explained, explain
from avatars.fields import MOOD_NAMES
from avatars.knowledge import knowledge_for
from avatars.models import Scenario
from avatars.prompts import render_system_prompt
from avatars.publishing import current_version, differs, sheet_of
from avatars.script import Spoken, Why
from avatars.sheets import ScenarioSheet

MOST_TURNS, LONGEST_TURN, LARGEST_BODY = 120, 2000, 256 * 1024


class RehearsalPages(ScopedAdmin):
    """The pages that hang on a scenario's own."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/prompt/", wrap(self.prompt_view), name="avatars_scenario_prompt"),
            path("<int:pk>/rehearse/", wrap(self.rehearse_view), name="avatars_scenario_rehearse"),
            path("<int:pk>/rehearse/turn/", wrap(self.turn_view), name="avatars_scenario_turn"),
            *super().get_urls(),
        ]

    def scenario_or_none(self, request: HttpRequest, pk: int) -> Scenario | None:
        """Of the own organization, for somebody who may change it."""
        found: Scenario | None = self.get_object(request, str(pk))
        return found if found is not None and self.has_change_permission(request, found) else None

    def gone(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The answer that Django's own pages give where there is nothing for this person."""
        return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))  # type: ignore[attr-defined,no-any-return]

    def page(
        self, request: HttpRequest, template: str, title: str, scenario: Scenario | None, **more: Any
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "subtitle": str(scenario) if scenario else None,
            "original": scenario,
            **more,
        }
        return TemplateResponse(request, f"admin/avatars/scenario/{template}", context)

    def prompt_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        scenario = self.scenario_or_none(request, pk)
        if scenario is None:
            return self.gone(request, pk)
        sheet, version = sheet_of(scenario), current_version(scenario)
        name = _("Alex")
        prompt = render_system_prompt(
            sheet,
            organization=scenario.organization.context,
            knowledge=knowledge_for(organization=scenario.organization_id, avatar_slug=sheet.avatar.slug),
            trainee_name=name,
        )
        return self.page(
            request,
            "prompt.html",
            _("The exact prompt"),
            scenario,
            prompt=prompt,
            sample_name=name,
            version=version,
            changed=version is not None and differs(sheet, version),
        )

    def rehearse_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        scenario = self.scenario_or_none(request, pk)
        if scenario is None:
            return self.gone(request, pk)
        sheet = sheet_of(scenario)
        return self.page(
            request,
            "rehearse.html",
            _("Rehearse by typing"),
            scenario,
            sheet=sheet,
            start_mood=MOOD_NAMES[sheet.start_mood],
            longest=LONGEST_TURN,
            media=self.media,
        )

    @method_decorator(require_POST)
    def turn_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """``{"history": [[speaker, text], ...]}`` -> what the avatar says next, and why. No history: how it
        begins, ``null`` if the trainee does."""
        scenario = self.scenario_or_none(request, pk)
        if scenario is None:
            raise Http404
        try:
            history = read_history(request)
        except ValidationError as problem:
            return JsonResponse({"error": problem.messages[0]}, status=400)
        sheet = sheet_of(scenario)
        if not history and not sheet.opening_line:
            return JsonResponse({"answer": None})
        explained = explain(sheet, history, "answer" if history else "opening")
        return JsonResponse({"answer": in_words(sheet, explained)})


def read_history(request: HttpRequest) -> list[Spoken]:
    """What was said so far, as the page has kept it. Raises ``ValidationError``."""
    if len(request.body) > LARGEST_BODY:
        raise ValidationError(_("This rehearsal is too long to go on. Start again."))
    try:
        turns = json.loads(request.body)["history"]
        history: list[Spoken] = [(speaker, text) for speaker, text in turns]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ValidationError(_("The page sent something that is no rehearsal. Load it again.")) from None
    if len(history) > MOST_TURNS:
        raise ValidationError(_("This rehearsal is too long to go on. Start again."))
    for speaker, text in history:
        if speaker not in ("trainee", "avatar") or not isinstance(text, str):
            raise ValidationError(_("The page sent something that is no rehearsal. Load it again."))
        if len(text) > LONGEST_TURN:
            raise ValidationError(_("%(most)d letters at most for one turn.") % {"most": LONGEST_TURN})
    return history


def in_words(sheet: ScenarioSheet, explained: Explained) -> dict[str, Any]:
    """An answer as the page shows it."""
    if explained.number and explained.kind:
        line = _("Line %(number)d · %(kind)s") % {
            "number": explained.number,
            "kind": explained.kind.replace("_", " "),
        }
    else:
        line = _("Opening line") if explained.why == "opening" else _("A line of every avatar")
    return {
        "text": explained.text,
        "line": line,
        "number": explained.number,
        "why": why_in_words(explained.why, explained.fit),
        "cues": list(explained.cues),
        "mood": str(MOOD_NAMES[explained.mood_after]),
        "mood_level": explained.mood_after,
        "moods": moods_in_words(explained),
        "met": list(explained.met),
        "ends": explained.ends,
    }


def why_in_words(why: Why, fit: float) -> str:
    reasons = {
        "opening": _("The avatar begins."),
        "cues": _("Its cues fit best (%(fit).1f).") % {"fit": fit},
        "no_cues": _("No cue fit; this line needs none."),
        "question": _("No cue fit, and no line without cues is left: it asks."),
        "silence": _("You said nothing."),
        "met": _("Every criterion is met: the scene ends."),
        "enough": _("The trainee has taken as many turns as a scene without a model has."),
        "furious": _("It stayed furious for too long: the scene ends."),
        "goodbye": _("The trainee said goodbye: the scene ends."),
        "over": _("The scene was closed before."),
        "asked_to_end": _("The time is up."),
        "nothing_left": _("No line is left to say."),
    }
    return reasons[why]


def moods_in_words(explained: Explained) -> str:
    """How it felt before, after what was said, and after its answer, as far as that changed."""
    moods = [explained.mood_before, explained.mood, explained.mood_after]
    steps = [mood for place, mood in enumerate(moods) if not place or mood != moods[place - 1]]
    return " → ".join(str(MOOD_NAMES[mood]) for mood in steps)
