"""Claims about the voices that a Wyoming server lists, and how a chosen one is asked for."""

from __future__ import annotations

from voice.engines.base import Voice, VoiceInfo
from voice.engines.wyoming_speech import Server

PIPER = {
    "tts": [
        {
            "voices": [
                {
                    "name": "de_DE-thorsten",
                    "description": "Thorsten",
                    "languages": ["de_DE"],
                    "installed": True,
                    "speakers": [{"name": "calm"}, {"name": "angry"}, {"nothing": 1}],
                },
                {"name": "en_US-amy", "description": None, "languages": ["en_US"], "installed": True},
                {"name": "fr_FR-upmc", "languages": ["fr_FR"], "installed": False},
                {"name": 7, "languages": [], "installed": True},
            ]
        }
    ]
}


def test_it_lists_what_is_installed() -> None:
    assert Server.parse(PIPER).listed == (
        VoiceInfo("de_DE-thorsten", "Thorsten", "de_DE", ("calm", "angry")),
        VoiceInfo("en_US-amy", "en_US-amy", "en_US"),
    )


def test_a_variant_is_asked_for_as_a_speaker() -> None:
    server = Server.parse(PIPER)
    assert server.voice(Voice("de_DE-thorsten+angry", "de")) == {"name": "de_DE-thorsten", "speaker": "angry"}
    assert server.voice(Voice("unknown+angry", "de")) == {"name": "de_DE-thorsten"}


def test_ours_is_given_the_name_as_it_stands() -> None:
    ours = Server.parse({**PIPER, "word_timings": True})
    assert ours.voice(Voice("en-us+f3", "en")) == {"name": "en-us+f3", "language": "en"}


def test_a_server_is_known_by_the_name_of_its_program() -> None:
    named = {"tts": [{"name": 7}, {"name": " piper ", "voices": []}, {"name": "other"}]}
    assert [Server.parse(info).program for info in (named, PIPER, {})] == ["piper", "", ""]
