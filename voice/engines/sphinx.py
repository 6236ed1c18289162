"""The C interface of PocketSphinx, through the library that its wheel carries.

The wheel's own Python classes hold the interpreter's lock while they decode (40 ms for 100 ms of sound, 350
ms at the end of a long sentence), and the event loop would stand still. The extension module exports the C
functions too, and a call through ctypes lets go of the lock (measured: the loop is held up 8 ms at most), so
decoders really run side by side.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.util
from ctypes import c_char_p, c_int, c_size_t, c_void_p
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voice.engines.base import Pcm
from voice.errors import SttUnavailable

FRAMES_PER_S = 100
HINT = "Install the pinned requirements again, or choose another speech-to-text engine."

# name -> (result, arguments), from the header pocketsphinx.h of version 5.0
_FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "err_set_loglevel_str": (c_char_p, (c_char_p,)),
    "ps_config_init": (c_void_p, (c_void_p,)),
    "ps_config_set_str": (c_void_p, (c_void_p, c_char_p, c_char_p)),
    "ps_config_free": (c_int, (c_void_p,)),
    "ps_init": (c_void_p, (c_void_p,)),
    "ps_free": (c_int, (c_void_p,)),
    "ps_get_cmn": (c_char_p, (c_void_p, c_int)),
    "ps_set_cmn": (c_int, (c_void_p, c_char_p)),
    "ps_start_utt": (c_int, (c_void_p,)),
    "ps_process_raw": (c_int, (c_void_p, c_void_p, c_size_t, c_int, c_int)),
    "ps_end_utt": (c_int, (c_void_p,)),
    "ps_seg_iter": (c_void_p, (c_void_p,)),
    "ps_seg_next": (c_void_p, (c_void_p,)),
    "ps_seg_word": (c_char_p, (c_void_p,)),
    "ps_seg_frames": (None, (c_void_p, ctypes.POINTER(c_int), ctypes.POINTER(c_int))),
}


@dataclass(frozen=True, slots=True)
class Segment:
    """One entry of the decoder's result; frames of 10 ms, both ends included."""

    label: str
    first_frame: int
    last_frame: int


@functools.cache
def library() -> Any:
    """Raises :class:`SttUnavailable` if the package is missing or hides its C functions."""
    try:
        spec = importlib.util.find_spec("pocketsphinx._pocketsphinx")
    except ModuleNotFoundError as exc:
        raise SttUnavailable("The package pocketsphinx is not installed.", hint=HINT) from exc
    if spec is None or spec.origin is None:
        raise SttUnavailable("The package pocketsphinx has no library.", hint=HINT)
    try:
        found = ctypes.CDLL(spec.origin)
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(found, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as exc:
        raise SttUnavailable("This build of pocketsphinx can't be driven without blocking.", hint=HINT) from exc
    found.err_set_loglevel_str(b"FATAL")
    return found


def model_folder() -> Path:
    """The English model inside the wheel. Raises :class:`SttUnavailable`."""
    spec = importlib.util.find_spec("pocketsphinx")
    if spec is None or spec.origin is None:
        raise SttUnavailable("The package pocketsphinx is not installed.", hint=HINT)
    folder = Path(spec.origin).parent / "model" / "en-us"
    if not (folder / "en-us.lm.bin").is_file():
        raise SttUnavailable("The package pocketsphinx carries no English model.", hint=HINT)
    return folder


class Decoder:
    """One recognizer. Not thread-safe: one call at a time, from whatever thread.

    Every method raises :class:`SttUnavailable` if the library refuses; the decoder is then unusable.
    """

    def __init__(self, settings: dict[str, str]) -> None:
        """Takes 0.3 s and about 100 MB."""
        self._lib = library()
        folder = model_folder()
        config = self._lib.ps_config_init(None)
        paths = {
            "hmm": str(folder / "en-us"),
            "lm": str(folder / "en-us.lm.bin"),
            "dict": str(folder / "cmudict-en-us.dict"),
            "loglevel": "FATAL",
        }
        try:
            for key, value in (paths | settings).items():
                if not self._lib.ps_config_set_str(config, key.encode(), value.encode()):
                    raise SttUnavailable(f"pocketsphinx does not take the setting {key}.", hint=HINT)
            self._handle: int | None = self._lib.ps_init(config)
        finally:
            self._lib.ps_config_free(config)
        if not self._handle:
            raise SttUnavailable("pocketsphinx could not load its model.", hint=HINT)

    def start(self, cepstral_mean: tuple[float, ...] | None = None) -> None:
        """Begin a stretch of sound; without a mean, with what the stretch before has taught."""
        if cepstral_mean is not None:
            text = ",".join(f"{value:.3f}" for value in cepstral_mean)
            self._must(self._lib.ps_set_cmn(self._handle, text.encode()))
        self._must(self._lib.ps_start_utt(self._handle))

    def process(self, block: Pcm) -> None:
        """``block`` must be contiguous."""
        self._must(self._lib.ps_process_raw(self._handle, block.ctypes.data, len(block), 0, 0))

    def end(self) -> None:
        """The stretch is over; :meth:`segments` then gives the result of all passes."""
        self._must(self._lib.ps_end_utt(self._handle))

    def cepstral_mean(self) -> tuple[float, ...]:
        """The running mean of the 13 cepstral coefficients, the sound so far included."""
        text: bytes = self._lib.ps_get_cmn(self._handle, 1)
        return tuple(float(value) for value in text.split(b","))

    def segments(self) -> list[Segment]:
        """What was recognized, fillers included; before :meth:`end` the best guess so far."""
        found = []
        first, last = c_int(), c_int()
        entry = self._lib.ps_seg_iter(self._handle)
        while entry:
            label = self._lib.ps_seg_word(entry).decode()
            self._lib.ps_seg_frames(entry, ctypes.byref(first), ctypes.byref(last))
            found.append(Segment(label, first.value, last.value))
            entry = self._lib.ps_seg_next(entry)
        return found

    def free(self) -> None:
        handle, self._handle = self._handle, None
        if handle:
            self._lib.ps_free(handle)

    def _must(self, status: int) -> None:
        if status < 0:
            raise SttUnavailable("The recognizer failed.")
