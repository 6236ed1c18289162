"""``manage.py talk``: hold a conversation without a browser, with recorded speech."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django_scopes import scopes_disabled

from accounts.demo import TRAINEE
from accounts.models import User
from accounts.vault import PersonErased
from coachsite.serving import CannotServe, require_migrated, socket_folder, speech_worker
from coachsite.supervisor import StartFailed, running
from memory.conversations import UnknownScenario, load_context, mark_interrupted, start_conversation
from memory.records import TurnRecord
from reports.analysis import report_json
from voice.errors import VoiceError
from voice.live import CUT_OFF, LiveConversation
from voice.rehearsal import OUTPUT_RATE, Rehearsal
from voice.wavfile import BadRecording, read_wav, write_wav

REPORT_WITHIN_S = 60.0
LONGEST_BARGE_IN_MS = 600_000
USAGE = 2
"""Exit code for input that can't be used."""


class Command(BaseCommand):
    help = "Hold a conversation without a browser: each WAV file is one thing the trainee says."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("scenario", help="short name of a published scenario, e.g. angry-customer")
        parser.add_argument(
            "--say", action="append", required=True, type=Path, metavar="FILE.wav",
            help="something the trainee says, any rate, mono or stereo; may be given several times",
        )  # fmt: skip
        parser.add_argument(
            "--barge-in", metavar="MS",
            help="begin the second file and those after it MS after the answer's first sound, instead of after "
            "its last; a single file: after the first sound of the opening line",
        )  # fmt: skip
        parser.add_argument(
            "--out", type=Path, metavar="FILE.wav", help="both voices: trainee left, avatar right"
        )
        parser.add_argument("--json", action="store_true", help="end with one JSON object")
        parser.add_argument(
            "--as", dest="email", default="", metavar="EMAIL",
            help="who the trainee is; where there is the demo, its trainee if this is left out",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._talk(**options)
        except KeyboardInterrupt:  # before the conversation began, or while its report was waited for
            raise CommandError("interrupted", returncode=128 + signal.SIGINT) from None

    def _talk(self, *, scenario: str, say: list[Path], out: Path | None, email: str, **options: Any) -> None:
        barge_in_ms = _milliseconds(options["barge_in"])
        rehearsal = Rehearsal([_recording(path) for path in say], barge_in_ms=barge_in_ms)
        with _writable(out):
            try:
                require_migrated()
            except CannotServe as exc:
                raise CommandError(str(exc)) from exc
            trainee = _trainee(email)
            conversation_id = _begin(trainee, scenario)
            reason = self._hold(trainee, conversation_id, rehearsal)
            if out is not None:
                _write(out, rehearsal)
        for error in rehearsal.errors:
            self.stderr.write(f"{error.code}: {error.message} {error.hint or ''}".strip())
        if rehearsal.said < len(say):
            self.stderr.write(f"Said {rehearsal.said} of {len(say)} recordings; then it was over: {reason}.")
        self._print(conversation_id, as_json=options["json"])

    def _hold(self, user: User, conversation_id: UUID, rehearsal: Rehearsal) -> str:
        """Why it ended. Whatever breaks it off, it is left so that it can be taken up again."""
        holding = _Holding(self._say_engines, self._say_written)
        try:
            reason = asyncio.run(holding.run(user, conversation_id, rehearsal))
        except VoiceError as exc:
            raise CommandError(f"{exc} {exc.hint}".strip()) from exc
        except (CannotServe, StartFailed) as exc:
            raise CommandError(str(exc)) from exc
        except asyncio.CancelledError:
            reason = "disconnected"
        finally:
            if holding.live is None:  # it never was; else it has been left in order
                mark_interrupted(conversation_id=conversation_id)
        if reason not in CUT_OFF:
            return reason
        kept = f"conversation {conversation_id} is kept as interrupted"
        if holding.stopped_by:
            raise CommandError(f"stopped; {kept}", returncode=128 + holding.stopped_by)
        raise CommandError(f"the conversation broke off ({reason}); {kept}")

    def _say_engines(self, live: LiveConversation) -> None:
        used = (f"{kind}: {what.name}" for kind, what in live.engines.engines.items())
        self.stdout.write(f"engines  {', '.join(used)}")
        self.stdout.flush()

    def _say_written(self, why: str) -> None:
        self.stderr.write(f"The avatar answers in writing: {why}.")

    def _print(self, conversation_id: UUID, *, as_json: bool) -> None:
        turns = load_context(conversation_id=conversation_id).turns
        for turn in turns:
            self.stdout.write(_line(turn))
        report = _await_report(conversation_id)
        self.stdout.write(f"report   {report.get('status', 'not there yet')}")
        for metric in report.get("metrics", {}).values():
            self.stdout.write(_measured(metric))
        if as_json:
            result = {
                "conversation": str(conversation_id),
                "turns": [turn.to_json() for turn in turns],
                "report": report,
            }
            self.stdout.write(json.dumps(result, ensure_ascii=False))


# -- what was asked for --------------------------------------------------------------------------------------


def _recording(path: Path) -> Any:
    try:
        return read_wav(path)
    except BadRecording as exc:
        raise CommandError(str(exc), returncode=USAGE) from exc


def _milliseconds(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= LONGEST_BARGE_IN_MS:
        problem = f"--barge-in {text}: allowed is a number of milliseconds from 0 to {LONGEST_BARGE_IN_MS}"
        raise CommandError(problem, returncode=USAGE)
    return value


@contextlib.contextmanager
def _writable(out: Path | None) -> Iterator[None]:
    """Makes sure, before anybody speaks, that the file can be written; leaves no empty one behind."""
    if out is None:
        yield
        return
    was_there = out.exists()
    try:
        with out.open("ab"):
            pass
    except OSError as exc:
        raise CommandError(f"{out}: can't be written ({exc.strerror})", returncode=USAGE) from exc
    try:
        yield
    except BaseException:
        if not was_there:
            out.unlink(missing_ok=True)
        raise


def _write(out: Path, rehearsal: Rehearsal) -> None:
    try:
        write_wav(out, rehearsal.recording(), OUTPUT_RATE)
    except OSError as exc:
        raise CommandError(f"{out}: could not be written ({exc.strerror})") from exc


def _trainee(email: str) -> User:
    with scopes_disabled():
        user = User.objects.filter(email__iexact=email or TRAINEE, is_active=True).first()
    if user is None:
        problem = f"{email}: nobody has this address" if email else "say who speaks with --as EMAIL"
        raise CommandError(problem, returncode=USAGE)
    return user


def _begin(user: User, scenario: str) -> UUID:
    try:
        conversation_id: UUID = start_conversation(trainee=user, scenario_slug=scenario).pk
    except UnknownScenario as exc:
        raise CommandError(f"{scenario}: no published scenario has this name", returncode=USAGE) from exc
    except PersonErased as exc:
        raise CommandError(f"{user.email}: this person is being erased", returncode=USAGE) from exc
    return conversation_id


# -- the conversation ----------------------------------------------------------------------------------------


class _Holding:
    """One run of the event loop, which Ctrl-C and SIGTERM end in order: what was said is kept first."""

    def __init__(
        self, say_engines: Callable[[LiveConversation], None], say_written: Callable[[str], None]
    ) -> None:
        self.stopped_by = 0
        """The number of the signal, if one came."""
        self._say_engines, self._say_written = say_engines, say_written
        self.live: LiveConversation | None = None

    async def run(self, user: User, conversation_id: UUID, rehearsal: Rehearsal) -> str:
        task = asyncio.current_task()
        assert task is not None
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._stop, number, task)
        async with _voice(self._say_written):
            live = LiveConversation(user=user, conversation_id=conversation_id, door=rehearsal.door())
            await live.open()
            self.live = live
            self._say_engines(live)
            return await rehearsal.hold(live.conversation, live.hold)

    def _stop(self, number: int, task: asyncio.Task[str]) -> None:
        """The first signal hangs up; before there is a conversation, or when it comes again, it breaks off."""
        if self.live is not None and not self.stopped_by:
            self.live.hang_up("disconnected")
        else:
            task.cancel()
        self.stopped_by = self.stopped_by or number


@contextlib.asynccontextmanager
async def _voice(say_written: Callable[[str], None]) -> AsyncIterator[None]:
    """The speech worker that the settings name; where they name none, one of our own for as long as needed.
    Raises :class:`CannotServe`, :class:`StartFailed`."""
    if settings.COACH_TTS_ADDRESS or settings.COACH_TTS not in ("auto", "worker"):
        yield
        return
    with socket_folder() as folder:
        address = f"unix://{folder}/tts.sock"
        try:
            child = speech_worker(settings.BASE_DIR, address)
        except CannotServe as exc:
            if settings.COACH_TTS == "worker":
                raise
            say_written(str(exc))
            yield
            return
        async with running(child, folder=settings.BASE_DIR):
            settings.VOICE_ENGINES["tts"]["worker"]["options"]["address"] = address
            yield


# -- what came of it -----------------------------------------------------------------------------------------


def _line(turn: TurnRecord) -> str:
    minutes, seconds = divmod(turn.started_ms / 1000, 60)
    spoken = f"{turn.text} [not heard: {turn.unheard_text}]" if turn.unheard_text else turn.text
    gap = turn.timings.get("response_gap_ms")
    after = f"  (after {gap:.0f} ms)" if gap is not None else ""
    return f"{int(minutes):3d}:{seconds:04.1f}  {turn.speaker:<8} {spoken}{after}"


def _measured(metric: dict[str, Any]) -> str:
    """One metric as a line: its value with its unit, or why there is none."""
    value = metric["note"] if metric["value"] is None else f"{metric['value']:g} {metric['unit']}"
    return f"         {metric['title'].lower()}: {value}"


def _await_report(conversation_id: UUID) -> dict[str, Any]:
    """The report once it is there; ``{}`` if nobody computes it in time."""
    deadline = time.monotonic() + REPORT_WITHIN_S
    while time.monotonic() < deadline:
        report = report_json(conversation_id=conversation_id)
        if report is not None and report.get("status") in ("done", "failed"):
            return report
        time.sleep(0.1)
    return {}
