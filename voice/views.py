"""The pages of a conversation: where it begins, where it is held."""

from __future__ import annotations

import json

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from memory.conversations import UnknownScenario, start_conversation


@login_required
@require_POST
def start(request: HttpRequest) -> JsonResponse:
    """Begin a conversation for whoever is signed in: JSON or form with ``scenario`` (default ``lumina``).

    201 with its id and the path of its WebSocket; 404 for a scenario that is not published here.
    """
    slug = request.POST.get("scenario") or _json(request).get("scenario") or "lumina"
    try:
        conversation = start_conversation(trainee=request.user, scenario_slug=str(slug))  # type: ignore[arg-type]
    except UnknownScenario:
        error = {
            "code": "bad_event",
            "message": "There is no such scenario.",
            "hint": "Choose a published one.",
        }
        return JsonResponse({"error": error}, status=404)
    socket = f"/ws/voice/{conversation.pk}/"
    return JsonResponse({"conversation": str(conversation.pk), "socket": socket}, status=201)


def _json(request: HttpRequest) -> dict[str, object]:
    if request.content_type != "application/json":
        return {}
    try:
        data = json.loads(request.body)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


@login_required
def sound_check(request: HttpRequest) -> HttpResponse:
    """Microphone and speaker, before the first conversation."""
    return render(request, "voice/sound_check.html")
