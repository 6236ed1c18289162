"""What ``describe`` is answered with."""

from __future__ import annotations

from wyoming.event import Event
from wyoming.info import Attribution, Info, TtsProgram, TtsVoice, TtsVoiceSpeaker

from tts_worker.base import Engine


def info_event(engine: Engine) -> Event:
    """The engine as a Wyoming program with its voices; a voice's variants are its speakers."""
    made_by = Attribution(*engine.attribution)
    voices = [
        TtsVoice(
            name=one.name,
            attribution=made_by,
            installed=True,
            description=one.description,
            version=None,
            languages=[one.language],
            speakers=[TtsVoiceSpeaker(speaker) for speaker in one.speakers] or None,
        )
        for one in engine.voices()
    ]
    program = TtsProgram(
        name=engine.name,
        attribution=made_by,
        installed=True,
        description=engine.description,
        version=None,
        voices=voices,
        supports_synthesize_streaming=True,
    )
    event = Info(tts=[program]).event()
    event.data["word_timings"] = True  # ours: clients that know it expect the event of that name
    return event
