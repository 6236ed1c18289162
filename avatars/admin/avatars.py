"""Avatars and what they know."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.db.models.functions import Length, Substr
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from accounts.admin.scoped import ScopedAdmin
from avatars import llm
from avatars.avatar_forms import AvatarForm, KnowledgeForm
from avatars.models import Avatar, KnowledgeItem, Scenario
from avatars.portraits import drop_unused_portraits, with_pictures

EXCERPT = 90


@admin.register(Avatar)
class AvatarAdmin(ScopedAdmin):
    form = AvatarForm
    exclude = None
    list_display = ("picture", "name", "language", "voice_shown", "plays", "patience_ms", "scenario_count")
    list_display_links = ("name",)
    list_filter = ("language",)
    search_fields = ("name", "slug", "persona")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("picture_now",)

    class Media:
        css = {"all": ("css/portrait.css", "css/admin-avatar.css")}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        portrait = ["face", "upload"]
        if obj is not None and obj.portrait_id is not None:
            portrait = ["face", "picture_now", "upload", "remove"]
        return (
            (_("Who it is"), {"fields": ("name", "slug", "persona")}),
            (_("How it speaks"), {"fields": ("style", "llm")}),
            (_("Its voice"), {"fields": ("language", "speed", "voice")}),
            (
                _("Turn-taking"),
                {
                    "fields": ("patience_ms", "interrupt_after_ms", "silence_prompt_s", "cut_in_after_s"),
                    "description": _("Who talks when: what makes a patient listener or a pushy one."),
                },
            ),
            (_("Portrait"), {"fields": portrait}),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = with_pictures(super().get_queryset(request))
        counted: QuerySet[Any] = rows.annotate(scenario_total=Count("scenarios"))
        return counted

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.organization = request.user.organization  # type: ignore[union-attr]
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        drop_unused_portraits(obj.organization)
        if change and set(form.changed_data) - {"upload", "remove"}:
            self._say_who_keeps_the_old_one(request, obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        drop_unused_portraits(obj.organization)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        super().delete_queryset(request, queryset)
        drop_unused_portraits(request.user.organization)  # type: ignore[union-attr]

    def _say_who_keeps_the_old_one(self, request: HttpRequest, avatar: Avatar) -> None:
        published = Scenario.objects.filter(avatar=avatar, status=Scenario.Status.PUBLISHED)
        if titles := ", ".join(published.values_list("title", flat=True)):
            told = _("Trainees meet %(avatar)s as it was published. To change that, publish again: %(titles)s.")
            self.message_user(request, told % {"avatar": avatar, "titles": titles}, messages.WARNING)

    # -- columns ---------------------------------------------------------------------------------------------

    @admin.display(description=_("portrait"))
    def picture(self, avatar: Avatar) -> str:
        return render_to_string("admin/avatars/avatar/picture.html", {"avatar": avatar, "size": "small"})

    @admin.display(description=_("Picture now"))
    def picture_now(self, avatar: Avatar) -> str:
        return render_to_string("admin/avatars/avatar/picture.html", {"avatar": avatar, "size": "medium"})

    @admin.display(description=_("voice"), ordering="voice")
    def voice_shown(self, avatar: Avatar) -> str:
        return avatar.voice or str(_("the language's own"))

    @admin.display(description=_("model"), ordering="llm")
    def plays(self, avatar: Avatar) -> str:
        """The one in use, whatever was asked for."""
        return (llm.CHOICES.get(avatar.llm) or llm.chosen()).title

    @admin.display(description=_("scenarios"), ordering="scenario_total")
    def scenario_count(self, avatar: Any) -> int:
        return int(avatar.scenario_total)


@admin.register(KnowledgeItem)
class KnowledgeItemAdmin(ScopedAdmin):
    form = KnowledgeForm
    fields = ("avatar", "title", "text")
    exclude = None
    list_display = ("title", "for_whom", "letters", "excerpt")
    list_select_related = ("avatar",)
    list_filter = (("avatar", admin.RelatedOnlyFieldListFilter),)
    search_fields = ("title", "text")
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        sized: QuerySet[Any] = rows.annotate(size=Length("text"), beginning=Substr("text", 1, EXCERPT + 1))
        return sized

    @admin.display(description=_("for"), ordering="avatar__name")
    def for_whom(self, item: KnowledgeItem) -> str:
        return str(item.avatar or _("every avatar"))

    @admin.display(description=_("letters"), ordering="size")
    def letters(self, item: Any) -> int:
        return int(item.size)

    @admin.display(description=_("beginning"))
    def excerpt(self, item: Any) -> str:
        text = " ".join(item.beginning.split())
        return text if len(item.beginning) <= EXCERPT else f"{text[:EXCERPT].rstrip()}…"
