"""Who should rehearse what, until when."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin import ScopedAdmin
from avatars.models import Assignment


@admin.register(Assignment)
class AssignmentAdmin(ScopedAdmin):
    list_display = ("scenario", "trainee", "due_on")
