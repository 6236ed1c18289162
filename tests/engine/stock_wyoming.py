"""The stock client and server of the package ``wyoming``, imported without the warning about ``audioop`` that
it sets off (it carries its own replacement for Python 3.13)."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from wyoming.audio import AudioChunk, AudioStart, AudioStop
    from wyoming.client import AsyncClient
    from wyoming.info import Attribution, Describe, Info, TtsProgram, TtsVoice
    from wyoming.server import AsyncEventHandler, AsyncServer, AsyncUnixServer
    from wyoming.tts import Synthesize, SynthesizeVoice

__all__ = [
    "AsyncClient",
    "AsyncEventHandler",
    "AsyncServer",
    "AsyncUnixServer",
    "Attribution",
    "AudioChunk",
    "AudioStart",
    "AudioStop",
    "Describe",
    "Info",
    "Synthesize",
    "SynthesizeVoice",
    "TtsProgram",
    "TtsVoice",
]
