"""The voice whose sound says which words are in it, decoded after all that may happen on the way."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import numpy as np
import pytest

from voice.audio import StreamResampler
from voice.engines.base import Pcm, Voice, Word
from voice.engines.tts_silent import SilentTts
from voice.engines.tts_tones import MAX_WORDS, TonesTts, decode_words

pytestmark = pytest.mark.engine


def speak(engine: TonesTts | SilentTts, *phrases: str) -> list[tuple[Pcm, tuple[Word, ...]]]:
    """The sound and the words of each phrase of one reply."""

    async def run() -> list[tuple[Pcm, tuple[Word, ...]]]:
        reply, found = engine.open(Voice()), []
        for phrase in phrases:
            async with aclosing(reply.speak(phrase)) as speaking:
                pieces = [piece async for piece in speaking]
            pcm = np.frombuffer(b"".join(piece.pcm for piece in pieces), "<i2")
            found.append((pcm, tuple(word for piece in pieces for word in piece.words)))
        await reply.aclose()
        return found

    return asyncio.run(run())


def test_it_numbers_words_through_the_phrases_of_a_reply_and_times_them_in_each() -> None:
    (first, words), (second, more) = speak(TonesTts(), "Good morning.", "How are you?")
    assert words == (Word("Good", 0, 200), Word("morning.", 240, 440))
    assert more == (Word("How", 0, 200), Word("are", 240, 440), Word("you?", 480, 680))
    assert [number for number, _, _ in decode_words(first, 24_000)] == [0, 1]
    assert decode_words(second, 24_000) == [(2, 0, 200), (3, 240, 440), (4, 480, 680)]


@pytest.mark.parametrize(
    ("source", "target"), [(24_000, 16_000), (16_000, 48_000), (22_050, 16_000), (48_000, 24_000)]
)
def test_it_is_decoded_after_a_change_of_rate(source: int, target: int) -> None:
    ((pcm, words),) = speak(TonesTts(rate=source, word_ms=80, gap_ms=20), "word " * MAX_WORDS)
    heard = decode_words(StreamResampler(source, target).feed(pcm, last=True), target)
    assert [number for number, _, _ in heard] == list(range(MAX_WORDS))
    for (_, start, end), word in zip(heard, words, strict=True):
        assert (start, end) == (pytest.approx(word.start_ms, abs=10), pytest.approx(word.end_ms, abs=10))


def test_it_is_decoded_from_a_quiet_and_noisy_recording() -> None:
    ((pcm, _),) = speak(TonesTts(), "one two three four five")
    noise = np.random.default_rng(7).normal(0, 100, len(pcm))
    heard = decode_words((pcm * 0.3 + noise).astype(np.int16), 24_000)
    assert [number for number, _, _ in heard] == [0, 1, 2, 3, 4]


def test_it_shows_what_was_cut_left_out_paused_and_played_twice() -> None:
    ((pcm, _),) = speak(TonesTts(gap_ms=0), "one two three four")
    ms = 24
    pause = np.zeros(100 * ms, np.int16)
    cut = pcm[: 300 * ms]  # in the middle of word 1
    assert decode_words(cut, 24_000) == [(0, 0, 200), (1, 200, 300)]
    paused = np.concatenate([cut, pause, pcm[300 * ms : 400 * ms]])
    assert decode_words(paused, 24_000) == [(0, 0, 200), (1, 200, 300), (1, 400, 500)]
    left_out = np.concatenate([cut, pcm[500 * ms : 600 * ms], pcm[: 200 * ms]])
    assert [number for number, _, _ in decode_words(left_out, 24_000)] == [0, 1, 2, 0]


@pytest.mark.parametrize("sound", [b"", bytes(9600), np.full(9600, 90, "<i2").tobytes()])
def test_it_hears_no_words_in_silence(sound: bytes) -> None:
    assert decode_words(sound, 16_000) == []


def test_it_can_stand_for_an_engine_without_timings() -> None:
    ((pcm, words),) = speak(TonesTts(timings=False), "one two")
    assert words == ()
    assert [number for number, _, _ in decode_words(pcm, 24_000)] == [0, 1]


def test_it_stops_at_once_when_it_is_closed() -> None:
    async def run() -> int:
        reply, size = TonesTts().open(Voice()), 0
        async with aclosing(reply.speak("one two three")) as pieces:
            async for piece in pieces:
                size += len(piece.pcm)
                await reply.aclose()
        return size

    assert asyncio.run(run()) == 0


def test_it_goes_on_in_writing_without_a_voice() -> None:
    ((pcm, words),) = speak(SilentTts(), "Good morning.")
    assert (len(pcm), words) == (0, (Word("Good", 0, 0), Word("morning.", 0, 0)))
