"""What happens because time passes: the time limit, silence, idleness, a trainee who does not stop talking. A
decision: no I/O, no clock."""

from __future__ import annotations

from dataclasses import dataclass

from voice.table import Occasion, State

CUT_IN_AFTER_S = 20.0
"""So long past the time limit the trainee may finish his turn; then the avatar cuts in."""
LATEST_END_S = 60.0
"""So long past the time limit the conversation ends, whoever is speaking."""
SILENCE_PROMPTS = 2
"""The avatar asks this often in a row whether the trainee is still there."""

Ending = str
"""The reason why the conversation ends: ``time_limit`` or ``idle``."""


@dataclass(frozen=True, slots=True)
class Speak:
    """The avatar is to speak of its own accord."""

    occasion: Occasion


@dataclass(slots=True)
class Timekeeper:
    """Times are conversation ms, limits s."""

    time_limit_s: float
    silence_prompt_s: float
    """0: it never asks."""
    idle_limit_s: float
    last_word_ms: float
    quiet_since_ms: float
    prompts: int = 0
    closing: bool = False
    """The avatar was told to close the scene."""
    cut_in_after_s: float = 0.0
    """So long the trainee may talk in one go before the avatar takes the floor; 0: as long as he likes."""
    talking_since_ms: float | None = None
    """Short pauses within what he says count as talking."""

    def moved(self, state: State, now: float) -> None:
        """The floor changed hands."""
        self.quiet_since_ms = now
        if state not in (State.HEARING, State.DECIDING):
            self.talking_since_ms = None
        elif self.talking_since_ms is None:
            self.talking_since_ms = now

    def ask_now(self, now: float) -> None:
        """The avatar broke off for what turned out to be nothing: don't wait through the silence first."""
        self.quiet_since_ms = now - self.silence_prompt_s * 1000

    def trainee_said_something(self, now: float) -> None:
        self.last_word_ms = now
        self.prompts = 0

    def occasion_for(self, occasion: Occasion, now: float) -> Occasion:
        """What a reply that begins now is for: once time is up, an answer closes the scene."""
        if occasion == "answer" and now >= self.time_limit_s * 1000:
            occasion = "closing"
        self.closing |= occasion == "closing"
        return occasion

    def due(
        self, state: State, now: float, *, speaking: Occasion | None, listening_to_sound: bool
    ) -> Speak | Ending | None:
        """What is to happen now. ``speaking``: why the avatar speaks, if it does; ``listening_to_sound``: an
        utterance is open (push-to-talk)."""
        overtime_s = now / 1000 - self.time_limit_s
        if overtime_s >= LATEST_END_S:
            return "time_limit"
        if state in (State.THINKING, State.SPEAKING, State.YIELDING):
            if speaking != "silence":
                self.last_word_ms = now
            return None
        if overtime_s >= 0:
            return self._close(state, overtime_s)
        if state is State.LISTENING:
            return self._mind_silence(now, listening_to_sound=listening_to_sound)
        if state is State.HEARING and self._talks_too_long(now):
            return Speak("answer")
        return None

    def _talks_too_long(self, now: float) -> bool:
        limit_ms = self.cut_in_after_s * 1000
        return self.talking_since_ms is not None and 0 < limit_ms <= now - self.talking_since_ms

    def _close(self, state: State, overtime_s: float) -> Speak | Ending | None:
        if self.closing:
            # It was interrupted in that; what matters has been said.
            return "time_limit" if state is State.LISTENING else None
        return Speak("closing") if state is State.LISTENING or overtime_s >= CUT_IN_AFTER_S else None

    def _mind_silence(self, now: float, *, listening_to_sound: bool) -> Speak | Ending | None:
        if now - self.last_word_ms >= self.idle_limit_s * 1000:
            return "idle"
        long_enough = 0 < self.silence_prompt_s * 1000 <= now - self.quiet_since_ms
        if not long_enough or self.prompts >= SILENCE_PROMPTS or listening_to_sound:
            return None
        self.prompts += 1
        return Speak("silence")
