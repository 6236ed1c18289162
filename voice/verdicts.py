"""What somebody says while the avatar has the floor: does it take the floor? A decision: no I/O, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from voice.backchannel import is_backchannel, is_echo, takes_the_floor, words_of

Verdict = Literal["interrupted", "false_alarm"]


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """Durations in ms."""

    window_ms: float = 500.0
    """Silence after which the trainee's turn has ended (the avatar's patience)."""
    speculate_after_ms: float = 100.0
    """Silence after which the transcript is settled and a reply begun, withheld."""
    speculations_per_turn: int = 3
    """So many replies are begun while a turn may still go on; after that the window is waited for first."""
    interrupt_after_ms: float = 500.0
    """Speech this long with words in it takes the floor although it has not paused."""
    unheard_interrupt_ms: float = 1500.0
    """Speech this long takes the floor even if no word of it was understood."""
    verdict_deadline_ms: float = 1500.0
    """How long after a pause the recognizer may take to say what it was."""
    language: str = "en"


@dataclass(slots=True)
class Speech:
    """One utterance, as far as it is known. Times in conversation ms."""

    started_ms: float
    paused_ms: float | None = None
    text: str = ""
    final: bool = False
    """The text covers everything up to the pause."""
    settling: bool = False
    """The final text was asked for."""

    def go_on(self) -> None:
        """The pause was none."""
        self.paused_ms, self.final, self.settling = None, False, False

    def takes_the_floor(self, playing: str, settings: TurnSettings) -> bool:
        return takes_the_floor(self.text, playing=playing, language=settings.language)

    def is_listening_noise(self, playing: str, settings: TurnSettings) -> bool:
        """A backchannel, and not the avatar's own voice coming back."""
        return is_backchannel(self.text, settings.language) and not is_echo(self.text, playing)

    def verdict(self, now: float, playing: str, settings: TurnSettings) -> Verdict | None:
        """None: too early to tell. Words that are all backchannel or echo don't take the floor however long
        they go on; a recognizer that is too late is answered for by the length of the speech."""
        real = self.takes_the_floor(playing, settings)
        if self.paused_ms is None:
            spoken_ms = now - self.started_ms
            if real and spoken_ms >= settings.interrupt_after_ms:
                return "interrupted"
            if spoken_ms < settings.unheard_interrupt_ms:
                return None
            return "false_alarm" if words_of(self.text) and not real else "interrupted"
        if not self.final:
            if now < self.paused_ms + settings.verdict_deadline_ms:
                return None
            real |= self.paused_ms - self.started_ms >= settings.interrupt_after_ms
        return "interrupted" if real else "false_alarm"

    def verdict_due(self, playing: str, settings: TurnSettings) -> float:
        """When :meth:`verdict` will know, if nothing else happens."""
        if self.paused_ms is not None:
            return self.paused_ms + settings.verdict_deadline_ms
        patience_ms = settings.unheard_interrupt_ms
        if self.takes_the_floor(playing, settings):
            patience_ms = min(patience_ms, settings.interrupt_after_ms)
        return self.started_ms + patience_ms
