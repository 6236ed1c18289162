"""The WebSocket doors. The browser's needs a session cookie and our own Origin; a program brings a token."""

from __future__ import annotations

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator, WebsocketDenier
from django.urls import path, re_path

from voice.consumers import BrowserConsumer, RealtimeConsumer

browser = AllowedHostsOriginValidator(AuthMiddlewareStack(BrowserConsumer.as_asgi()))

websocket_application = URLRouter(
    [
        path("ws/voice/<uuid:conversation_id>/", browser),
        path("v1/realtime", RealtimeConsumer.as_asgi()),
        re_path(r"", WebsocketDenier.as_asgi()),
    ]
)
