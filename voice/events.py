"""The one vocabulary: every event that crosses a door, as a frozen, validated class.

Names and fields are those of the OpenAI Realtime API (GA); what it lacks is prefixed ``coach.``. The wire form
is the JSON of the class (``voice/wire.py`` reads and writes it). ``docs/events.md`` is generated from this
file (``python -m voice.events``) and checked.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from avatars.sheets import Mood
from memory.records import Speaker, TurnKind

MAX_TEXT = 4_000
"""Letters of a typed turn at most: several minutes of speech."""

Id = Annotated[str, StringConstraints(max_length=128)]
Rate = Annotated[int, Field(ge=8_000, le=96_000)]


class Part(BaseModel):
    """A value inside an event. Unknown fields are ignored: clients of the wider vocabulary send more."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(Part):
    type: str
    event_id: Id | None = None


# -- what is inside ------------------------------------------------------------------------------------------


class AudioFormat(Part):
    """16-bit little-endian mono PCM."""

    type: Literal["audio/pcm"] = "audio/pcm"
    rate: Rate = 24_000


class TurnDetection(Part):
    """Who decides that a turn has ended: the server."""

    type: Literal["server_vad", "semantic_vad"] = "server_vad"
    silence_duration_ms: Annotated[int, Field(ge=100, le=5_000)] | None = None


class AudioInput(Part):
    """The trainee's sound."""

    format: AudioFormat | None = None
    turn_detection: TurnDetection | None = None
    """null: push-to-talk; the client commits."""


class AudioOutput(Part):
    """The avatar's sound."""

    format: AudioFormat | None = None


class SessionAudio(Part):
    """Both directions."""

    input: AudioInput | None = None
    output: AudioOutput | None = None


class SessionCoach(Part):
    """What only our own clients ask for."""

    events: bool | None = None
    """Send the ``coach.`` events on this door."""


class Session(Part):
    """What may be changed with ``session.update``; the rest is fixed by the scenario."""

    type: Literal["realtime"] = "realtime"
    id: str | None = None
    model: str | None = None
    output_modalities: list[str] | None = None
    audio: SessionAudio | None = None
    coach: SessionCoach | None = None


class Content(Part):
    """What a turn consists of: typed text, or speech with its transcript."""

    type: Literal["input_text", "input_audio", "output_text", "output_audio"]
    text: Annotated[str, StringConstraints(max_length=MAX_TEXT)] | None = None
    transcript: str | None = None


class Item(Part):
    """A turn. The trainee is ``user``, the avatar ``assistant``."""

    id: Id | None = None
    object: Literal["realtime.item"] = "realtime.item"
    type: Literal["message"] = "message"
    role: Literal["user", "assistant", "system"]
    status: Literal["in_progress", "completed", "incomplete"] | None = None
    content: list[Content] = Field(default_factory=list)


class StatusError(Part):
    """Why a response failed; an ``error`` event said more."""

    type: Literal["invalid_request_error", "server_error"]
    code: str


class StatusDetails(Part):
    """Why a response ended: ``reason`` if it was cancelled, ``error`` if it failed."""

    type: Literal["completed", "cancelled", "failed", "incomplete"]
    reason: str | None = None
    error: StatusError | None = None


class Response(Part):
    """One answer of the avatar."""

    id: str
    object: Literal["realtime.response"] = "realtime.response"
    status: Literal["in_progress", "completed", "cancelled", "failed", "incomplete"]
    status_details: StatusDetails | None = None
    output: list[Item] = Field(default_factory=list)
    output_modalities: list[str] = Field(default_factory=lambda: ["audio"])


class AudioPart(Part):
    """Speech and what it says."""

    type: Literal["audio"] = "audio"
    transcript: str | None = None


class Turn(Part):
    """A turn as it is stored. Times in ms from the start of the conversation; ``timings`` in ms by name."""

    seq: int
    speaker: Speaker
    kind: TurnKind
    text: str
    unheard_text: str
    interrupted: bool
    started_ms: int
    ended_ms: int
    words: list[tuple[str, int, int]]
    """[word, start_ms, end_ms]"""
    timings: dict[str, float]


class EngineInUse(Part):
    """An engine by its short name, what people call it, and how to get a better one (empty: there is none)."""

    name: str
    hint: str
    title: str = ""


class TranscriptionUsage(Part):
    """How much sound was transcribed."""

    type: Literal["duration"] = "duration"
    seconds: float


class ErrorDetail(Part):
    """What happened (``message``), what to do about it (``hint``), and which event caused it (``event_id``)."""

    type: Literal["invalid_request_error", "server_error"]
    code: str
    message: str
    hint: str
    event_id: str | None = None
    param: str | None = None


# -- client -> server ----------------------------------------------------------------------------------------


class SessionUpdate(Event):
    """Change formats, turn detection, or ask for ``coach.`` events."""

    type: Literal["session.update"]
    session: Session


class InputAudioBufferAppend(Event):
    """A piece of the trainee's sound, base64. The browser's door takes binary frames too."""

    type: Literal["input_audio_buffer.append"]
    audio: str


class InputAudioBufferCommit(Event):
    """Push-to-talk: what was appended is a turn. Otherwise: the turn ends here, don't wait for a pause."""

    type: Literal["input_audio_buffer.commit"]


class InputAudioBufferClear(Event):
    """Push-to-talk: forget what was appended."""

    type: Literal["input_audio_buffer.clear"]


class ConversationItemCreate(Event):
    """A typed turn; it is answered by a following ``response.create``."""

    type: Literal["conversation.item.create"]
    item: Item
    previous_item_id: Id | None = None


class ConversationItemTruncate(Event):
    """How much of the avatar's turn was played before the client cut it off."""

    type: Literal["conversation.item.truncate"]
    item_id: Id
    content_index: int = 0
    audio_end_ms: Annotated[int, Field(ge=0)]


class ResponseCreate(Event):
    """Let the avatar speak now. An answer under way that knows all that was said is that answer."""

    type: Literal["response.create"]


class ResponseCancel(Event):
    """Stop the avatar. A ``response_id`` that is not the one under way is a ``bad_event``, and stops
    nothing."""

    type: Literal["response.cancel"]
    response_id: Id | None = None


class OutputAudioBufferClear(Event):
    """Stop the avatar, as ``response.cancel``; the client has dropped its queue."""

    type: Literal["output_audio_buffer.clear"]


class CoachSay(Event):
    """A typed turn that is answered at once."""

    type: Literal["coach.say"]
    text: Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT)]


class CoachPlayback(Event):
    """How much of an item has been played; at least every 250 ms while playing, and after every pause."""

    type: Literal["coach.playback"]
    item_id: Id
    played_ms: Annotated[float, Field(ge=0, allow_inf_nan=False)]


class CoachEnd(Event):
    """The trainee ends the conversation."""

    type: Literal["coach.end"]


ClientEvent = Annotated[
    SessionUpdate
    | InputAudioBufferAppend
    | InputAudioBufferCommit
    | InputAudioBufferClear
    | ConversationItemCreate
    | ConversationItemTruncate
    | ResponseCreate
    | ResponseCancel
    | OutputAudioBufferClear
    | CoachSay
    | CoachPlayback
    | CoachEnd,
    Field(discriminator="type"),
]

# -- server -> client ----------------------------------------------------------------------------------------


class SessionCreated(Event):
    """The first event on every door."""

    type: Literal["session.created"] = "session.created"
    session: Session


class SessionUpdated(Event):
    """The session as it is now, after ``session.update``."""

    type: Literal["session.updated"] = "session.updated"
    session: Session


class SpeechStartedEvent(Event):
    """The trainee has the floor. Over the avatar it is sent once that is decided; drop what is queued."""

    type: Literal["input_audio_buffer.speech_started"] = "input_audio_buffer.speech_started"
    audio_start_ms: int
    item_id: str


class SpeechStoppedEvent(Event):
    """The trainee's speech ended there; sent once it is decided that this was all of it."""

    type: Literal["input_audio_buffer.speech_stopped"] = "input_audio_buffer.speech_stopped"
    audio_end_ms: int
    item_id: str


class InputAudioBufferCommitted(Event):
    """The trainee's turn is complete; its item follows."""

    type: Literal["input_audio_buffer.committed"] = "input_audio_buffer.committed"
    item_id: str
    previous_item_id: str | None = None


class InputAudioBufferCleared(Event):
    """Push-to-talk: what was appended is forgotten."""

    type: Literal["input_audio_buffer.cleared"] = "input_audio_buffer.cleared"


class ConversationItemAdded(Event):
    """A turn begins: the trainee's when it was said, the avatar's when it is about to speak."""

    type: Literal["conversation.item.added"] = "conversation.item.added"
    item: Item
    previous_item_id: str | None = None


class ConversationItemDone(Event):
    """A turn is complete."""

    type: Literal["conversation.item.done"] = "conversation.item.done"
    item: Item
    previous_item_id: str | None = None


class ConversationItemTruncated(Event):
    """The avatar's turn holds only what was heard until then, also for the model."""

    type: Literal["conversation.item.truncated"] = "conversation.item.truncated"
    item_id: str
    content_index: int = 0
    audio_end_ms: int


class TranscriptionDelta(Event):
    """More text that will not change any more (what several guesses in a row agreed on)."""

    type: Literal["conversation.item.input_audio_transcription.delta"] = (
        "conversation.item.input_audio_transcription.delta"
    )
    item_id: str
    content_index: int = 0
    delta: str


class TranscriptionCompleted(Event):
    """The transcript of the trainee's turn; empty where no word was understood."""

    type: Literal["conversation.item.input_audio_transcription.completed"] = (
        "conversation.item.input_audio_transcription.completed"
    )
    item_id: str
    content_index: int = 0
    transcript: str
    usage: TranscriptionUsage


class TranscriptionFailed(Event):
    """The turn could not be transcribed; the conversation goes on."""

    type: Literal["conversation.item.input_audio_transcription.failed"] = (
        "conversation.item.input_audio_transcription.failed"
    )
    item_id: str
    content_index: int = 0
    error: ErrorDetail


class ResponseCreated(Event):
    """The avatar is going to answer."""

    type: Literal["response.created"] = "response.created"
    response: Response


class ResponseDone(Event):
    """The answer was played to its end, was cut off (``cancelled``) or ``failed``."""

    type: Literal["response.done"] = "response.done"
    response: Response


class OutputItemAdded(Event):
    """The avatar's turn as an item of the response."""

    type: Literal["response.output_item.added"] = "response.output_item.added"
    response_id: str
    output_index: int = 0
    item: Item


class OutputItemDone(Event):
    """The avatar's turn is complete, or ``incomplete``: it was cut off."""

    type: Literal["response.output_item.done"] = "response.output_item.done"
    response_id: str
    output_index: int = 0
    item: Item


class ContentPartAdded(Event):
    """The response has one part: speech."""

    type: Literal["response.content_part.added"] = "response.content_part.added"
    response_id: str
    item_id: str
    output_index: int = 0
    content_index: int = 0
    part: AudioPart


class ContentPartDone(Event):
    """All of the answer's text, also what remained unheard."""

    type: Literal["response.content_part.done"] = "response.content_part.done"
    response_id: str
    item_id: str
    output_index: int = 0
    content_index: int = 0
    part: AudioPart


class OutputAudioDelta(Event):
    """A piece of the avatar's sound. The browser's door sends ``pcm`` as a binary frame instead; it belongs
    to the item of the last ``response.output_item.added``."""

    type: Literal["response.output_audio.delta"] = "response.output_audio.delta"
    response_id: str
    item_id: str
    output_index: int = 0
    content_index: int = 0
    delta: str = ""
    pcm: bytes = Field(default=b"", exclude=True)


class OutputAudioDone(Event):
    """All sound was sent; it is still being played."""

    type: Literal["response.output_audio.done"] = "response.output_audio.done"
    response_id: str
    item_id: str
    output_index: int = 0
    content_index: int = 0


class OutputTranscriptDelta(Event):
    """The text of a phrase, sent as its sound begins."""

    type: Literal["response.output_audio_transcript.delta"] = "response.output_audio_transcript.delta"
    response_id: str
    item_id: str
    output_index: int = 0
    content_index: int = 0
    delta: str


class OutputTranscriptDone(Event):
    """All of the answer's text."""

    type: Literal["response.output_audio_transcript.done"] = "response.output_audio_transcript.done"
    response_id: str
    item_id: str
    output_index: int = 0
    content_index: int = 0
    transcript: str


class OutputAudioBufferCleared(Event):
    """The avatar was cut off: drop what is queued."""

    type: Literal["output_audio_buffer.cleared"] = "output_audio_buffer.cleared"
    response_id: str


class ErrorEvent(Event):
    """Something went wrong; the conversation goes on unless the socket closes."""

    type: Literal["error"] = "error"
    error: ErrorDetail


class CoachOutputPause(Event):
    """Stop playing at once but keep the queue: somebody speaks. Answer with ``coach.playback``."""

    type: Literal["coach.output.pause"] = "coach.output.pause"
    item_id: str


class CoachOutputResume(Event):
    """Go on playing where you stopped."""

    type: Literal["coach.output.resume"] = "coach.output.resume"
    item_id: str


class CoachState(Event):
    """Who has the floor; with ``ended`` the reason. ``mood``: how the avatar feels after the turns so far,
    where that can be told."""

    type: Literal["coach.state"] = "coach.state"
    state: Literal["listening", "hearing", "deciding", "thinking", "speaking", "yielding", "ended"]
    reason: str | None = None
    elapsed_ms: int
    mood: Mood | None = None


class CoachPartial(Event):
    """The best guess at what is being said, whole, replacing the last one."""

    type: Literal["coach.partial"] = "coach.partial"
    item_id: str
    text: str


class CoachTurn(Event):
    """A turn as it is stored; sent again when it changes (same ``seq``)."""

    type: Literal["coach.turn"] = "coach.turn"
    item_id: str
    turn: Turn


class CoachTimings(Event):
    """How long the parts of the response gap took, in ms."""

    type: Literal["coach.timings"] = "coach.timings"
    item_id: str
    timings: dict[str, float]


class CoachEngines(Event):
    """Which engines are in use, and how to get better ones."""

    type: Literal["coach.engines"] = "coach.engines"
    engines: dict[str, EngineInUse]
    """By kind: vad, stt, llm, tts."""


ServerEvent = (
    SessionCreated
    | SessionUpdated
    | SpeechStartedEvent
    | SpeechStoppedEvent
    | InputAudioBufferCommitted
    | InputAudioBufferCleared
    | ConversationItemAdded
    | ConversationItemDone
    | ConversationItemTruncated
    | TranscriptionDelta
    | TranscriptionCompleted
    | TranscriptionFailed
    | ResponseCreated
    | ResponseDone
    | OutputItemAdded
    | OutputItemDone
    | ContentPartAdded
    | ContentPartDone
    | OutputAudioDelta
    | OutputAudioDone
    | OutputTranscriptDelta
    | OutputTranscriptDone
    | OutputAudioBufferCleared
    | ErrorEvent
    | CoachOutputPause
    | CoachOutputResume
    | CoachState
    | CoachPartial
    | CoachTurn
    | CoachTimings
    | CoachEngines
)


if __name__ == "__main__":
    from voice.papers import events_page

    print(events_page(), end="")
