"""One's own settings."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.forms import ProfileForm
from accounts.models import User
from accounts.profiles import profile_of, save_profile
from accounts.vault import PersonErased


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """How I like to practice. What was typed and can't be kept as it is comes back to be mended."""
    assert isinstance(request.user, User)
    kept = profile_of(request.user)
    data = request.POST if request.method == "POST" else None
    form = ProfileForm(data, initial=ProfileForm.values_of(request.user, kept))
    if form.is_valid():
        try:
            save_profile(user=request.user, wishes=form.wishes())
        except PersonErased as exc:
            raise PermissionDenied from exc
        messages.success(request, _("Saved. It holds from your next conversation on."))
        return redirect("people:profile")
    return render(request, "accounts/profile.html", {"form": form, "kept": kept})
