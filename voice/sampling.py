"""What an avatar's voice sounds like, for whoever chooses one: the voices there are, and a sentence in one.

Both ask the engine that speaks in conversations, so what is heard here is what trainees will hear. What is to
be said comes in the body of a request and is kept nowhere.
"""

from __future__ import annotations

import io
import math
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager
from dataclasses import asdict
from functools import wraps
from typing import Any

import numpy as np
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from voice.casting import voice_engine
from voice.engines.base import TtsEngine, Voice
from voice.errors import TtsUnavailable
from voice.wavfile import write_wav

MAX_LETTERS = 200
MIN_SPEED, MAX_SPEED = 0.5, 2.0
MAX_NAME_LETTERS = 100
A_MINUTE = 20
"""Samples for one person: the speech server has conversations to attend to."""

HINT = "Start the speech worker: make tts-worker."
"""What helps, to those who look after the machine."""

FORGOTTEN_AFTER_S = 60
"""A sample that a process began and did not live to end."""

View = Callable[[HttpRequest], Coroutine[Any, Any, HttpResponse]]


def for_staff(view: View) -> View:
    """401 and 403 in JSON: a script asks, which can't follow to a page for signing in."""

    @wraps(view)
    async def guarded(request: HttpRequest) -> HttpResponse:
        user = await request.auser()
        if not user.is_authenticated:
            return _refusal(401, _("You are signed out."), _("Sign in again, in another tab if you like."))
        if not user.is_staff:
            return _refusal(403, _("Only admins choose voices."), _("Ask an admin of your organization."))
        return await view(request)

    return guarded


@require_safe
@never_cache
@for_staff
async def voices(request: HttpRequest) -> HttpResponse:
    """The voices there are; with ``language``, those that speak it ("en" takes in "en-gb")."""
    try:
        found = await voice_engine().voices()
    except TtsUnavailable as exc:
        return _unavailable(exc)
    wanted = _plain(request.GET.get("language", "")).partition("-")[0]
    listed = [one for one in found if not wanted or _plain(one.language).partition("-")[0] == wanted]
    return JsonResponse({"voices": [asdict(one) for one in listed]})


@require_POST
@never_cache
@for_staff
async def sample(request: HttpRequest) -> HttpResponse:
    """``text`` in a ``voice`` of a ``language`` at a ``speed``, as 16-bit mono WAV."""
    try:
        text, voice = _asked_for(request)
    except ValueError as exc:
        return _refusal(400, str(exc), _("Nothing was changed."))
    async with _one_at_a_time(request) as is_free:
        if not is_free:
            return _refusal(429, _("Another sample is being made just now."), _("Try again in a few seconds."))
        if await _too_many(request):
            return _refusal(429, _("That were many samples in a short time."), _("Try again in a minute."))
        try:
            sound = await _speak(voice_engine(), text, voice)
        except TtsUnavailable as exc:
            return _unavailable(exc)
        return HttpResponse(sound, content_type="audio/wav")


def _asked_for(request: HttpRequest) -> tuple[str, Voice]:
    """Raises ValueError with what is wrong, in words for the person."""
    text = " ".join(request.POST.get("text", "").split())
    if not text:
        raise ValueError(_("There is nothing to say."))
    if len(text) > MAX_LETTERS:
        raise ValueError(_("A sample can have %d letters at most.") % MAX_LETTERS)
    try:
        speed = float(request.POST.get("speed") or 1.0)
    except ValueError:
        speed = math.nan
    if not MIN_SPEED <= speed <= MAX_SPEED:
        raise ValueError(_("The speed must be a number from 0.5 to 2."))
    name, language = request.POST.get("voice", "").strip(), request.POST.get("language", "").strip() or "en"
    if len(name) > MAX_NAME_LETTERS or len(language) > MAX_NAME_LETTERS:
        raise ValueError(_("There is no voice with so long a name."))
    return text, Voice(name=name, language=language, speed=speed)


class _Process:
    is_sampling = False


@asynccontextmanager
async def _one_at_a_time(request: HttpRequest) -> AsyncIterator[bool]:
    """Whether it may be made now: one in a process, and one for a person in all processes. Whoever comes in
    between is refused and not queued, as the speech server has conversations to attend to."""
    if _Process.is_sampling:
        yield False
        return
    _Process.is_sampling = True
    try:
        key = f"voice-sample-now:{(await request.auser()).pk}"
        if not await cache.aadd(key, True, FORGOTTEN_AFTER_S):
            yield False
            return
        try:
            yield True
        finally:
            await cache.adelete(key)
    finally:
        _Process.is_sampling = False


async def _too_many(request: HttpRequest) -> bool:
    key = f"voice-samples:{(await request.auser()).pk}"
    await cache.aadd(key, 0, 60)
    try:
        return await cache.aincr(key) > A_MINUTE
    except ValueError:  # the minute ended just now
        return False


async def _speak(engine: TtsEngine, text: str, voice: Voice) -> bytes:
    """WAV. Raises TtsUnavailable; cancelling it stops the synthesis."""
    reply = engine.open(voice)
    pcm = bytearray()
    try:
        async with aclosing(reply.speak(text)) as pieces:
            async for piece in pieces:
                pcm += piece.pcm
    finally:
        await reply.aclose()
    if not pcm:
        raise TtsUnavailable(
            _("The installation has no voice now."),
            hint=_("Start the speech worker (make tts-worker) and set COACH_TTS=auto."),
        )
    wav = io.BytesIO()
    write_wav(wav, np.frombuffer(bytes(pcm), "<i2"), reply.sample_rate)
    return wav.getvalue()


def _unavailable(error: TtsUnavailable) -> JsonResponse:
    """Whoever asks for samples looks after the voices: the hint is for the machine."""
    hint = HINT if error.hint == TtsUnavailable.default_hint else error.hint
    return _refusal(503, error.message, hint)


def _refusal(status: int, message: str, hint: str) -> JsonResponse:
    error: dict[str, Any] = {"message": str(message), "hint": str(hint)}
    return JsonResponse({"error": error}, status=status)


def _plain(language: str) -> str:
    return language.strip().lower().replace("_", "-")
