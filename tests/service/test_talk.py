"""``manage.py talk`` as a process: a conversation from recordings, without a server and without a browser."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import wavfile

from tests.service.served import PROJECT, environment, living, manage, wait_until
from tests.speech import say, write_wav
from voice.engines.tts_tones import decode_words

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and needs PR_SET_PDEATHSIG")

SAID = "I am very sorry that your phone is broken. I will send you a new phone today."
SAID_NEXT = "Can you please tell me your name and your address?"
BARGE_IN_MS = 900
TOLERANCE_MS = 150
PATIENCE_S = 120.0

TURN = {
    "seq": int, "speaker": str, "kind": str, "text": str, "unheard_text": str, "interrupted": bool,
    "started_ms": int, "ended_ms": int, "words": list, "timings": dict,
}  # fmt: skip
TIMINGS = {
    "vad_lag_ms", "endpoint_ms", "stt_ms", "llm_first_token_ms", "tts_first_audio_ms", "response_gap_ms",
}  # fmt: skip
METRICS = {
    "speech_rate", "filled_pauses", "talk_ratio", "response_latency", "longest_monologue", "interruptions",
    "questions",
}  # fmt: skip


@dataclass
class Talk:
    """A running ``talk``. What it starts carries a mark, so that nothing else is mistaken for it."""

    process: subprocess.Popen[str]
    mark: str
    out: Path | None

    def processes(self) -> dict[int, str]:
        return living(f"TALK={self.mark}")

    @cached_property
    def ended(self) -> tuple[int, str, str]:
        """Exit code, standard output and standard error."""
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, out, err

    def well(self) -> list[str]:
        """The lines of one that went well and has left no process behind."""
        code, out, err = self.ended
        assert (code, err) == (0, "")
        assert self.processes() == {}
        return out.splitlines()

    @property
    def result(self) -> dict[str, Any]:
        return dict(json.loads(self.well()[-1]))

    def turns(self, speaker: str = "") -> list[dict[str, Any]]:
        return [turn for turn in self.result["turns"] if speaker in ("", turn["speaker"])]

    def channels(self) -> tuple[np.ndarray, np.ndarray]:
        """Trainee and avatar."""
        assert self.out is not None
        rate, samples = wavfile.read(self.out)
        assert (rate, samples.dtype, samples.shape[1]) == (24_000, np.int16, 2)
        return samples[:, 0], samples[:, 1]


@contextlib.contextmanager
def talking(data: Path, *arguments: object, out: Path | None = None, **settings: str) -> Iterator[Talk]:
    mark = uuid.uuid4().hex
    words = [str(word) for word in (*arguments, *(("--out", out) if out else ()))]
    process = subprocess.Popen(
        [sys.executable, "manage.py", "talk", *words],
        cwd=settings.pop("cwd", str(PROJECT)),
        env=environment(data, TALK=mark, **settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a terminal's Ctrl-C reaches the whole group: os.killpg
    )
    try:
        yield Talk(process, mark, out)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that is migrated and seeded; nothing is served."""
    folder = tmp_path_factory.mktemp("talk") / "data"
    for command in (("migrate", "-v0"), ("seed_demo",)):
        done = manage(folder, *command)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two things to say: one as a studio would record it, one as a telephone would."""
    folder = tmp_path_factory.mktemp("recordings")
    first = say(SAID, rate=44_100)
    write_wav(folder / "studio.wav", np.stack([first, first], axis=1), 44_100)
    say(SAID_NEXT, folder / "telephone.wav", rate=8_000)
    return folder / "studio.wav", folder / "telephone.wav"


@pytest.fixture(scope="module")
def held(
    data: Path, recordings: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Talk, Talk]]:
    """Two conversations at the same time, to their ends: a polite one, and one in which the avatar is
    interrupted."""
    folder = tmp_path_factory.mktemp("out")
    say_both = ("--say", recordings[0], "--say", recordings[1], "--json")
    with (
        talking(data, "lumina", *say_both, out=folder / "polite.wav") as polite,
        talking(
            data, "angry-customer", *say_both, "--barge-in", BARGE_IN_MS, "--as", "coach@demo.test",
            out=folder / "rude.wav",
        ) as rude,
    ):  # fmt: skip
        for talk in (polite, rude):
            assert talk.ended is not None
        yield polite, rude


# -- what it prints ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", [0, 1], ids=["polite", "rude"])
def test_it_ends_with_one_json_object_of_the_documented_shape(held: tuple[Talk, Talk], which: int) -> None:
    result = held[which].result
    assert set(result) == {"conversation", "turns", "report"}
    assert str(uuid.UUID(result["conversation"])) == result["conversation"]
    assert [turn["seq"] for turn in result["turns"]] == list(range(1, len(result["turns"]) + 1))
    for turn in result["turns"]:
        assert {name: type(value) for name, value in turn.items()} == TURN
        assert turn["speaker"] in ("trainee", "avatar")
        assert turn["started_ms"] < turn["ended_ms"]
        assert [word for word, _, _ in turn["words"]] == turn["text"].split()
        times = [moment for _, start, end in turn["words"] for moment in (start, end)]
        assert all(type(moment) is int for moment in times)
        assert times == sorted(times)
        assert times[0] >= turn["started_ms"] - TOLERANCE_MS
        assert turn["timings"].keys() <= TIMINGS
        assert all(value >= 0 for value in turn["timings"].values())
        if turn["kind"] == "reply":
            assert turn["timings"].keys() == TIMINGS
    report = result["report"]
    assert (report["status"], report["error_code"]) == ("done", "")
    assert report["metrics"].keys() == METRICS


def test_it_plays_each_recording_when_the_avatar_has_finished(held: tuple[Talk, Talk]) -> None:
    turns = held[0].turns()
    assert [(turn["speaker"], turn["kind"], turn["interrupted"], turn["unheard_text"]) for turn in turns] == [
        ("avatar", "opening", False, ""),
        ("trainee", "speech", False, ""),
        ("avatar", "reply", False, ""),
        ("trainee", "speech", False, ""),
        ("avatar", "reply", False, ""),
    ]
    assert {"sorry", "phone", "broken"} <= set(turns[1]["text"].split())
    for before, after in itertools.pairwise(turns):
        assert after["started_ms"] > before["ended_ms"]
    for answer in (turns[2], turns[4]):
        gap = answer["started_ms"] - turns[answer["seq"] - 2]["ended_ms"]
        assert abs(gap - answer["timings"]["response_gap_ms"]) <= TOLERANCE_MS


def test_it_interrupts_the_avatar_so_long_after_its_first_sound(held: tuple[Talk, Talk]) -> None:
    turns = held[1].turns()
    opening, said, cut, said_next, answer = turns
    assert [turn["speaker"] for turn in turns] == ["avatar", "trainee", "avatar", "trainee", "avatar"]
    assert [turn["interrupted"] for turn in turns] == [False, False, True, False, False]
    assert said["started_ms"] > opening["ended_ms"]
    assert cut["text"]
    assert cut["unheard_text"]
    assert abs(said_next["started_ms"] - cut["started_ms"] - BARGE_IN_MS) <= TOLERANCE_MS
    assert cut["ended_ms"] < said_next["ended_ms"] < answer["started_ms"]
    assert held[1].result["report"]["metrics"]["interruptions"]["value"] == 1


@pytest.mark.parametrize("which", [0, 1], ids=["polite", "rude"])
def test_it_says_for_people_who_said_what_and_when(held: tuple[Talk, Talk], which: int) -> None:
    lines = held[which].well()[:-1]
    assert lines[0] == "engines  vad: silero, stt: pocketsphinx, llm: scripted, tts: wyoming"
    end = lines.index("report   done")
    assert [line.split(":")[0].strip() for line in lines[end + 1 :]] == [
        "speech rate",
        "filled pauses",
        "talk ratio",
        "response latency",
        "longest monologue",
        "interruptions",
        "questions",
    ]
    assert "         filled pauses: not measurable with this recognizer" in lines
    said = [re.fullmatch(r" +(\d+):(\d\d\.\d)  (trainee |avatar  ) (.+)", line) for line in lines[1:end]]
    turns = held[which].turns()
    assert len(said) == len(turns)
    for line, turn in zip(said, turns, strict=True):
        assert line is not None
        assert abs((int(line[1]) * 60 + float(line[2])) * 1000 - turn["started_ms"]) <= 51
        assert line[3].strip() == turn["speaker"]
        gap = turn["timings"].get("response_gap_ms")
        unheard = f" [not heard: {turn['unheard_text']}]" if turn["unheard_text"] else ""
        after = "" if gap is None else f"  (after {gap:.0f} ms)"
        assert line[4] == turn["text"] + unheard + after


# -- how it sounds -------------------------------------------------------------------------------------------


def stretches(sound: np.ndarray, *, silence_ms: int = 900, hop_ms: int = 10) -> list[tuple[int, int]]:
    """Where there is sound, in ms; pauses shorter than ``silence_ms`` belong to it."""
    hop = 24 * hop_ms
    power = (sound[: len(sound) // hop * hop].reshape(-1, hop).astype(float) ** 2).mean(axis=1)
    found: list[tuple[int, int]] = []
    for at in np.flatnonzero(power > 100**2) * hop_ms:
        if found and at - found[-1][1] < silence_ms:
            found[-1] = (found[-1][0], int(at) + hop_ms)
        else:
            found.append((int(at), int(at) + hop_ms))
    return found


@pytest.mark.parametrize("which", [0, 1], ids=["polite", "rude"])
def test_it_records_the_avatar_on_the_right_where_its_turns_say(held: tuple[Talk, Talk], which: int) -> None:
    _, right = held[which].channels()
    turns = held[which].turns("avatar")
    found = stretches(right)
    assert len(found) == len(turns)
    for (start, end), turn in zip(found, turns, strict=True):
        assert abs(start - turn["started_ms"]) <= TOLERANCE_MS
        if turn["interrupted"]:  # perhaps in a pause between two sentences
            assert turn["words"][-1][1] < end <= turn["ended_ms"] + TOLERANCE_MS
        else:
            assert abs(end - turn["ended_ms"]) <= TOLERANCE_MS


@pytest.mark.parametrize("which", [0, 1], ids=["polite", "rude"])
def test_it_records_the_trainee_on_the_left_as_long_as_the_recordings(
    held: tuple[Talk, Talk], which: int, recordings: tuple[Path, Path]
) -> None:
    left, _ = held[which].channels()
    turns = held[which].turns("trainee")
    found = stretches(left)
    assert len(found) == len(turns) == len(recordings)
    for (start, end), turn, path in zip(found, turns, recordings, strict=True):
        rate, samples = wavfile.read(path)
        assert abs(start - turn["started_ms"]) <= TOLERANCE_MS
        assert abs(len(samples) / rate * 1000 - (end - start)) <= TOLERANCE_MS


def test_it_knows_who_speaks(held: tuple[Talk, Talk], data: Path) -> None:
    spoke = {talk.result["conversation"]: name for talk, name in zip(held, ("trainee", "coach"), strict=True)}
    found = {conversation: email.split("@")[0] for conversation, email, *_ in stored(data)}
    assert {one: found[one] for one in spoke} == spoke
    for conversation, _, status, reason, _ in stored(data):
        if conversation in spoke:
            assert (status, reason) == ("ended", "hung_up")


def stored(data: Path) -> list[tuple[str, str, str, str, int]]:
    """Of each conversation: id, e-mail address, status, why it ended, number of turns."""
    with contextlib.closing(sqlite3.connect(data / "coachsite.sqlite3")) as database:
        rows = database.execute(
            "SELECT conversation.id, email, status, end_reason, "
            "(SELECT count(*) FROM memory_turn AS turn WHERE turn.conversation_id = conversation.id) "
            "FROM memory_conversation AS conversation JOIN accounts_user ON accounts_user.id = trainee_id"
        ).fetchall()
    return [(str(uuid.UUID(row[0])), *row[1:]) for row in rows]


# -- other voices, and none ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def without_worker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as it is before the speech worker's environment was made."""
    folder = tmp_path_factory.mktemp("project")
    for path in PROJECT.iterdir():
        if path.name in ("coachsite", "manage.py"):  # the settings find the project beside themselves
            (shutil.copytree if path.is_dir() else shutil.copy)(path, folder / path.name)
        elif path.name != "tts_worker" and not path.name.startswith("."):
            (folder / path.name).symlink_to(path)
    return folder


@pytest.fixture(scope="module")
def voices(
    data: Path, recordings: tuple[Path, Path], without_worker: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Talk]]:
    """By what is set: one that speaks in tones, one in writing, and one for which no voice is installed. Each
    hears one thing, spoken over the opening line."""
    arguments = ("angry-customer", "--say", recordings[1], "--barge-in", "1500", "--json")
    out = tmp_path_factory.mktemp("voices") / "tones.wav"
    with contextlib.ExitStack() as stack:
        tones = stack.enter_context(talking(data, *arguments, out=out, COACH_TTS="tones"))
        assert tones.ended is not None  # three recognizers at once are too many for two processors
        none = stack.enter_context(talking(data, *arguments, COACH_TTS="none"))
        auto = stack.enter_context(talking(data, *arguments, cwd=str(without_worker)))
        for talk in (none, auto):
            assert talk.ended is not None
        yield {"tones": tones, "none": none, "auto": auto}


def test_it_speaks_in_tones_and_a_single_recording_interrupts_the_opening(voices: dict[str, Talk]) -> None:
    assert "tts: tones" in voices["tones"].well()[0]
    opening, said, *_ = voices["tones"].turns()
    assert (opening["kind"], opening["interrupted"]) == ("opening", True)
    assert opening["unheard_text"]
    assert abs(said["started_ms"] - opening["started_ms"] - 1500) <= TOLERANCE_MS
    _, right = voices["tones"].channels()
    heard = decode_words(right[: 24 * said["ended_ms"]].tobytes(), 24_000)
    assert abs(len(heard) - len(opening["text"].split())) <= 1


@pytest.mark.parametrize("wanted", ["none", "auto"])
def test_it_goes_on_in_writing_without_a_voice(voices: dict[str, Talk], wanted: str) -> None:
    """What makes no sound can't be spoken over: it is waited for."""
    code, out, err = voices[wanted].ended
    why = "the speech worker is not installed: run make demo, or set COACH_TTS=none"
    assert err == ("" if wanted == "none" else f"The avatar answers in writing: {why}.\n")
    assert (code, voices[wanted].processes()) == (0, {})
    assert "tts: none" in out.splitlines()[0]
    turns = json.loads(out.splitlines()[-1])["turns"]
    assert [turn["speaker"] for turn in turns] == ["avatar", "trainee", "avatar"]
    assert all(turn["text"] and not turn["unheard_text"] for turn in turns)


# -- what can go wrong ---------------------------------------------------------------------------------------


def test_a_fault_on_the_way_is_said_and_the_conversation_goes_on(
    data: Path, recordings: tuple[Path, Path]
) -> None:
    """Here the speech worker that the settings name does not answer: the avatar's words are only shown."""
    settings = {"COACH_TTS": "worker", "COACH_TTS_ADDRESS": "unix:///tmp/coach-nobody.sock"}
    with talking(data, "lumina", "--say", recordings[1], **settings) as talk:
        code, out, err = talk.ended
        assert (code, "report   done" in out.splitlines()) == (0, True)
        # On a machine that is very busy the recognizer may have its own to say.
        assert "tts_unavailable" in [line.split(":")[0] for line in err.splitlines()]


def test_ctrl_c_leaves_no_process_and_a_conversation_that_was_interrupted(
    data: Path, recordings: tuple[Path, Path], tmp_path: Path
) -> None:
    before = {row[0] for row in stored(data)}
    with talking(data, "job-interview", "--say", recordings[0], "--json", out=tmp_path / "x.wav") as talk:
        wait_until(
            lambda: any(row[4] for row in stored(data) if row[0] not in before), "the avatar's first words"
        )
        assert any("tts_worker" in command for command in talk.processes().values())
        os.killpg(talk.process.pid, signal.SIGINT)
        code, out, err = talk.ended
        (row,) = (row for row in stored(data) if row[0] not in before)
        assert (code, err) == (130, f"CommandError: stopped; conversation {row[0]} is kept as interrupted\n")
        assert len(out.splitlines()) == 1  # the engines
        assert row[1:4] == ("trainee@demo.test", "interrupted", "")
        assert talk.processes() == {}
        assert list(tmp_path.iterdir()) == []


def test_ctrl_c_before_the_conversation_begins_leaves_no_process_either(
    data: Path, recordings: tuple[Path, Path]
) -> None:
    before = {row[0] for row in stored(data)}
    with talking(data, "lumina", "--say", recordings[0]) as talk:
        wait_until(lambda: len(talk.processes()) > 1, "its speech worker")
        os.killpg(talk.process.pid, signal.SIGINT)
        code, _, err = talk.ended
        assert (code, len(err.splitlines())) == (130, 1)
        assert talk.processes() == {}
        assert {row[2] for row in stored(data) if row[0] not in before} == {"interrupted"}


def test_nothing_is_left_of_one_that_was_killed(data: Path, recordings: tuple[Path, Path]) -> None:
    with talking(data, "lumina", "--say", recordings[0]) as talk:
        wait_until(lambda: len(talk.processes()) > 1, "its speech worker")
        talk.process.kill()
        talk.process.wait()
        wait_until(lambda: talk.processes() == {}, "the end of its speech worker")


def refused(data: Path, *arguments: object, **settings: str) -> tuple[int, str]:
    """Exit code and the one line of a talk that never begins."""
    with talking(data, *arguments, **settings) as talk:
        code, out, err = talk.ended
        assert out == ""
        (line,) = err.splitlines()
        return code, line.removeprefix("CommandError: ")


@pytest.mark.parametrize("kind", ["missing", "empty", "text"])
def test_a_recording_that_cannot_be_used_is_one_line_and_code_2(
    data: Path, recordings: tuple[Path, Path], tmp_path: Path, kind: str
) -> None:
    """More kinds of bad files: tests/unit/test_wavfile.py."""
    path = tmp_path / "said.wav"
    if kind != "missing":
        path.write_text("" if kind == "empty" else "This is not what it says it is.")
    why = {
        "missing": "there is no such file",
        "empty": "the file is empty",
        "text": "not a WAV file (record 16-bit PCM, mono or stereo)",
    }[kind]
    before = len(stored(data))
    said = ("--say", recordings[0], "--say", path)
    assert refused(data, "angry-customer", *said) == (2, f"{path}: {why}")
    assert len(stored(data)) == before


@pytest.mark.parametrize(
    ("scenario", "more", "line"),
    [
        ("no-such", ("--out", "NEW"), "no-such: no published scenario has this name"),
        ("lumina", ("--as", "x@demo.test", "--out", "KEPT"), "x@demo.test: nobody has this address"),
        (
            "lumina",
            ("--barge-in", "soon"),
            "--barge-in soon: allowed is a number of milliseconds from 0 to 600000",
        ),
        (
            "lumina",
            ("--out", "/nowhere/x.wav"),
            "/nowhere/x.wav: can't be written (No such file or directory)",
        ),
    ],
)
def test_what_cannot_be_done_is_one_line_and_code_2_before_anything_is_said(
    data: Path, recordings: tuple[Path, Path], tmp_path: Path, scenario: str, more: tuple[str, ...], line: str
) -> None:
    """And what is where the sound was to go stays as it is."""
    before = len(stored(data))
    kept = tmp_path / "kept.wav"
    kept.write_text("mine")
    places = {"NEW": str(tmp_path / "new.wav"), "KEPT": str(kept)}
    given = [places.get(word, word) for word in more]
    assert refused(data, scenario, "--say", recordings[0], *given) == (2, line)
    assert len(stored(data)) == before
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("kept.wav", "mine")]


def test_a_voice_that_is_asked_for_and_not_installed_is_one_line(
    data: Path, recordings: tuple[Path, Path], without_worker: Path
) -> None:
    given = ("lumina", "--say", recordings[0])
    line = "the speech worker is not installed: run make demo, or set COACH_TTS=none"
    assert refused(data, *given, cwd=str(without_worker), COACH_TTS="worker") == (1, line)


def test_a_database_that_is_behind_is_one_line(tmp_path: Path, recordings: tuple[Path, Path]) -> None:
    line = "the database 'default' is not up to date: run manage.py migrate, or manage.py serve --prepare"
    assert refused(tmp_path / "data", "lumina", "--say", recordings[0]) == (1, line)
