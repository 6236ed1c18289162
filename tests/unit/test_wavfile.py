"""Recordings of every kind become the same speech; what is none is refused with one line."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from voice.wavfile import BadRecording, read_wav, write_wav

TONE_HZ = 440.0
LEVEL = 0.5
SECONDS = 0.5


def tone(rate: int) -> np.ndarray:
    return LEVEL * np.sin(2 * np.pi * TONE_HZ * np.arange(int(rate * SECONDS)) / rate)


def riff(kind: int, rate: int, bits: int, data: bytes, *, channels: int = 1, size: int | None = None) -> bytes:
    """A WAV file by hand. ``size``: what its data chunk claims, if that is not true."""
    block = channels * bits // 8
    head = struct.pack("<HHIIHH", kind, channels, rate, rate * block, block, bits)
    claimed = len(data) if size is None else size
    body = b"WAVEfmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", claimed) + data
    return b"RIFF" + struct.pack("<I", min(len(body), 0xFFFFFFFF)) + body


def assert_it_is_the_tone(samples: np.ndarray) -> None:
    """At 16 kHz, as long, as high and as loud as it was; its ends aside, where a resampler rings."""
    assert samples.dtype == np.int16
    assert abs(len(samples) - 16_000 * SECONDS) <= 2
    middle = samples[800:-800].astype(float) / 32768
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert abs(np.argmax(spectrum) * 16_000 / len(middle) - TONE_HZ) < 3
    assert abs(np.abs(middle).max() - LEVEL) < 0.01
    assert abs(middle.mean()) < 0.005


FORMATS = {
    "8-bit": lambda x: (x * 127 + 128).astype(np.uint8),
    "16-bit": lambda x: (x * 32767).astype(np.int16),
    "32-bit": lambda x: (x * 2147483647).astype(np.int32),
    "float": lambda x: x.astype(np.float32),
    "double": lambda x: x,
}


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("form", FORMATS)
def test_it_reads_any_rate_and_format(tmp_path: Path, rate: int, channels: int, form: str) -> None:
    samples = FORMATS[form](tone(rate))
    path = tmp_path / "x.wav"
    wavfile.write(path, rate, samples if channels == 1 else np.stack([samples, samples], axis=1))
    assert_it_is_the_tone(read_wav(path))


@pytest.mark.parametrize("channels", [1, 2])
def test_it_reads_24_bit(tmp_path: Path, channels: int) -> None:
    wide = np.repeat((tone(44_100) * 8_388_607).astype("<i4"), channels)
    data = wide.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    path = tmp_path / "x.wav"
    path.write_bytes(riff(1, 44_100, 24, data, channels=channels))
    assert_it_is_the_tone(read_wav(path))


def test_it_averages_the_channels(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    left, right = np.full(1_600, 3_000, np.int16), np.full(1_600, 1_000, np.int16)
    write_wav(path, np.stack([left, right], axis=1), 16_000)
    assert set(read_wav(path)) == {2_000}


def test_it_takes_what_is_already_right_as_it_is(tmp_path: Path) -> None:
    samples = np.array([0, 1, -1, 32_767, -32_768, 12_345], np.int16)
    write_wav(tmp_path / "x.wav", samples, 16_000)
    assert np.array_equal(read_wav(tmp_path / "x.wav"), samples)


def test_it_limits_what_is_louder_than_full_scale_or_no_number(tmp_path: Path) -> None:
    wavfile.write(tmp_path / "x.wav", 16_000, np.array([2.0, -2.0, np.inf, -np.inf, np.nan], np.float32))
    assert list(read_wav(tmp_path / "x.wav")) == [32_767, -32_768, 32_767, -32_768, 0]


def test_it_reads_a_file_whose_length_was_not_known_when_it_was_begun(tmp_path: Path) -> None:
    """As a recorder writes it into a pipe."""
    data = (tone(16_000) * 32767).astype("<i2").tobytes()
    (tmp_path / "x.wav").write_bytes(riff(1, 16_000, 16, data, size=0xFFFFFFFF))
    assert_it_is_the_tone(read_wav(tmp_path / "x.wav"))


GOOD = riff(1, 16_000, 16, b"\1\2" * 800)
NOT_WAV = "not a WAV file (record 16-bit PCM, mono or stereo)"
BAD_FILES = {
    "empty": (b"", "the file is empty"),
    "text": (b"Hello, this is no sound at all.\n" * 20, NOT_WAV),
    "an mp3": (b"ID3\x04" + bytes(200), NOT_WAV),
    "only a header": (GOOD[:44].replace(struct.pack("<I", 1600), bytes(4)), "there is no sound in the file"),
    "no data chunk": (GOOD[:36], NOT_WAV),
    "cut in the header": (GOOD[:30], NOT_WAV),
    "another codec": (riff(0x55, 16_000, 16, b"\1\2" * 800), NOT_WAV),
    "no channels": (riff(1, 16_000, 16, b"\1\2" * 800, channels=0), NOT_WAV),
    "a rate of 0": (
        riff(1, 0, 16, b"\1\2" * 800),
        "0 samples a second is no rate for speech (8000 to 48000 is)",
    ),
    "silence": (riff(1, 16_000, 16, bytes(3200)), "there is only silence in the file"),
    "an hour": (
        riff(1, 1_000, 8, b"\x81" * 3_600_000),
        "longer than 10 minutes, which is no turn",
    ),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_it_refuses_with_one_line_that_names_the_file(tmp_path: Path, kind: str) -> None:
    content, why = BAD_FILES[kind]
    path = tmp_path / "said.wav"
    path.write_bytes(content)
    with pytest.raises(BadRecording) as refused:
        read_wav(path)
    assert str(refused.value) == f"{path}: {why}"


def test_it_refuses_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(BadRecording, match=r"nowhere\.wav: there is no such file$"):
        read_wav(tmp_path / "nowhere.wav")
    with pytest.raises(BadRecording, match=r": can't be read \(Is a directory\)$"):
        read_wav(tmp_path)


@pytest.mark.parametrize("length", range(1, 45))
def test_whatever_is_cut_off_in_its_header_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "cut.wav"
    path.write_bytes(GOOD[:length])
    with pytest.raises(BadRecording) as refused:
        read_wav(path)
    assert "\n" not in str(refused.value)
