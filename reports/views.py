"""What was rehearsed, and how it went: for the trainee, and for the coaches of a team."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@login_required
def history(request: HttpRequest) -> HttpResponse:
    return render(request, "reports/history.html")


@login_required
def report(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    return render(request, "reports/report.html")


@login_required
def progress(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    return render(request, "reports/report.html")


@login_required
def team(request: HttpRequest) -> HttpResponse:
    return render(request, "reports/team.html")
