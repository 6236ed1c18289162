"""What is stored as heard is what a listener heard: the truth is decoded from the sound that he played.

The avatar speaks in tones (word k of a reply is a tone of frequency k); the listener plays what he is sent
at the speed of sound, a little later than it arrives, and falls silent as a real client does.
"""

from __future__ import annotations

import asyncio
import contextlib
import random

import pytest

from memory.records import TurnRecord
from tests.stage import FRAME_MS, Stage
from tests.virtual_time import run_virtual
from voice import events as wire
from voice.engines.tts_tones import TonesTts, decode_words
from voice.rehearsal import OUTPUT_RATE, Loudspeaker

TICK_MS = 10
STORY = " ".join(f"word{number}" for number in range(40)) + "."
BYTES_PER_TICK = OUTPUT_RATE * TICK_MS // 1000 * 2


class Listening:
    """A client whose loudspeaker starts ``latency_ms`` after sound arrives; ``played`` is what was heard."""

    def __init__(self, stage: Stage, *, latency_ms: int) -> None:
        self.stage, self.latency_ms = stage, latency_ms
        self.speaker = Loudspeaker()
        self.played = bytearray()
        self.cut_ms: float | None = None
        self._seen = 0

    async def run(self) -> None:
        ticks = 0
        while True:
            await asyncio.sleep(TICK_MS / 1000)
            self._take_events()
            sound = self.speaker.play(BYTES_PER_TICK)
            if self.speaker.item_id and self.cut_ms is None:
                self.played += sound
            ticks += 1
            if self.stage.pausable and ticks % 20 == 0:
                self._acknowledge()

    def _take_events(self) -> None:
        now = self.stage.conversation.now()
        while self._seen < len(self.stage.heard):
            at, event = self.stage.heard[self._seen]
            if isinstance(event, wire.OutputAudioDelta) and at + self.latency_ms > now:
                return
            self._seen += 1
            match event:
                case wire.OutputAudioDelta():
                    self.speaker.add(event.item_id, event.pcm)
                case wire.CoachOutputPause():
                    self.speaker.paused = True
                    self._acknowledge()
                case wire.CoachOutputResume():
                    self.speaker.paused = False
                case wire.SpeechStartedEvent() if not self.stage.pausable and self.speaker.item_id:
                    self._truncate()

    def _acknowledge(self) -> None:
        if self.speaker.item_id:
            self._tell(
                wire.CoachPlayback(
                    type="coach.playback", item_id=self.speaker.item_id, played_ms=self.speaker.played_ms
                )
            )

    def _truncate(self) -> None:
        """An OpenAI-style client drops its queue and says how far it was."""
        if self.cut_ms is None:
            self.cut_ms = self.speaker.played_ms
            self.speaker.clear()
            item_id, cut_ms = self.speaker.item_id, round(self.cut_ms)
            asyncio.get_running_loop().call_soon(
                self._tell,
                wire.ConversationItemTruncate(
                    type="conversation.item.truncate", item_id=item_id, audio_end_ms=cut_ms
                ),
            )

    def _tell(self, event: wire.Event) -> None:
        self.stage.conversation.receive(event)


async def interrupted_at(
    at_ms: int, *, pausable: bool, timings: bool, latency_ms: int
) -> tuple[TurnRecord, int]:
    """Speak over a reply ``at_ms`` after its first sound: the stored turn, and how many words were played."""
    stage = Stage(
        texts=("tell me a story", "wait a moment please let me say something"),
        tokens=[f"{word} " for word in STORY.split()],
        tts=TonesTts(word_ms=200, gap_ms=40, timings=timings),
        pausable=pausable,
        ahead_ms=2000.0 if pausable else 300.0,
    )
    running = asyncio.create_task(stage.open().run())
    listening = Listening(stage, latency_ms=latency_ms)
    client = asyncio.create_task(listening.run())
    await stage.sound((800, True), (600, False))
    await stage.sound(((at_ms // FRAME_MS) * FRAME_MS, False), (1200, True), (400, False))
    stage.conversation.hang_up("test_over")
    await running
    client.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await client
    (turn,) = (turn for turn in stage.turns.values() if turn.interrupted)
    heard = [
        k
        for k, start_ms, end_ms in decode_words(bytes(listening.played), OUTPUT_RATE)
        if end_ms - start_ms >= 100
    ]
    assert heard == list(range(len(heard))), "words are missing or doubled in what was played"
    return turn, len(heard)


@pytest.mark.parametrize("timings", [True, False], ids=["timed", "untimed"])
@pytest.mark.parametrize("pausable", [True, False], ids=["browser", "openai"])
def test_the_words_stored_as_heard_are_those_that_were_played(pausable: bool, timings: bool) -> None:
    chance = random.Random(f"{pausable} {timings}")
    off: list[int] = []
    most = 0
    for _ in range(50):
        at_ms, latency_ms = chance.randrange(400, 6000), chance.choice((0, 40, 120))
        turn, played = run_virtual(
            interrupted_at(at_ms, pausable=pausable, timings=timings, latency_ms=latency_ms)
        )
        assert f"{turn.text} {turn.unheard_text}".split() == STORY.split()
        off.append(len(turn.text.split()) - played)
        most = max(most, played)
    # An estimate knows no gap between words, so it may be off by one word; timings are exact to half a word.
    assert {abs(one) for one in off} <= {0, 1}, off
    assert most > 15, "the interruptions came too early to prove anything"
