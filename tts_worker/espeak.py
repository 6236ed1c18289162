"""espeak-ng through ctypes: the library that the package espeakng_loader carries.

Its state is global: one instance per process, and only one thread may be in it at a time (the lock holds
that, the server's single synthesis thread makes waiting for it rare). The length of its sound
differs by up to 25 ms from call to call, because its oscillators run on; nothing resets them.
"""

from __future__ import annotations

import ctypes
import re
import threading
from collections.abc import Iterator
from typing import Any, ClassVar

from tts_worker.aligner import Mark
from tts_worker.base import MAX_SPEED, MIN_SPEED, Emit, VoiceInfo, VoiceWish
from tts_worker.errors import EngineMissing, SynthesisFailed
from tts_worker.espeak_voices import VARIANTS, Catalog, Listed

WORDS_PER_MINUTE = 150
"""espeak-ng's measure at speed 1.0; real text comes out at about 170 a minute, its own default of 175 at 200,
which is hurried for a conversation."""
MIN_RATE, MAX_RATE = 80, 449
"""From 450 on the library speeds its sound up afterwards, and its word events no longer fit the sound."""
BUFFER_MS = 100

_OUTPUT_SYNCHRONOUS = 2
_DONT_EXIT = 0x8000
_UTF8 = 1
_RATE = 1
_EVENT_END_OF_LIST = 0
_EVENT_WORD = 1
_OK = 0

_UNSPEAKABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    """``espeak_EVENT`` of speak_lib.h."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),  # in characters, the first is 1
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),  # in ms; ``sample`` is the same, exact
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


class _Voice(ctypes.Structure):
    """``espeak_VOICE`` of speak_lib.h."""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class Espeak:
    """The embedded engine. Raises EngineMissing if the library can't be loaded."""

    name: ClassVar[str] = "espeak"
    description: ClassVar[str] = "espeak-ng, formant synthesis for over 100 languages"
    attribution: ClassVar[tuple[str, str]] = (
        "espeak-ng contributors",
        "https://github.com/espeak-ng/espeak-ng",
    )

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._library = _load()
        self.sample_rate: int = self._initialize()
        self._catalog = Catalog(list(_listed(self._library)))
        self._current = ""
        # Loads the default voice's dictionary: the first real phrase shouldn't wait 8 ms for it.
        self.synthesize("ready", VoiceWish(), lambda pcm, marks: True)

    def voices(self) -> list[VoiceInfo]:
        return [
            VoiceInfo(name=one.languages[0], language=one.languages[0], description=one.name, speakers=VARIANTS)
            for one in self._catalog.voices
        ]

    def synthesize(self, text: str, wish: VoiceWish, emit: Emit) -> None:
        """Speak ``text``; sound comes every BUFFER_MS of it."""
        call = _Call(emit, self.sample_rate)
        callback = _Callback(call)
        data = _speakable(text).encode()
        with self._lock:
            self._choose(self._catalog.find(wish))
            self._library.espeak_SetParameter(_RATE, words_per_minute(wish.speed), 0)
            self._library.espeak_SetSynthCallback(callback)
            status = self._library.espeak_Synth(data, len(data) + 1, 0, 0, 0, _UTF8, None, None)
        if call.error is not None:
            raise call.error
        if status != _OK:
            raise SynthesisFailed(f"espeak_Synth returned {status}")

    def _choose(self, identifier: str) -> None:
        if identifier == self._current:
            return
        if self._library.espeak_SetVoiceByName(identifier.encode()) != _OK:
            self._current = ""
            raise SynthesisFailed("espeak-ng could not load the voice")
        self._current = identifier

    def _initialize(self) -> int:
        import espeakng_loader

        path = espeakng_loader.get_data_path().encode()
        rate: int = self._library.espeak_Initialize(_OUTPUT_SYNCHRONOUS, BUFFER_MS, path, _DONT_EXIT)
        if rate <= 0:
            raise EngineMissing("espeak-ng found no voice data; reinstall espeakng-loader")
        return rate


class _Call:
    """What the library calls while it synthesizes one text."""

    def __init__(self, emit: Emit, rate: int) -> None:
        self._emit = emit
        self._rate = rate
        self.error: Exception | None = None

    def __call__(self, wav: Any, count: int, events: Any) -> int:
        """0 to go on, 1 to stop. An exception must not travel through C: it is kept and raised after."""
        try:
            pcm = ctypes.string_at(wav, count * 2) if wav and count > 0 else b""
            return 0 if self._emit(pcm, list(self._marks(events))) else 1
        except Exception as exc:
            self.error = exc
            return 1

    def _marks(self, events: Any) -> Iterator[Mark]:
        index = 0
        while events[index].type != _EVENT_END_OF_LIST:
            event = events[index]
            if event.type == _EVENT_WORD:
                yield Mark(event.text_position - 1, event.sample * 1000 / self._rate)
            index += 1


def words_per_minute(speed: float) -> int:
    """The library's rate for a speed factor."""
    wanted = round(WORDS_PER_MINUTE * min(max(speed, MIN_SPEED), MAX_SPEED))
    return min(max(wanted, MIN_RATE), MAX_RATE)


def _speakable(text: str) -> str:
    """Control characters (a NUL would end the text) become blanks, one for one: positions stay."""
    return _UNSPEAKABLE.sub(" ", text)


def _load() -> Any:
    try:
        import espeakng_loader

        library = ctypes.CDLL(espeakng_loader.get_library_path())
    except (ImportError, OSError) as exc:
        raise EngineMissing(
            "the espeak-ng library can't be loaded; install tts_worker/requirements-cpu.txt"
        ) from exc
    library.espeak_Initialize.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
    library.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
    library.espeak_SetParameter.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int]
    library.espeak_SetSynthCallback.argtypes = [_Callback]
    library.espeak_SetSynthCallback.restype = None
    library.espeak_Synth.argtypes = [
        *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int),
        *(ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p),
    ]
    library.espeak_ListVoices.argtypes = [ctypes.c_void_p]
    library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
    return library


def _listed(library: Any) -> Iterator[Listed]:
    """The library's voices. Their languages are a list of: a priority byte, a code, a NUL; 0 ends it."""
    voices = library.espeak_ListVoices(None)
    index = 0
    while voices[index]:
        voice = voices[index].contents
        index += 1
        ranked = []
        at = voice.languages
        while (priority := ctypes.string_at(at, 1)[0]) != 0:
            code = ctypes.string_at(at + 1)
            ranked.append((priority, code.decode()))
            at += len(code) + 2
        yield Listed(voice.name.decode(), voice.identifier.decode(), tuple(ranked))
