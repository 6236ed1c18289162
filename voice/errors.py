"""Everything that can go wrong in a live conversation, as one tree.

    VoiceError                      code internal
    +-- BadInput                    the client's fault; the conversation goes on
    |   +-- BadAudio                code bad_audio
    |   +-- BadEvent                code bad_event
    |   +-- MessageTooLarge         code message_too_large
    |   `-- RateLimited             code rate_limited
    +-- Refused                     the door stays shut
    |   +-- NotAuthorised           code not_authorised
    |   +-- ConversationElsewhere   code conversation_elsewhere
    |   `-- ServerBusy              code server_busy
    `-- EngineError                 an engine failed; the conversation goes on without it
        +-- SttUnavailable          code stt_unavailable
        +-- LlmUnavailable          code llm_unavailable
        |   `-- LlmTimeout          code llm_timeout
        `-- TtsUnavailable          code tts_unavailable

``message`` says what happened, ``hint`` what to do about it. Neither ever carries what a person said:
both may be logged and shown. Vendor exceptions are translated at each engine's border, with
``raise ... from exc`` where their text can't quote what was said, and ``from None`` where it can.
"""

from __future__ import annotations


class VoiceError(Exception):
    """The root; on its own it means a fault of ours."""

    code = "internal"
    default_message = "Something went wrong on the server."
    default_hint = "Nothing you said is lost. Try again; if it happens again, tell your administrator."

    def __init__(self, message: str | None = None, *, hint: str | None = None) -> None:
        self.message = message or self.default_message
        self.hint = hint or self.default_hint
        super().__init__(f"{self.code}: {self.message}")


class BadInput(VoiceError):
    """The client sent something that can't be used; nothing was changed by it."""

    event_id: str | None = None
    """The client's own id of the event that was at fault."""


class BadAudio(BadInput):
    code = "bad_audio"
    default_message = "The audio could not be read."
    default_hint = "Send 16-bit little-endian mono PCM at the rate named in session.update."


class BadEvent(BadInput):
    code = "bad_event"
    default_message = "The event could not be read."
    default_hint = "See docs/events.md for the events of this door and their fields."


class MessageTooLarge(BadInput):
    code = "message_too_large"
    default_message = "The message is larger than this door takes."
    default_hint = "Send audio in frames of 20 to 60 ms; no message may exceed 64 KiB."


class RateLimited(BadInput):
    code = "rate_limited"
    default_message = "Audio arrives faster than it can be worked through."
    default_hint = "Send audio at the speed at which it was spoken."


class Refused(VoiceError):
    """The conversation was not opened."""


class NotAuthorised(Refused):
    code = "not_authorised"
    default_message = "You are not signed in, or this is not yours."
    default_hint = "Sign in again, or use a valid API token in the Authorization header."


class ConversationElsewhere(Refused):
    code = "conversation_elsewhere"
    default_message = "This conversation is open in another place."
    default_hint = "Close the other window, or wait a few seconds and try again."


class ServerBusy(Refused):
    code = "server_busy"
    default_message = "Every place for a conversation is taken."
    default_hint = "Try again in a few minutes."


class EngineError(VoiceError):
    """An engine failed; the conversation goes on without what it would have given."""


class SttUnavailable(EngineError):
    code = "stt_unavailable"
    default_message = "What you said could not be transcribed."
    default_hint = "Say it again, or type it."


class LlmUnavailable(EngineError):
    code = "llm_unavailable"
    default_message = "The avatar could not think of an answer."
    default_hint = "Say it again; an administrator finds the reason under engines."


class LlmTimeout(LlmUnavailable):
    code = "llm_timeout"
    default_message = "The avatar took too long to answer."


class TtsUnavailable(EngineError):
    code = "tts_unavailable"
    default_message = "The avatar's voice is not available; it goes on in writing."
    default_hint = "Read along in the captions; your administrator can start the voice again."
