"""Holds many conversations at once in this process and takes down what each turn cost.

A :class:`Player` is one trainee and one client: it hands the conversation a frame whenever one is due and
notes when sound comes back. What belongs to the rig (timers, the list of frames, the notes) is inside the
figures for CPU and memory; it is small beside the loop's own share.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from benchmarks.clips import SENTENCE, Clip
from voice import events as wire
from voice.conversation import Conversation
from voice.engines.base import Pcm, VadEngine, VadStream
from voice.engines.timed import TimedLlm, TimedStt, TimedTts
from voice.listener import SAMPLES_PER_MS, ListenerSettings
from voice.scene import Cast, Door, Scene
from voice.segmenter import Segmenter, SegmenterSettings, SpeechPaused
from voice.turns import TurnSettings

TOKENS = ("Sure", ",", " I", " can", " do", " that", ".", " Then", " we", " go", " on", " a", " bit", ".")
FIRST_PHRASE_TOKENS = 7
STT_MS, FIRST_TOKEN_MS, TOKEN_MS, TTS_MS = 100.0, 200.0, 10.0, 100.0
ENGINES_MS = STT_MS + FIRST_TOKEN_MS + (FIRST_PHRASE_TOKENS - 1) * TOKEN_MS + TTS_MS
"""From the start of transcription to the first sound: 460 ms."""
AUDIBLE = 32
"""Samples beyond this (-60 dB) are audible."""
LEAD_IN_MS = 500


@dataclass(frozen=True, slots=True)
class Load:
    """What to play. ``rate`` is that of the sound in and out."""

    clip: Clip
    conversations: int = 1
    turns: int = 6
    window_ms: float = 200.0
    speculate_after_ms: float = 100.0
    frame_ms: int = 20
    stagger_ms: float = 137.0
    silence_ms: int = 4_000

    @property
    def fixed_ms(self) -> float:
        """What the gap would be if detecting speech and the loop cost nothing."""
        return max(self.window_ms, min(self.speculate_after_ms, self.window_ms) + ENGINES_MS)


@dataclass(frozen=True, slots=True)
class TurnCost:
    """One answered turn, in ms."""

    gap_ms: float
    vad_lag_ms: float

    def hops_ms(self, load: Load) -> float:
        return self.gap_ms - self.vad_lag_ms - load.fixed_ms


@dataclass(frozen=True, slots=True)
class Pause:
    """The segmenter said that speech paused. In ms of the sound sent so far."""

    at_ms: float
    """The end of speech, as the segmenter has it."""
    known_ms: float
    """The end of the frame in which the window ends by which it knew."""


class WatchedVad(VadEngine):
    """A conversation's view of the shared detector, with a second segmenter that tells the rig when speech
    paused and which frame decided that. (The conversation's own knowledge is in its private parts, and dated
    by its clock.)"""

    kind = "vad"
    name = "watched"

    def __init__(self, inner: VadEngine, settings: SegmenterSettings, frame_ms: int) -> None:
        self._inner, self._settings, self._frame_ms = inner, settings, frame_ms
        self.pauses: list[Pause] = []

    def open(self, on_window: Callable[[float], None]) -> VadStream:
        return _WatchedStream(self._inner, self._settings, self._frame_ms, self.pauses, on_window)


class _WatchedStream(VadStream):
    def __init__(
        self,
        inner: VadEngine,
        settings: SegmenterSettings,
        frame_ms: int,
        pauses: list[Pause],
        on_window: Callable[[float], None],
    ) -> None:
        self._window_ms = inner.window_samples / SAMPLES_PER_MS
        self._frame_ms, self._pauses, self._on_window = frame_ms, pauses, on_window
        self._segmenter = Segmenter(settings)
        self._stream = inner.open(self._push)
        self._start_ms = 0.0
        self._fed = 0

    def feed(self, samples: Pcm) -> None:
        self._fed += len(samples)
        self._stream.feed(samples)

    def _push(self, probability: float) -> None:
        start_ms = self._start_ms
        self._start_ms = end_ms = start_ms + self._window_ms
        event = self._segmenter.push(probability, start_ms, end_ms)
        if isinstance(event, SpeechPaused):
            known_ms = math.ceil(end_ms / self._frame_ms) * self._frame_ms
            self._pauses.append(Pause(event.at_ms, float(known_ms)))
        self._on_window(probability)

    def reset(self) -> None:
        self._segmenter.break_off()
        self._start_ms = self._fed / SAMPLES_PER_MS
        self._stream.reset()

    def close(self) -> None:
        self._stream.close()


@dataclass(slots=True)
class Player:
    """One conversation of the load. Await :meth:`play`; then ``costs`` holds the answered turns."""

    load: Load
    vad: VadEngine
    on_last_frame: Callable[[], None] = lambda: None
    costs: list[TurnCost] = field(default_factory=list)
    lasted_ms: float = 0.0
    _frames: list[bytes] = field(default_factory=list)
    _sent: int = 0
    _began_s: float = 0.0
    _sounds: list[tuple[str, float]] = field(default_factory=list)
    """Of each reply its id and when its first audible sample was handed over, in ms of the sound sent."""
    _conversation: Conversation | None = None

    async def play(self) -> None:
        load = self.load
        settings = ListenerSettings()
        watched = WatchedVad(self.vad, settings.segmenter, load.frame_ms)
        scene = Scene(
            prompt=lambda: "You are a clerk.",
            turns=TurnSettings(window_ms=load.window_ms, speculate_after_ms=load.speculate_after_ms),
            listener=settings,
            time_limit_s=86_400.0,
            silence_prompt_s=0.0,
            idle_limit_s=86_400.0,
        )
        cast = Cast(
            vad=watched,
            stt=TimedStt([SENTENCE], delay_ms=STT_MS),
            llm=TimedLlm(TOKENS, first_ms=FIRST_TOKEN_MS, token_ms=TOKEN_MS),
            tts=TimedTts(delay_ms=TTS_MS, rate=load.clip.rate),
        )
        door = Door(emit=self._emit, input_rate=load.clip.rate, output_rate=load.clip.rate)
        loop = asyncio.get_running_loop()
        self._conversation = Conversation(scene=scene, cast=cast, door=door, record=lambda _turn: None)
        run = asyncio.create_task(self._conversation.run())
        self._began_s = loop.time()
        self._frames = script(load)
        loop.call_at(self._due_s(), self._next_frame)
        await run
        self.lasted_ms = (loop.time() - self._began_s) * 1000
        self.costs = match(load, self._sounds, watched.pauses)
        self._conversation = None

    # -- the trainee ----------------------------------------------------------------------------------------

    def _due_s(self) -> float:
        """When the next frame has been spoken to its end, counted from the start: delays don't add up."""
        return self._began_s + (self._sent + 1) * self.load.frame_ms / 1000

    def _next_frame(self) -> None:
        assert self._conversation is not None
        frame = self._frames[self._sent]
        self._sent += 1
        self._conversation.hear(frame)
        if self._sent < len(self._frames):
            asyncio.get_running_loop().call_at(self._due_s(), self._next_frame)
        else:
            self.on_last_frame()
            self._conversation.hang_up("benchmark_over")

    # -- the client -----------------------------------------------------------------------------------------

    def _emit(self, event: wire.ServerEvent) -> None:
        if not isinstance(event, wire.OutputAudioDelta):
            return
        if self._sounds and self._sounds[-1][0] == event.response_id:
            return
        samples = np.frombuffer(event.pcm, "<i2")
        if np.any(np.abs(samples.astype(np.int32)) > AUDIBLE):
            now_s = asyncio.get_running_loop().time()
            self._sounds.append((event.response_id, (now_s - self._began_s) * 1000))


def script(load: Load) -> list[bytes]:
    """All that one trainee sends, frame by frame. The frames' bytes are shared, also between turns."""
    silent = bytes(load.clip.rate * load.frame_ms // 1000 * 2)
    turn = load.clip.frames(load.frame_ms) + [silent] * -(-load.silence_ms // load.frame_ms)
    return [silent] * (LEAD_IN_MS // load.frame_ms) + turn * load.turns


def turn_bounds(load: Load) -> list[tuple[float, float]]:
    """Of each turn the end of its last loud sample and the end of the silence after it, in ms of the sound."""
    clip_frames = len(load.clip.frames(load.frame_ms))
    turn_ms = (clip_frames + -(-load.silence_ms // load.frame_ms)) * load.frame_ms
    lead_in_ms = LEAD_IN_MS // load.frame_ms * load.frame_ms
    starts = [lead_in_ms + index * turn_ms for index in range(load.turns)]
    return [(start + load.clip.loud_until_ms, float(start + turn_ms)) for start in starts]


def match(load: Load, sounds: list[tuple[str, float]], pauses: list[Pause]) -> list[TurnCost]:
    """Of each turn the first reply that became audible in the silence after it; turns without are left out.
    The pause that counts is the last one known before that sound: it is what the reply answers."""
    costs = []
    for loud_until_ms, over_ms in turn_bounds(load):
        heard = next((at for _, at in sounds if loud_until_ms < at <= over_ms), None)
        if heard is None:
            continue
        known = [pause for pause in pauses if loud_until_ms - 1000 < pause.at_ms and pause.known_ms <= heard]
        if known:
            lag_ms = known[-1].at_ms - loud_until_ms + late_ms(load, known[-1])
            costs.append(TurnCost(heard - loud_until_ms, lag_ms))
    return costs


def late_ms(load: Load, pause: Pause) -> float:
    """By how much the fixed gap grows because the pause was known later than it would have been acted on."""
    known_after_ms = pause.known_ms - pause.at_ms
    settle_after_ms = max(known_after_ms, min(load.speculate_after_ms, load.window_ms))
    return max(load.window_ms, settle_after_ms + ENGINES_MS) - load.fixed_ms


async def play(load: Load, vad: VadEngine, on_all_open: Callable[[], None]) -> list[Player]:
    """All conversations of the load, one started every ``stagger_ms``. ``on_all_open`` is called when the
    first one has played to its end (or the last one was opened, if that is later)."""
    ready: list[Callable[[], None]] = [on_all_open]
    opened = 0

    def report() -> None:
        if opened == load.conversations and ready:
            ready.pop()()

    players = [Player(load, vad, report) for _ in range(load.conversations)]
    async with asyncio.TaskGroup() as group:
        began_s = asyncio.get_running_loop().time()
        for index, player in enumerate(players):
            due_s = began_s + index * load.stagger_ms / 1000
            await asyncio.sleep(due_s - asyncio.get_running_loop().time())
            group.create_task(player.play())
            opened += 1
    return players
