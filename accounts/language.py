"""The reader's own language: who is signed in chose it in their profile, pages are written in it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation


class ReadersLanguage:
    """Comes after who is signed in is known; before that, and for all others, the browser's choice stands."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = _of_the_pages(request.user.language) if request.user.is_authenticated else None
        if language is None:
            return self.get_response(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


def _of_the_pages(chosen: str) -> str | None:
    """None for a language in which these pages are not written (any more)."""
    try:
        return translation.get_supported_language_variant(chosen)
    except LookupError:
        return None
