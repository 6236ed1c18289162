"""The trainee's side of a conversation: from the first sound of an utterance to the turn that is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from voice.backchannel import words_of
from voice.errors import BadEvent, RateLimited
from voice.hearing import Hearing, Said
from voice.history import History
from voice.listener import Listener, Spawn
from voice.narrator import Narrator
from voice.segmenter import SpeechEvent, SpeechStarted
from voice.table import Event, TextHeard

TURNS_WAITING = 64
"""Turns that may wait for their transcript; more are refused with ``rate_limited``."""


@dataclass(frozen=True, slots=True)
class Cause:
    """The spoken turn that a reply answers: when the speech in it ended, and what it took to notice and to
    transcribe it (``vad_lag_ms``, ``stt_ms``)."""

    ended_ms: float
    timings: dict[str, float] = field(default_factory=dict)


class Trainee:
    def __init__(
        self,
        *,
        listener: Listener,
        history: History,
        narrator: Narrator,
        clock: Callable[[], float],
        spawn: Spawn,
        tell: Callable[[Event], None],
        on_words: Callable[[], None],
    ) -> None:
        self.cause: Cause | None = None
        """Of the reply to come; None after a typed turn."""
        self.turns = self.backchannels = 0
        """How many there were since this connection began."""
        self._listener, self._history, self._narrator = listener, history, narrator
        self._clock, self._spawn, self._tell, self._on_words = clock, spawn, tell, on_words
        self._settling: asyncio.Task[None] | None = None
        self._late: dict[asyncio.Task[None], Callable[[], None]] = {}
        """Turns whose transcript is still to come, and those that were typed after them: who waits for it, and
        how it is kept if that comes to nothing."""
        self._latest: asyncio.Task[None] | None = None

    # -- an utterance ---------------------------------------------------------------------------------------

    def on_speech(self, event: SpeechEvent, now: float, min_silence_ms: float) -> None:
        """Speech began or paused: what was settled covers only what was said before."""
        hearing = self._listener.hearing
        if isinstance(event, SpeechStarted):
            self._stop_settling()
            if hearing is not None:
                hearing.said = None
        elif hearing is not None:
            hearing.timings["vad_lag_ms"] = max(0.0, now - event.at_ms - min_silence_ms)

    def settle(self) -> None:
        """Ask for the transcript of the open utterance; the machine is told when it is there."""
        self._stop_settling()
        hearing = self._listener.hearing
        if hearing is None:
            self._tell(TextHeard("", final=True))
        else:
            self._settling = self._spawn(self._settle(hearing))

    async def _settle(self, hearing: Hearing) -> None:
        said = await self._settled_text(hearing)
        if hearing is self._listener.hearing:
            hearing.said = said
            self._tell(TextHeard(said.text, final=True))

    async def _settled_text(self, hearing: Hearing) -> Said:
        said = await hearing.settle(self._clock)
        hearing.timings["stt_ms"] = said.settled_in_ms
        if said.error is not None:
            self._narrator.transcription_failed(hearing, said.error)
        return said

    def _stop_settling(self) -> None:
        if self._settling is not None:
            self._settling.cancel()
            self._settling = None

    def drop(self) -> None:
        """The utterance was nothing."""
        hearing = self._listener.detach()
        if hearing is not None:
            self._narrator.speech_stopped(hearing, hearing.fed_until_ms)
            hearing.close()

    def note_backchannel(self) -> None:
        """The utterance was a backchannel: kept, but no turn that anybody answers."""
        hearing = self._listener.hearing
        self.backchannels += 1
        if hearing is not None and hearing.guessed().text:
            turn = self._history.trainee_spoke(
                hearing, hearing.guessed(), ended_ms=hearing.fed_until_ms, kind="backchannel"
            )
            self._narrator.turn(hearing.item_id, turn)
        self.drop()

    # -- turns ----------------------------------------------------------------------------------------------

    def commit(self, ended_ms: float | None) -> None:
        """The open utterance is a turn; the speech in it ended then (None: it was cut short)."""
        hearing = self._listener.detach()
        if hearing is None:
            return
        self._stop_settling()
        self.turns += 1
        if hearing.said is not None and not self._late:
            self._keep(hearing, hearing.said, ended_ms)
        else:
            self._later(
                self._keep_later(hearing, ended_ms, self._latest),
                otherwise=lambda: self._keep(hearing, hearing.guessed(), ended_ms),
            )

    def commit_at_once(self) -> None:
        """There is no time to wait for a transcript: keep what was understood so far."""
        hearing = self._listener.detach()
        if hearing is not None:
            self._keep(hearing, hearing.guessed(), None)

    def keep_late(self) -> None:
        """Nobody waits any longer: turns whose transcript did not come are kept as they were guessed, also
        those whose task was cancelled before its first step."""
        late, self._late = self._late, {}
        for keep in late.values():
            keep()

    def commit_manually(self) -> None:
        """Push-to-talk: the client says that this was a turn. Raises BadEvent, RateLimited."""
        if self._listener.hearing is None:
            raise BadEvent("There is no sound to commit.", hint="Append sound before you commit it.")
        self._make_room()
        self.commit(None)

    def type(self, text: str, item_id: str | None) -> None:
        """A typed turn. Raises BadEvent, RateLimited."""
        if not text:
            raise BadEvent("The turn has no text.", hint="Send a message item with input_text.")
        if self._late:
            self._make_room()
        self.turns += 1
        if self._late:
            self._later(
                self._type_later(text, item_id, self._latest),
                otherwise=lambda: self._keep_typed(text, item_id),
            )
        else:
            self._keep_typed(text, item_id)

    def clear(self) -> None:
        """Push-to-talk: forget what was not committed."""
        if self._listener.manual:
            self._listener.drop()
        self._narrator.input_cleared()

    @property
    def pending(self) -> Said | None:
        """What the open utterance was settled as, if that is no turn yet."""
        return self._listener.hearing.said if self._listener.hearing is not None else None

    @property
    def is_late(self) -> bool:
        """Whether a turn still waits for its transcript."""
        return bool(self._late)

    async def settled(self) -> None:
        """Wait until every turn has its transcript (5 s at most for each)."""
        while waiting := [task for task in self._late if not task.done()]:
            await asyncio.wait(waiting)

    def _make_room(self) -> None:
        if len(self._late) >= TURNS_WAITING:
            raise RateLimited("Too many turns wait for their transcript.")

    def _later(self, work: Coroutine[Any, Any, None], *, otherwise: Callable[[], None]) -> None:
        """Turns are kept in the order in which they were said, whichever transcript is first."""
        self._latest = self._spawn(work)
        self._late[self._latest] = otherwise

    async def _keep_later(
        self, hearing: Hearing, ended_ms: float | None, previous: asyncio.Task[None] | None
    ) -> None:
        said = await self._settled_text(hearing)
        await self._my_turn(previous)
        self._keep(hearing, said, ended_ms)

    async def _type_later(self, text: str, item_id: str | None, previous: asyncio.Task[None] | None) -> None:
        await self._my_turn(previous)
        self._keep_typed(text, item_id)

    async def _my_turn(self, previous: asyncio.Task[None] | None) -> None:
        """Wait for the turn before; from here on the running task keeps its own."""
        if previous is not None:
            await asyncio.wait([previous])
        task = asyncio.current_task()
        assert task is not None
        del self._late[task]

    def _keep(self, hearing: Hearing, said: Said, ended_ms: float | None) -> None:
        """Keep it and tell the client; nothing to keep if no word was understood. Without a pause that ended it
        (push-to-talk, cut short) it ended with its last word: a finger on a key is no speech."""
        if ended_ms is None:
            ended_ms = min(said.words[-1].end_ms, hearing.fed_until_ms) if said.words else hearing.fed_until_ms
        self._narrator.speech_stopped(hearing, ended_ms)
        hearing.close()
        if not words_of(said.text):
            self._narrator.nothing_said(hearing, said)
            return
        self._on_words()
        self.cause = Cause(ended_ms, hearing.timings)
        turn = self._history.trainee_spoke(hearing, said, ended_ms=ended_ms, kind="speech")
        self._narrator.trainee_turn(hearing.item_id, turn, sound_s=hearing.fed_s)

    def _keep_typed(self, text: str, item_id: str | None) -> None:
        self._on_words()
        self.cause = None
        turn = self._history.trainee_typed(text, at_ms=self._clock())
        self._narrator.trainee_turn(item_id or self._narrator.new_id("item"), turn)
