"""Headers that keep a page to itself, and logs that keep people out of them."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

_CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "media-src 'self' blob:",
        "worker-src 'self'",
        "manifest-src 'self'",
        "connect-src 'self' {socket}",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)
"""No inline script or style and no eval anywhere, the admin included. ``data:`` images are the QR code of
two-factor sign-in."""

_PERMISSIONS = "microphone=(self), camera=(), geolocation=(), payment=(), usb=(), display-capture=()"


class SecurityHeaders:
    """Adds the Content-Security-Policy and the Permissions-Policy to every response that has none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "Content-Security-Policy" not in response:
            # 'self' covers WebSockets in new browsers only; older ones want the address.
            socket = f"{'wss' if request.is_secure() else 'ws'}://{_host(request)}"
            response["Content-Security-Policy"] = _CSP.format(socket=socket)
        response.setdefault("Permissions-Policy", _PERMISSIONS)
        return response


def _host(request: HttpRequest) -> str:
    from django.core.exceptions import DisallowedHost

    try:
        return request.get_host()
    except DisallowedHost:
        return "localhost"


class WithoutQueryStrings(logging.Filter):
    """Drops the request, of which a handler could print all that was sent, and everything after ``?`` from what
    Django's request loggers say, and the traceback of a refusal."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.request") or record.name.startswith("django.server"):
            args = record.args if isinstance(record.args, tuple) else ()
            record.args = tuple(arg.split("?", 1)[0] if isinstance(arg, str) else arg for arg in args)
            record.__dict__.pop("request", None)
            if 400 <= getattr(record, "status_code", 0) < 500:
                # Somebody asked for what is not theirs: where in the code that was found out says nothing.
                record.exc_info = record.exc_text = None
        return True
