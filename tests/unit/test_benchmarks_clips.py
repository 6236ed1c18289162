"""Clips: any WAV file, and where its sound ends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from benchmarks import voice_loop
from benchmarks.clips import BadClip, like_a_voice, loud_until_ms, read_clip

pytestmark = pytest.mark.unit


def tone(rate: int, ms: int = 500, silent_ms: int = 250) -> np.ndarray:
    """A tone at half of full scale that ends at its peak, then silence."""
    times = np.arange(rate * ms // 1000) / rate
    return np.concatenate([0.5 * np.cos(2 * np.pi * 200 * times), np.zeros(rate * silent_ms // 1000)])


@pytest.mark.parametrize("rate", [8_000, 16_000, 24_000, 44_100, 48_000])
@pytest.mark.parametrize(
    ("kind", "scale", "offset"),
    [("u1", 127, 128), ("i2", 32767, 0), ("i4", 2**31 - 1, 0), ("f4", 1, 0)],
)
def test_it_reads_a_wav_of_any_rate_and_width(
    tmp_path: Path, rate: int, kind: str, scale: int, offset: int
) -> None:
    path = tmp_path / "clip.wav"
    wavfile.write(path, rate, (tone(rate) * scale + offset).astype(kind))

    clip = read_clip(path, 16_000)

    assert clip.rate == 16_000
    assert clip.ms == pytest.approx(750, abs=1)
    assert clip.loud_until_ms == pytest.approx(500, abs=5)
    assert np.abs(clip.samples[1_000:7_000]).max() == pytest.approx(16_384, rel=0.02)


def test_it_mixes_stereo_down(tmp_path: Path) -> None:
    path = tmp_path / "clip.wav"
    left = (tone(16_000) * 32767).astype(np.int16)
    wavfile.write(path, 16_000, np.stack([left, np.zeros_like(left)], axis=1))

    clip = read_clip(path, 16_000)

    assert len(clip.samples) == len(left)
    assert np.abs(clip.samples).max() == pytest.approx(8_192, rel=0.01)


def test_it_takes_the_end_of_the_sound_for_the_end_of_the_clip_though_noise_goes_on() -> None:
    noise = np.random.default_rng(7).normal(0, 20, 16_000).astype(np.int16)
    sound = (tone(16_000, ms=600, silent_ms=400) * 20_000).astype(np.int16) + noise

    assert loud_until_ms(sound, 16_000) == pytest.approx(600, abs=6)


def test_it_cuts_a_clip_into_frames_and_fills_the_last_one_up(tmp_path: Path) -> None:
    path = tmp_path / "clip.wav"
    wavfile.write(path, 16_000, np.full(1_000, 900, np.int16))

    frames = read_clip(path, 16_000).frames(20)

    assert [len(frame) for frame in frames] == [640] * 4
    assert np.frombuffer(frames[-1], "<i2")[40:].tolist() == [0] * 280


def test_its_own_voice_is_the_same_every_time() -> None:
    once, again = like_a_voice(1.0, 16_000), like_a_voice(1.0, 16_000)

    assert np.array_equal(once, again)
    assert np.abs(once).max() == pytest.approx(0.5)


def silent(path: Path) -> None:
    wavfile.write(path, 16_000, np.zeros(8_000, np.int16))


def without_samples(path: Path) -> None:
    wavfile.write(path, 16_000, np.zeros(0, np.int16))


def cut_off(path: Path) -> None:
    path.write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")


NOT_WAV = "not a WAV file (record 16-bit PCM, mono or stereo)"
CASES = {
    "missing": (lambda path: None, "there is no such file"),
    "folder": (lambda path: path.mkdir(), "can't be read (Is a directory)"),
    "empty": (lambda path: path.write_bytes(b""), "the file is empty"),
    "text": (lambda path: path.write_text("hello"), NOT_WAV),
    "cut off": (cut_off, NOT_WAV),
    "without samples": (without_samples, "there is no sound in the file"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_clip_that_cannot_be_used_is_one_line_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    make, reason = CASES[case]
    path = tmp_path / "clip.wav"
    make(path)

    code = voice_loop.main(["--clip", str(path), "--json"])

    assert code == 2
    assert capsys.readouterr() == ("", f"voice_loop: {path}: {reason}\n")


def test_a_silent_clip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clip.wav"
    silent(path)

    with pytest.raises(BadClip, match=r"clip\.wav: there is only silence in the file"):
        read_clip(path, 16_000)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--conversations", "0"],
        ["--conversations", "1,x"],
        ["--turns", "0"],
        ["--turns", "two"],
        ["--rate", "11"],
    ],
)
def test_bad_arguments_are_exit_code_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        voice_loop.main(arguments)

    assert ended.value.code == 2
