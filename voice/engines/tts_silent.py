"""No voice: the conversation goes on in writing. For machines without a speech worker, and for typing."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from voice.engines.base import SpeechPiece, SpokenReply, TtsEngine, Voice, Word

RATE = 16_000


class SilentTts(TtsEngine):
    """No phrase has any sound; its words take no time, so they count as heard as soon as they were shown."""

    name = "none"
    embedded = True

    def open(self, voice: Voice) -> SpokenReply:
        return _SilentReply()


class _SilentReply(SpokenReply):
    @property
    def sample_rate(self) -> int:
        return RATE

    async def speak(self, phrase: str) -> AsyncGenerator[SpeechPiece, None]:
        yield SpeechPiece(words=tuple(Word(text, 0.0, 0.0) for text in phrase.split()))

    async def aclose(self) -> None:
        pass
