"""The Celery application: ``celery -A coachsite worker``."""

from __future__ import annotations

import os

from celery import Celery

from coachsite.env import one_clear_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coachsite.settings")

app = Celery("coachsite")
with one_clear_line():
    from django.conf import settings

    settings.SECRET_KEY  # noqa: B018  (reads the environment now: Celery would only do so at its first task)
    app.config_from_object(settings, namespace="CELERY")
app.autodiscover_tasks()
