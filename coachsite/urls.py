from __future__ import annotations

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from coachsite import views

urlpatterns = [
    path("", views.home, name="home"),
    # For pages that name no icon, and whoever asks for it by habit.
    path("favicon.ico", RedirectView.as_view(url=static("favicon.svg"), permanent=True)),
    path("healthz", views.healthz, name="healthz"),
    path("", include("voice.urls")),
    path("", include("reports.urls")),
    path("", include("avatars.urls")),
    path("", include("accounts.urls")),
    path("accounts/", include("allauth.urls")),
    # One way in: the admin's own login page would pass the second factor by.
    path("admin/login/", views.admin_login),
    path("admin/", admin.site.urls),
]
