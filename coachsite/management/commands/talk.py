"""``manage.py talk``: hold a conversation without a browser, with recorded speech."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django_scopes import scopes_disabled

from accounts.models import User
from coachsite.serving import CannotServe, socket_folder, speech_worker
from memory.conversations import UnknownScenario, load_context, start_conversation
from memory.records import TurnRecord
from reports.analysis import report_json
from voice.errors import VoiceError
from voice.live import LiveConversation
from voice.rehearsal import OUTPUT_RATE, Rehearsal
from voice.wavfile import BadRecording, read_wav, write_wav

DEMO_TRAINEE = "trainee@demo.test"
REPORT_WITHIN_S = 60.0
USAGE = 2
"""Exit code for input that can't be used."""


class Command(BaseCommand):
    help = "Hold a conversation without a browser: each WAV file is one thing the trainee says."
    requires_migrations_checks = True

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("scenario", help="short name of a published scenario, e.g. angry-customer")
        parser.add_argument(
            "--say", action="append", required=True, type=Path, metavar="FILE.wav",
            help="something the trainee says, any rate, mono or stereo; may be given several times",
        )  # fmt: skip
        parser.add_argument(
            "--barge-in", type=_milliseconds, metavar="MS",
            help="begin the next one MS after the avatar's first sound, instead of after its last",
        )  # fmt: skip
        parser.add_argument(
            "--out", type=Path, metavar="FILE.wav", help="both voices: trainee left, avatar right"
        )
        parser.add_argument("--json", action="store_true", help="end with one JSON object")
        parser.add_argument("--as", dest="email", default="", metavar="EMAIL", help="who the trainee is")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            say = [read_wav(path) for path in options["say"]]
        except BadRecording as exc:
            raise CommandError(str(exc), returncode=USAGE) from exc
        out: Path | None = options["out"]
        if out is not None and not out.absolute().parent.is_dir():
            raise CommandError(f"{out}: there is no such folder to write to", returncode=USAGE)
        user = _trainee(options["email"])
        try:
            conversation = start_conversation(trainee=user, scenario_slug=options["scenario"])
        except UnknownScenario as exc:
            raise CommandError(
                f"{options['scenario']}: no published scenario has this name", returncode=USAGE
            ) from exc
        rehearsal = Rehearsal(say, barge_in_ms=options["barge_in"])
        try:
            asyncio.run(self._hold(user, conversation.pk, rehearsal))
        except (VoiceError, CannotServe) as exc:
            hint = f" ({exc.hint})" if isinstance(exc, VoiceError) else ""
            raise CommandError(f"{exc}{hint}") from exc
        if out is not None:
            write_wav(out, rehearsal.recording(), OUTPUT_RATE)
        self._print(conversation.pk, as_json=options["json"])

    async def _hold(self, user: User, conversation_id: Any, rehearsal: Rehearsal) -> None:
        async with _voice():
            live = LiveConversation(user=user, conversation_id=conversation_id, door=rehearsal.door())
            await live.open()
            used = (f"{kind}: {what['name']}" for kind, what in live.engines.engines.items())
            self.stdout.write(f"engines  {', '.join(used)}")
            await rehearsal.hold(live.conversation, live.hold)

    def _print(self, conversation_id: Any, *, as_json: bool) -> None:
        turns = load_context(conversation_id=conversation_id).turns
        for turn in turns:
            self.stdout.write(_line(turn))
        report = _await_report(conversation_id)
        self.stdout.write(f"report   {report.get('status', 'not there yet')}")
        if as_json:
            result = {
                "conversation": str(conversation_id),
                "turns": [turn.to_json() for turn in turns],
                "report": report,
            }
            self.stdout.write(json.dumps(result, ensure_ascii=False))


def _trainee(email: str) -> User:
    with scopes_disabled():
        user = User.objects.filter(email__iexact=email or DEMO_TRAINEE, is_active=True).first()
    if user is None:
        problem = f"{email}: nobody has this address" if email else "say who speaks with --as EMAIL"
        raise CommandError(problem, returncode=USAGE)
    return user


def _milliseconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < 600_000:
        raise argparse.ArgumentTypeError("a number of milliseconds from 0 to 600000")
    return value


@contextlib.asynccontextmanager
async def _voice() -> AsyncIterator[None]:
    """The speech worker that the settings name; where they name none, one of our own for as long as needed."""
    if settings.COACH_TTS_ADDRESS or settings.COACH_TTS == "none":
        yield
        return
    with socket_folder() as folder:
        address = f"unix://{folder}/tts.sock"
        child = speech_worker(settings.BASE_DIR, address)
        process = await asyncio.create_subprocess_exec(
            *child.command,
            cwd=settings.BASE_DIR,
            env={**os.environ, **child.environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            assert process.stdout is not None
            async with asyncio.timeout(child.ready_within_s):
                await child.ready(process.stdout)
            settings.VOICE_ENGINES["tts"]["worker"]["options"]["address"] = address
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


def _line(turn: TurnRecord) -> str:
    minutes, seconds = divmod(turn.started_ms / 1000, 60)
    spoken = f"{turn.text} [not heard: {turn.unheard_text}]" if turn.unheard_text else turn.text
    gap = turn.timings.get("response_gap_ms")
    after = f"  (after {gap:.0f} ms)" if gap is not None else ""
    return f"{int(minutes):3d}:{seconds:04.1f}  {turn.speaker:<8} {spoken}{after}"


def _await_report(conversation_id: Any) -> dict[str, Any]:
    """The report once it is there; ``{}`` if nobody computes it in time."""
    deadline = time.monotonic() + REPORT_WITHIN_S
    while time.monotonic() < deadline:
        report = report_json(conversation_id=conversation_id)
        if report is not None and report.get("status") in ("done", "failed"):
            return report
        time.sleep(0.1)
    return {}
