"""Scenarios to and from files."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from avatars.admin.rehearsal import RehearsalPages
from avatars.exchange import LARGEST_FILE, Package, export, import_package, unpack


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "A file that was exported from a scenario: its name ends in .coachsite.json. 2 MB at most."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".json,application/json"}),
        error_messages={"required": _("Choose a file first."), "empty": _("This file is empty.")},
    )

    def clean_file(self) -> Package:
        upload: UploadedFile[Any] = self.cleaned_data["file"]
        if (upload.size or 0) > LARGEST_FILE:
            raise ValidationError(_("The file is larger than 2 MB. A scenario is much smaller than that."))
        return unpack(upload.read())


class FilePages(RehearsalPages):
    """Export and import."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("import/", wrap(self.import_view), name="avatars_scenario_import"),
            path("<int:pk>/export/", wrap(self.export_view), name="avatars_scenario_export"),
            *super().get_urls(),
        ]

    def export_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        scenario = self.scenario_or_none(request, pk)
        if scenario is None:
            return self.gone(request, pk)
        name = f"{scenario.slug}.coachsite.json"
        return HttpResponse(
            export(scenario),
            content_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def import_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            return self._imported(request, form.cleaned_data["file"])
        return self.page(request, "import.html", _now("Import a scenario"), None, form=form, media=self.media)

    def _imported(self, request: HttpRequest, package: Package) -> HttpResponse:
        organization: Any = request.user.organization  # type: ignore[union-attr]
        scenario = import_package(organization=organization, package=package)
        self.log_addition(request, scenario, _now("Imported from a file."))
        told = _now("“%(title)s” is here as a draft, played by %(avatar)s.") % {
            "title": scenario.title,
            "avatar": scenario.avatar,
        }
        if scenario.slug != package.sheet.slug:
            told += " " + _now("Its short name was taken; it is %(slug)s.") % {"slug": scenario.slug}
        self.message_user(request, told, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:avatars_scenario_change", args=[scenario.pk]))
