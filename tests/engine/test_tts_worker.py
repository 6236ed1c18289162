"""The real speech worker with the real espeak-ng: sound, words, streams, cancel."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.engine.raw_client import RawClient, Utterance, connected
from voice.engines.base import Pcm

pytestmark = pytest.mark.engine

LONG = "I bought this phone from you three weeks ago, and it has already died twice. Nobody called me back. "


def say(address: str, text: str, **data: object) -> Utterance:
    async def run() -> Utterance:
        async with connected(address) as client:
            return await client.say(text, **data)

    return asyncio.run(run())


def samples(found: Utterance) -> Pcm:
    return np.frombuffer(bytes(found.pcm), "<i2")


def rms(part: Pcm) -> float:
    return float(np.sqrt(np.mean(part.astype(float) ** 2))) if len(part) else 0.0


def between(found: Utterance, start_ms: float, end_ms: float) -> Pcm:
    return samples(found)[int(start_ms * found.rate / 1000) : int(end_ms * found.rate / 1000)]


def onsets_ms(found: Utterance, gap_ms: float = 120.0) -> list[float]:
    """Where sound begins after at least ``gap_ms`` of silence: measured, not told."""
    loud = np.flatnonzero(np.abs(samples(found).astype(int)) > 100) * 1000 / found.rate
    return [float(loud[0])] + [float(b) for a, b in pairwise(loud) if b - a > gap_ms]


# -- words ---------------------------------------------------------------------------------------------------


def test_it_says_every_word_in_order_within_the_sound_and_before_it_is_heard(worker: str) -> None:
    text = "Hello there, my friend. It's £499 for the set!"
    found = say(worker, text)
    assert found.rate == 22050
    assert [word for word, _, _ in found.words] == text.split()
    assert found.words[0][1] == 0.0
    assert all(left[2] == right[1] for left, right in pairwise(found.words))
    assert found.duration_ms - 30 < found.words[-1][2] <= found.duration_ms + 0.1
    assert found.late == []
    assert all(rms(between(found, start, end)) > 500 for _, start, end in found.words)


def test_it_times_words_where_their_sound_really_begins(worker: str) -> None:
    text = "Apple. Banana. Peach. Fish. House. Yellow. Vision. Thing. Water."
    found = say(worker, text)
    measured = onsets_ms(found)
    assert len(measured) == len(found.words) == 9
    # the mark lies at the end of the pause, at most the soft beginning of a fricative or vowel early
    assert all(-10 <= real - start <= 60 for real, (_, start, _) in zip(measured, found.words, strict=True))


def test_it_gives_a_price_all_of_its_time(worker: str) -> None:
    found = say(worker, "It's £499 now")
    (_, start, end), (_, _, before) = found.words[1], found.words[0]
    assert [word for word, _, _ in found.words] == ["It's", "£499", "now"]
    assert start == before
    assert end - start > 1200  # "four hundred and ninety-nine pounds"
    assert rms(between(found, end - 200, end)) > 500


def test_it_speaks_faster_and_slower(worker: str) -> None:
    normal, slow, fast = (say(worker, LONG, speed=speed).duration_ms for speed in (1.0, 0.7, 1.5))
    assert slow > 1.25 * normal
    assert fast < 0.75 * normal


def test_it_sounds_different_in_each_voice(worker: str) -> None:
    def brightness(voice: dict[str, str]) -> float:
        spectrum = np.abs(np.fft.rfft(samples(say(worker, LONG, voice=voice)).astype(float)))
        return float((spectrum * np.arange(len(spectrum))).sum() / spectrum.sum() / len(spectrum))

    voices = [{"name": name} for name in ("en-us", "en-us+f3", "en-us+m3", "en-gb")]
    heard = [round(brightness(voice), 3) for voice in voices]
    assert len(set(heard)) == 4, heard


# -- odd texts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "   \n ", "...", "— ?! …", "\x00\x07", "\u200b"])
def test_it_makes_no_sound_of_what_has_none(worker: str, text: str) -> None:
    found = say(worker, text)
    assert not found.pcm
    assert [word for word, _, _ in found.words] in (text.split(), [])


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("日本語 テスト", "ja"),
        ("你好。很高兴认识你。", "zh"),
        ("Привет, мир!", "ru"),
        ("مرحبا بالعالم", "ar"),
        ("Grüß Gott, schöne Überraschung", "de"),
        ("ok 🙂 fine 👩‍👩‍👧", "en"),
        ("a\u0301 b\x00c d\ue000", "en"),
        ("<speak>not markup</speak> & [[h@l'oU]]", "en"),
    ],
)
def test_it_speaks_other_scripts_emoji_and_what_looks_like_markup(
    worker: str, text: str, language: str
) -> None:
    found = say(worker, text, voice={"language": language})
    assert [word for word, _, _ in found.words] == text.split()
    assert all(0 <= start <= end <= found.duration_ms + 0.1 for _, start, end in found.words)
    assert rms(samples(found)) > 500


def test_it_speaks_five_thousand_characters_with_every_word_timed(worker: str) -> None:
    text = (LONG * 60)[:5000].rstrip()
    found = say(worker, text)
    assert [word for word, _, _ in found.words] == text.split()
    assert all(left[2] <= right[1] for left, right in pairwise(found.words))
    assert found.late == []
    assert 200_000 < found.duration_ms < 500_000
    assert found.words[-1][2] == pytest.approx(found.duration_ms, abs=30)


def test_it_gives_a_word_longer_than_a_segment_in_parts(worker: str) -> None:
    found = say(worker, "x" * 700)
    assert "".join(word for word, _, _ in found.words) == "x" * 700


# -- several texts on one connection -------------------------------------------------------------------------


def test_it_pauses_between_the_phrases_of_a_connection_as_their_ends_ask(worker: str) -> None:
    async def run() -> list[Utterance]:
        async with connected(worker) as client:
            for text in ("Yes.", "Well,", "then come."):
                await client.send("synthesize", text=text)
            return [await client.utterance() for _ in range(3)]

    first, second, third = asyncio.run(run())
    assert first.words[0][1] == 0.0
    assert second.words[0][1] == pytest.approx(300, abs=25)
    assert third.words[0][1] == pytest.approx(150, abs=25)
    assert rms(between(second, 0, 290)) < 10
    assert rms(between(second, 300, second.duration_ms)) > 500


def test_it_speaks_a_text_that_is_still_being_written(worker: str) -> None:
    async def run() -> tuple[float, Utterance, str]:
        async with connected(worker) as client:
            await client.send("synthesize-start", voice={"name": "en-us"})
            for chunk in ("Good mor", "ning. How", " are you"):
                await client.send("synthesize-chunk", text=chunk)
            begun = await client.until("audio-chunk")  # before the text is complete
            await client.send("synthesize-chunk", text=" today?")
            await client.send("synthesize", text="Good morning. How are you today?")  # for servers that can't
            await client.send("synthesize-stop")
            rest = await client.utterance()
            stopped = await client.receive()
            assert stopped is not None
            return begun.data["timestamp"], rest, stopped.type

    timestamp, rest, last = asyncio.run(run())
    assert timestamp == 0
    assert [word for word, _, _ in rest.words][-3:] == ["are", "you", "today?"]
    assert last == "synthesize-stopped"


# -- cancel and many at once ---------------------------------------------------------------------------------


async def _first_sound(client: RawClient, text: str) -> None:
    await client.send("synthesize", text=text)
    await client.until("audio-chunk")


def test_it_sends_little_sound_after_a_cancel_and_speaks_on(worker: str) -> None:
    async def run() -> tuple[float, Utterance]:
        async with connected(worker) as client:
            await _first_sound(client, LONG * 50)
            await client.send("synthesize", text="never to be heard")
            await client.send("cancel")
            late_bytes = 0
            while (event := await client.receive()) is not None and event.type != "cancelled":
                late_bytes += len(event.payload or b"")
            return late_bytes / 2 / 22050, await client.say("Hello again.")

    late_s, found = asyncio.run(run())
    # Five minutes were asked for; what lies in the buffers on the way is less than ten seconds.
    assert late_s < 20
    assert [word for word, _, _ in found.words] == ["Hello", "again."]
    assert found.words[0][1] == 0.0


def test_it_is_not_held_up_by_a_client_that_does_not_read(worker: str) -> None:
    async def run() -> tuple[list[str], int]:
        async with connected(worker) as lazy:
            await lazy.send("synthesize", text=LONG * 90)
            async with connected(worker) as client:
                heard = await client.say("Hello.")
            found = await lazy.utterance()  # and nothing of it was lost
            return [word for word, _, _ in heard.words], len(found.words)

    assert asyncio.run(run()) == (["Hello."], len((LONG * 90).split()))


def _likeness(one: Utterance, other: Utterance) -> float:
    """Correlation of how loud each word is in each of 24 bands: 1 for the same words in the same voice."""
    a, b = _bands_by_word(one), _bands_by_word(other)
    count = min(len(a), len(b))
    return float(np.corrcoef(a[:count].ravel(), b[:count].ravel())[0, 1])


def _bands_by_word(found: Utterance) -> NDArray[np.float64]:
    """In dB, shape (words, 24)."""
    powers = [
        np.abs(np.fft.rfft(between(found, start, end).astype(float))) ** 2 for _, start, end in found.words
    ]
    return np.array(
        [[10 * np.log10(band.mean() + 1e5) for band in np.array_split(power[1:], 24)] for power in powers]
    )


def test_it_gives_eight_connections_at_once_what_each_would_get_alone(worker: str) -> None:
    texts = [
        "My phone has died twice, and I want my money back today.",
        "Tell me about a time when you disagreed with your manager.",
        "We already have a supplier, and we are quite happy with him.",
        "What is it that worries you most about the operation?",
        "I would rather see the numbers before we talk about price.",
        "Nobody told me that I would have to wait for three weeks.",
        "Let us go through the calendar and find another afternoon.",
        "She said that the parcel was left with a neighbor on Monday.",
    ]
    voices = [{"name": f"en-us+{name}"} for name in ("f1", "f2", "f3", "f4", "m1", "m2", "m3", "m4")]

    async def one(text: str, voice: dict[str, str]) -> Utterance:
        async with connected(worker) as client:
            return await client.say(text, voice=voice)

    async def run() -> tuple[list[Utterance], list[Utterance]]:
        pairs = list(zip(texts, voices, strict=True))
        alone = [await one(*pair) for pair in pairs]
        return alone, list(await asyncio.gather(*(one(*pair) for pair in pairs)))

    alone, together = asyncio.run(run())
    for before, after in zip(alone, together, strict=True):
        # espeak-ng's oscillators run on from text to text: alone too, lengths differ by up to 25 ms
        assert [word for word, _, _ in after.words] == [word for word, _, _ in before.words]
        assert after.duration_ms == pytest.approx(before.duration_ms, abs=40)
        for (_, *times), (_, *expected) in zip(after.words, before.words, strict=True):
            assert times == pytest.approx(expected, abs=40)
        assert _likeness(after, before) > 0.95
    # the measure tells them apart
    assert all(_likeness(a, b) < 0.9 for at, a in enumerate(together) for to, b in enumerate(alone) if at != to)
