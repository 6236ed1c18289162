"""The doors: pages over HTTP, conversations over WebSockets."""

from __future__ import annotations

import gc
import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

from coachsite.env import one_clear_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coachsite.settings")

with one_clear_line():
    # First: it loads the apps, and what follows imports models.
    http_application = get_asgi_application()

from coachsite import daphne_hooks, engines, sweeping
from voice import live
from voice.routing import websocket_application

application = ProtocolTypeRouter({"http": http_application, "websocket": websocket_application})


async def on_start() -> None:
    await engines.prepare_and_tell()
    # What is loaded by now stays: the collector need not look through it again and again. A full collection
    # among all modules and engines takes 100 ms and more, for everybody who talks or waits for a page.
    gc.collect()
    gc.freeze()
    await sweeping.sweep_forever()


daphne_hooks.install(on_start=on_start, on_stop=live.drain)
