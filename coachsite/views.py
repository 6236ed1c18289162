"""The pages that belong to no app."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from reports.home import home_page


@never_cache
@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """What to go on with, what to do, how it went, and what can be rehearsed: see :mod:`reports.home`."""
    assert isinstance(request.user, User)
    return render(request, "home.html", {"page": home_page(request.user, query=request.GET.get("q", ""))})


@require_safe
def admin_login(request: HttpRequest) -> HttpResponse:
    """Whoever is signed in and was sent here may not see the admin; the others sign in like everybody."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect(f"{reverse('account_login')}?{request.META['QUERY_STRING']}")


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 and ``{"status": "ok"}`` while both databases answer, else 503 with the ones that don't."""
    down = [alias for alias in ("default", "keys") if not _answers(alias)]
    if down:
        return JsonResponse({"status": "unavailable", "down": down}, status=503)
    return JsonResponse({"status": "ok"})


def _answers(alias: str) -> bool:
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True
