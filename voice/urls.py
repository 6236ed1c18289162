"""Where conversations begin; they are held on the WebSocket doors of routing.py."""

from __future__ import annotations

from django.urls import path

from voice import views

app_name = "voice"
urlpatterns = [path("conversations/start/", views.start, name="start")]
