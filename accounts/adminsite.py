"""Django's admin with our own models alone, in the order in which they are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.db.models import Model

ORDER = (
    *("avatars.Scenario", "avatars.Avatar", "avatars.KnowledgeItem", "avatars.Assignment"),
    *("accounts.User", "accounts.Team", "accounts.ApiToken", "accounts.Organization"),
)
"""Labels, as the index lists them; what is missing here comes last."""


class OurAdminConfig(AdminConfig):
    default = False
    default_site = "accounts.adminsite.OurAdminSite"


class OurAdminSite(admin.AdminSite):
    site_header = site_title = "Coachsite"
    index_title = _("What there is to manage")
    site_url = "/"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Rows of other packages (addresses, second factors, groups) belong to no organization, so nothing
        would keep an admin from those of another one: they have no pages here."""
        models = [model_or_iterable] if isinstance(model_or_iterable, type) else list(model_or_iterable)
        super().register([model for model in models if _is_ours(model)], admin_class, **options)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda one: _place(one["model"]))
        return sorted(apps, key=lambda app: _place(app["models"][0]["model"]))


def _is_ours(model: type[Model]) -> bool:
    from accounts.permissions import APPS

    return model._meta.app_label in APPS


def _place(model: type[Model]) -> int:
    label = model._meta.label
    return ORDER.index(label) if label in ORDER else len(ORDER)
