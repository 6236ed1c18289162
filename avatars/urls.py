"""Portraits."""

from __future__ import annotations

from django.urls import path

from avatars import views

app_name = "avatars"
urlpatterns = [path("portraits/<str:digest>.webp", views.portrait, name="portrait")]
