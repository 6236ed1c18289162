"""One's own settings."""

from __future__ import annotations

from django.urls import path

from accounts import views

app_name = "people"
urlpatterns = [path("profile/", views.profile, name="profile")]
