"""The pages of a conversation: where it begins, where it is held."""

from __future__ import annotations

import json
from urllib.parse import quote

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts.vault import PersonErased
from avatars.models import Scenario
from memory.conversations import UnknownScenario, start_conversation

CHECKED_COOKIE = "sound_checked"
"""Says that this browser's microphone and speaker were tried."""

GONE = gettext_lazy("That scenario is not here any more. These are the ones you can practice.")

CHECKED_FOR_S = 365 * 24 * 3600


class SeeOther(HttpResponseRedirect):
    """To be fetched with GET, whatever led here."""

    status_code = 303


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Begin a conversation for whoever is signed in, with ``scenario`` (default ``lumina``).

    The sign-in leads back here with GET, which begins nothing: it leads to the first page, where the
    scenario's card is.

    A form leads to the room, by way of the sound check where this browser has not had it; ``checked=1`` says
    that it has now, ``type=1`` that the trainee would rather type (handed on to the room). JSON is answered
    with 201, the id and the path of the WebSocket; with 404 for a scenario that is not published here.
    """
    if not request.user.is_authenticated:
        return redirect_to_login(_address_with(request.POST.get("scenario")))
    if request.method != "POST":
        return redirect(_card_of(request.GET.get("scenario")))
    if request.content_type == "application/json":
        return _start_for_a_client(request)
    slug = request.POST.get("scenario") or "lumina"
    checked = request.POST.get("checked") == "1"
    if not (checked or request.COOKIES.get(CHECKED_COOKIE)):
        return SeeOther(f"{reverse('voice:sound_check')}?{urlencode({'scenario': slug})}")
    try:
        conversation = start_conversation(trainee=request.user, scenario_slug=slug, reuse=True)
    except PersonErased:
        messages.warning(request, _("Your account is being deleted, so no new conversation can begin."))
        return redirect("home")
    except UnknownScenario:
        messages.warning(request, GONE)
        return redirect("home")
    room = reverse("voice:room", args=[conversation.pk])
    answer = SeeOther(f"{room}?type=1" if request.POST.get("type") == "1" else room)
    if checked:
        answer.set_cookie(
            CHECKED_COOKIE,
            "1",
            max_age=CHECKED_FOR_S,
            secure=request.is_secure(),
            httponly=True,
            samesite="Lax",
        )
    return answer


def _address_with(slug: str | None) -> str:
    here = reverse("voice:start")
    return f"{here}?{urlencode({'scenario': slug})}" if slug else here


def _card_of(slug: str | None) -> str:
    # Encoded: what is asked for may be anything, and this becomes an address.
    return f"{reverse('home')}#scene-{quote(slug, safe='')}" if slug else reverse("home")


def _start_for_a_client(request: HttpRequest) -> JsonResponse:
    slug = _json(request).get("scenario") or "lumina"
    try:
        conversation = start_conversation(trainee=request.user, scenario_slug=str(slug))  # type: ignore[arg-type]
    except PersonErased:
        return _refusal(
            403, "not_authorised", "This account is being deleted.", "No new conversation can begin with it."
        )
    except UnknownScenario:
        return _refusal(404, "bad_event", "There is no such scenario.", "Choose a published one.")
    socket = f"/ws/voice/{conversation.pk}/"
    return JsonResponse({"conversation": str(conversation.pk), "socket": socket}, status=201)


def _refusal(status: int, code: str, message: str, hint: str) -> JsonResponse:
    return JsonResponse({"error": {"code": code, "message": message, "hint": hint}}, status=status)


def _json(request: HttpRequest) -> dict[str, object]:
    try:
        data = json.loads(request.body)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


@login_required
@require_GET
def sound_check(request: HttpRequest) -> HttpResponse:
    """Microphone and speaker: before the first conversation, with what it will be about, or just so (without
    ``scenario``)."""
    slug = request.GET.get("scenario", "")
    published = Scenario.objects.filter(slug=slug, status=Scenario.Status.PUBLISHED)
    scenario = published.select_related("avatar").first() if slug else None
    if slug and scenario is None:
        messages.warning(request, GONE)
        return redirect("home")
    return render(request, "voice/sound_check.html", {"scenario": scenario})
