"""Speaking through a client engine, and being refused, in one line each."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from voice.engines.base import SpokenReply, Word
from voice.errors import TtsUnavailable


async def speak(reply: SpokenReply, phrase: str) -> tuple[bytes, tuple[Word, ...]]:
    async with aclosing(reply.speak(phrase)) as pieces:
        found = [piece async for piece in pieces]
    return b"".join(piece.pcm for piece in found), tuple(word for piece in found for word in piece.words)


async def refusal(reply: SpokenReply, phrase: str = "Hello there.") -> TtsUnavailable:
    with pytest.raises(TtsUnavailable) as caught:
        await speak(reply, phrase)
    assert "Hello" not in str(caught.value)
    assert caught.value.hint
    return caught.value
