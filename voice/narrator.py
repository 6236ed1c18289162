"""Tells the client what happens, in the words of the vocabulary: one method per thing worth telling."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from avatars.sheets import Mood
from memory.records import TurnRecord
from voice import events as wire
from voice.errors import BadInput, VoiceError
from voice.hearing import Hearing, Said
from voice.reply import Reply
from voice.table import State


def error_event(error: VoiceError, event_id: str | None = None) -> wire.ErrorEvent:
    """An error as a client sees it; ``event_id`` is that of the client's event which caused it."""
    return wire.ErrorEvent(event_id=_id("event"), error=_detail(error, event_id))


class Narrator:
    def __init__(self, emit: Callable[[wire.ServerEvent], None]) -> None:
        self._emit = emit
        self._last_item: str | None = None
        self._before_reply: str | None = None
        """The item that precedes the reply which is being spoken; others may follow it meanwhile."""

    def new_id(self, prefix: str) -> str:
        return _id(prefix)

    def state(self, state: State, now: float, mood: Mood | None, reason: str | None = None) -> None:
        self._emit(wire.CoachState(state=state.value, reason=reason, elapsed_ms=round(now), mood=mood))

    def error(self, error: VoiceError, event_id: str | None = None) -> None:
        self._emit(error_event(error, event_id))

    # -- the trainee ----------------------------------------------------------------------------------------

    def speech_started(self, hearing: Hearing) -> None:
        """Once per utterance: over the avatar only when it has taken the floor."""
        if not hearing.announced:
            hearing.announced = True
            self._emit(
                wire.SpeechStartedEvent(audio_start_ms=round(hearing.started_ms), item_id=hearing.item_id)
            )

    def speech_stopped(self, hearing: Hearing, ended_ms: float) -> None:
        if hearing.announced:
            hearing.announced = False
            self._emit(wire.SpeechStoppedEvent(audio_end_ms=round(ended_ms), item_id=hearing.item_id))

    def partial(self, hearing: Hearing, text: str) -> None:
        """The guess as it stands, and what of it has been the same in two guesses in a row as a delta: a
        delta can't be taken back."""
        self._emit(wire.CoachPartial(item_id=hearing.item_id, text=text))
        words = text.split()
        agreed = _common_start(hearing.guess, words)
        hearing.guess = words
        known = len(hearing.stable)
        if not hearing.announced:
            return  # it may yet turn out to be nothing
        if len(agreed) > known and agreed[:known] == hearing.stable:
            fresh = " ".join(agreed[known:])
            hearing.stable = agreed
            self._emit(wire.TranscriptionDelta(item_id=hearing.item_id, delta=f"{' ' if known else ''}{fresh}"))

    def transcription_failed(self, hearing: Hearing, error: VoiceError) -> None:
        self._emit(wire.TranscriptionFailed(item_id=hearing.item_id, error=_detail(error)))
        self.error(error)

    def nothing_said(self, hearing: Hearing, said: Said) -> None:
        """What was committed had no word in it."""
        self._emit(wire.InputAudioBufferCommitted(item_id=hearing.item_id, previous_item_id=self._last_item))
        if said.error is None:
            self._transcribed(hearing.item_id, "", hearing.fed_s)

    def _transcribed(self, item_id: str, transcript: str, sound_s: float) -> None:
        usage = wire.TranscriptionUsage(seconds=round(sound_s, 3))
        self._emit(wire.TranscriptionCompleted(item_id=item_id, transcript=transcript, usage=usage))

    def trainee_turn(self, item_id: str, turn: TurnRecord, *, sound_s: float = 0.0) -> None:
        """``sound_s``: how much sound was transcribed for it."""
        typed = turn.kind == "typed"
        content = (
            wire.Content(type="input_text", text=turn.text)
            if typed
            else wire.Content(type="input_audio", transcript=turn.text)
        )
        item = wire.Item(id=item_id, role="user", status="completed", content=[content])
        if not typed:
            self._emit(wire.InputAudioBufferCommitted(item_id=item_id, previous_item_id=self._last_item))
        self._emit(wire.ConversationItemAdded(item=item, previous_item_id=self._last_item))
        if not typed:
            self._transcribed(item_id, turn.text, sound_s)
        self._emit(wire.ConversationItemDone(item=item, previous_item_id=self._last_item))
        self._last_item = item_id
        self.turn(item_id, turn)

    def turn(self, item_id: str, turn: TurnRecord) -> None:
        self._emit(wire.CoachTurn(item_id=item_id, turn=wire.Turn.model_validate(turn.to_json())))

    def input_cleared(self) -> None:
        self._emit(wire.InputAudioBufferCleared())

    # -- the avatar -----------------------------------------------------------------------------------------

    def reply_begins(self, reply: Reply) -> None:
        item = wire.Item(id=reply.item_id, role="assistant", status="in_progress")
        self._emit(wire.ResponseCreated(response=wire.Response(id=reply.response_id, status="in_progress")))
        self._emit(wire.OutputItemAdded(response_id=reply.response_id, item=item))
        self._before_reply, self._last_item = self._last_item, reply.item_id
        self._emit(wire.ConversationItemAdded(item=item, previous_item_id=self._before_reply))
        self._emit(
            wire.ContentPartAdded(response_id=reply.response_id, item_id=reply.item_id, part=wire.AudioPart())
        )

    def phrase(self, reply: Reply, text: str) -> None:
        self._emit(wire.OutputTranscriptDelta(response_id=reply.response_id, item_id=reply.item_id, delta=text))

    def sound(self, reply: Reply, pcm: bytes) -> None:
        self._emit(wire.OutputAudioDelta(response_id=reply.response_id, item_id=reply.item_id, pcm=pcm))

    def all_sent(self, reply: Reply) -> None:
        """All sound is out; it may take a while until it has been played."""
        self._emit(wire.OutputAudioDone(response_id=reply.response_id, item_id=reply.item_id))
        self._emit(
            wire.OutputTranscriptDone(
                response_id=reply.response_id, item_id=reply.item_id, transcript=reply.text.strip()
            )
        )

    def paused(self, reply: Reply) -> None:
        self._emit(wire.CoachOutputPause(item_id=reply.item_id))

    def resumed(self, reply: Reply) -> None:
        self._emit(wire.CoachOutputResume(item_id=reply.item_id))

    def reply_over(
        self, reply: Reply, status: str, reason: str | None = None, error: VoiceError | None = None
    ) -> None:
        """The response's last events; a reply that was cut off also empties the client's queue. ``reason`` says
        who cut it off, ``error`` why it failed."""
        completed = status == "completed"
        item = wire.Item(
            id=reply.item_id,
            role="assistant",
            status="completed" if completed else "incomplete",
            content=[wire.Content(type="output_audio", transcript=reply.text.strip())],
        )
        if status == "cancelled":
            self._emit(wire.OutputAudioBufferCleared(response_id=reply.response_id))
        part = wire.AudioPart(transcript=reply.text.strip())
        self._emit(wire.ContentPartDone(response_id=reply.response_id, item_id=reply.item_id, part=part))
        self._emit(wire.OutputItemDone(response_id=reply.response_id, item=item))
        self._emit(wire.ConversationItemDone(item=item, previous_item_id=self._before_reply))
        details = wire.StatusDetails.model_validate(
            {
                "type": status,
                "reason": reason,
                "error": error and {"type": _error_type(error), "code": error.code},
            }
        )
        response = wire.Response.model_validate(
            {"id": reply.response_id, "status": status, "status_details": details, "output": [item]}
        )
        self._emit(wire.ResponseDone(response=response))

    def timings(self, reply: Reply) -> None:
        if reply.timings:
            self._emit(wire.CoachTimings(item_id=reply.item_id, timings=dict(reply.timings)))

    def truncated(self, event: wire.ConversationItemTruncate) -> None:
        self._emit(wire.ConversationItemTruncated(item_id=event.item_id, audio_end_ms=event.audio_end_ms))


def _common_start(one: list[str], other: list[str]) -> list[str]:
    """The words that both begin with."""
    count = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            break
        count += 1
    return one[:count]


def _id(prefix: str) -> str:
    return f"{prefix}_{uuid.uuid4().hex[:20]}"


def _detail(error: VoiceError, event_id: str | None = None) -> wire.ErrorDetail:
    return wire.ErrorDetail.model_validate(
        {
            "type": _error_type(error),
            "code": error.code,
            "message": error.message,
            "hint": error.hint,
            "event_id": event_id,
        }
    )


def _error_type(error: VoiceError) -> str:
    return "invalid_request_error" if isinstance(error, BadInput) else "server_error"
