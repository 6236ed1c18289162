"""What an avatar's voice sounds like, for whoever chooses one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse


async def voices(request: HttpRequest) -> HttpResponse:
    """The voices there are."""
    return JsonResponse({"voices": []})


async def sample(request: HttpRequest) -> HttpResponse:
    """A sentence in a voice, as WAV."""
    return HttpResponse(status=501)
