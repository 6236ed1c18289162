"""``manage.py serve``: the web server and the speech worker on one machine, supervised."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from socket import socket
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from accounts import demo
from coachsite import serving
from coachsite.serving import CannotServe
from coachsite.supervisor import StartFailed, Supervisor

KINDS = {"vad": "hearing", "stt": "transcript", "llm": "answers", "tts": "voice"}


class Command(BaseCommand):
    help = (
        "Run the web server and the speech worker until Ctrl-C or SIGTERM. Where they listen and which "
        "engines they use comes from the environment: see docs/settings.md."
    )
    # The web server runs the checks itself when it starts; twice would only be slower.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--prepare",
            action="store_true",
            help="migrate both databases first, and seed the demo if it is one",
        )

    def handle(self, *args: Any, prepare: bool, **options: Any) -> None:
        try:
            with serving.bind(settings.COACH_HOST, settings.COACH_PORT) as listener:
                if prepare:
                    self._prepare()
                _refuse_what_is_not_ready()
                serving.listen(listener)
                self._serve(listener)
        except (CannotServe, StartFailed) as exc:
            raise CommandError(str(exc)) from exc
        except KeyboardInterrupt:  # before there was anything to end
            pass
        self._say("Stopped.")

    def _serve(self, listener: socket) -> None:
        # Asked here: while children run there is an event loop, in which the ORM may not be used.
        self._accounts_open = settings.COACH_DEMO and demo.demo_password_in_use()
        connections.close_all()
        self._say("Starting ...")
        with serving.socket_folder() as folder:
            address = settings.COACH_TTS_ADDRESS
            own_worker = settings.COACH_TTS in ("auto", "worker") and not address
            if own_worker:
                address = f"unix://{folder / 'tts.sock'}"
            children = [serving.web_server(listener, {"COACH_TTS_ADDRESS": address})]
            if own_worker:
                children.append(serving.speech_worker(settings.BASE_DIR, address))
            Supervisor(children, on_ready=self._welcome, say=self._say, folder=settings.BASE_DIR).run()

    def _prepare(self) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        if settings.COACH_DEMO:
            call_command("seed_demo", verbosity=0)

    def _welcome(self, told: dict[str, str]) -> None:
        """What whoever started it needs to know, once everything answers."""
        web = json.loads(told["web server"])
        if web["health"]:
            self._say(f"The web server answers, but is not well: {web['health']}.")
        if "speech worker" in told:
            # "worker" is all that the web server knows of it; it says itself what it speaks with.
            web["engines"]["tts"] = told["speech worker"].split()[-1]
        host = f"[{settings.COACH_HOST}]" if ":" in settings.COACH_HOST else settings.COACH_HOST
        self._say("", f"Coachsite is at http://{host}:{settings.COACH_PORT}", "")
        for kind, word in KINDS.items():
            self._say(f"  {word:<12}{web['engines'].get(kind, 'none')}")
        if self._accounts_open:
            self._say("", f"Sign in with the password {demo.PASSWORD} as")
            self._say(*(f"  {email}" for email in (demo.ADMIN, demo.COACH, demo.TRAINEE)))
        self._say("", "Ctrl-C ends it.")

    def _say(self, *lines: str) -> None:
        for line in lines:
            self.stdout.write(line)
        self.stdout.flush()


def _refuse_what_is_not_ready() -> None:
    """Raises :class:`CannotServe` where a database is not up to date, or strangers could sign in."""
    serving.require_migrated()
    if not serving.is_loopback(settings.COACH_HOST) and demo.demo_password_in_use():
        raise CannotServe(
            f"COACH_HOST: {settings.COACH_HOST} can be reached from other machines, and a demo account still "
            f"has the password {demo.PASSWORD!r}, which everybody knows: give the demo accounts other "
            "passwords, or serve on 127.0.0.1"
        )
