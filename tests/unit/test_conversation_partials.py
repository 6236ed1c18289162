"""What is being said is told while it is said."""

from __future__ import annotations

from tests.stage import Stage
from tests.virtual_time import run_virtual
from voice import events as wire
from voice.engines.base import INPUT_RATE, Pcm, SttEngine, Transcript, Utterance


class _Counted(Utterance):
    """A word for every tenth of a second."""

    def __init__(self) -> None:
        self._samples = 0

    def feed(self, samples: Pcm) -> None:
        self._samples += len(samples)

    async def partial(self) -> str:
        return " ".join(f"word{number}" for number in range(self._samples * 10 // INPUT_RATE))

    async def settle(self) -> Transcript:
        return Transcript(await self.partial())

    def close(self) -> None:
        pass


class CountingStt(SttEngine):
    name = "counting"

    def open(self, *, language: str, hints: tuple[str, ...] = ()) -> Utterance:
        return _Counted()


def test_a_partial_comes_at_least_every_half_second_and_deltas_take_nothing_back() -> None:
    stage = Stage(stt=CountingStt())
    run_virtual(stage.play((400, False), (4000, True), (1500, False)))
    told = [(at, event.text) for at, event in stage.heard if isinstance(event, wire.CoachPartial)]
    times = [at for at, _ in told if at <= 4400]
    gaps = [later - earlier for earlier, later in zip([400, *times], [*times, 4400], strict=False)]
    assert max(gaps) <= 500
    deltas = [event.delta for _, event in stage.heard if isinstance(event, wire.TranscriptionDelta)]
    (settled,) = (
        event.transcript for _, event in stage.heard if isinstance(event, wire.TranscriptionCompleted)
    )
    assert len(deltas) >= 6
    assert settled.startswith("".join(deltas))
