"""Sound as numbers."""

from __future__ import annotations

import numpy as np
import pytest

from voice.audio import StreamResampler, byte_offset, duration_ms, pcm_from_bytes
from voice.errors import BadAudio


def test_an_odd_number_of_bytes_is_bad_audio_with_a_hint() -> None:
    with pytest.raises(BadAudio, match="odd number") as caught:
        pcm_from_bytes(b"\0\0\0")
    assert "PCM" in caught.value.hint


def test_bytes_and_durations_agree() -> None:
    assert pcm_from_bytes(b"\x01\x00\xff\xff").tolist() == [1, -1]
    assert duration_ms(960, 24_000) == 20.0
    assert byte_offset(20.03, 24_000) == 960


@pytest.mark.parametrize("rate", [7_999, 96_001])
def test_rates_that_nobody_speaks_at_are_refused(rate: int) -> None:
    with pytest.raises(BadAudio, match=str(rate)):
        StreamResampler(rate, 16_000)


def test_a_stream_in_pieces_sounds_as_the_whole() -> None:
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(24_000) / 24_000)).astype("<i2")
    whole = StreamResampler(24_000, 16_000).feed(tone, last=True)
    stream = StreamResampler(24_000, 16_000)
    parts = [stream.feed(tone[at : at + 480]) for at in range(0, 24_000, 480)]
    parts.append(stream.feed(tone[:0], last=True))
    pieces = np.concatenate(parts)
    assert len(pieces) == len(whole) == 16_000
    assert np.abs(pieces.astype(int) - whole).max() <= 2
