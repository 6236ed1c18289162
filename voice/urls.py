"""Where conversations begin and are held; the sound itself goes over the WebSocket doors of routing.py."""

from __future__ import annotations

from django.urls import path

from voice import rooms, sampling, views

app_name = "voice"
urlpatterns = [
    path("conversations/start/", views.start, name="start"),
    path("conversations/<uuid:conversation_id>/", rooms.room, name="room"),
    path("sound-check/", views.sound_check, name="sound_check"),
    path("voices/", sampling.voices, name="voices"),
    path("voices/sample/", sampling.sample, name="sample"),
]
