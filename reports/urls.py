"""What was rehearsed, and how it went: for the trainee, and for the coaches of a team."""

from __future__ import annotations

from django.urls import path

from reports import views

app_name = "reports"
urlpatterns = [
    path("history/", views.history, name="history"),
    path("reports/<uuid:conversation_id>/", views.report, name="report"),
    path("reports/<uuid:conversation_id>/progress/", views.progress, name="progress"),
    path("reports/<uuid:conversation_id>/again/", views.again, name="again"),
    path("team/", views.team, name="team"),
]
