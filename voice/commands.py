"""What a client may ask of a conversation, and what becomes of it. Everything returns at once."""

from __future__ import annotations

from collections.abc import Callable

from voice import events as wire
from voice.avatar import Avatar
from voice.errors import BadEvent
from voice.table import Event, ReplyRequested, State
from voice.trainee import Trainee


class Commands:
    def __init__(
        self,
        *,
        trainee: Trainee,
        avatar: Avatar,
        tell: Callable[[Event], None],
        state: Callable[[], State],
        is_manual: Callable[[], bool],
    ) -> None:
        self._trainee, self._avatar = trainee, avatar
        self._tell, self._state, self._is_manual = tell, state, is_manual

    def obey(self, event: wire.Event) -> None:
        """Raises BadEvent, RateLimited; nothing was changed then."""
        match event:
            case wire.CoachPlayback():
                self._avatar.acknowledge(event)
            case wire.ConversationItemTruncate():
                self._avatar.truncate(event)
            case wire.ResponseCancel(response_id=response_id):
                self._avatar.cancel(response_id)
            case wire.OutputAudioBufferClear():
                self._avatar.cancel()
            case wire.InputAudioBufferClear():
                self._trainee.clear()
            case wire.InputAudioBufferCommit():
                self._commit()
            case wire.ConversationItemCreate(item=item):
                self._create(item)
            case wire.CoachSay(text=text):
                self._say(text)
            case wire.ResponseCreate():
                self._respond()
            case _:
                raise BadEvent("This event is not for this door.")

    def _commit(self) -> None:
        """Push-to-talk: a turn, to be answered by ``response.create``. Otherwise as after a pause."""
        if self._is_manual():
            self._trainee.commit_manually()
        elif self._state() in (State.HEARING, State.DECIDING, State.YIELDING):
            self._tell(ReplyRequested("answer"))
        else:
            raise BadEvent("There is no sound to commit.", hint="Append sound before you commit it.")

    def _create(self, item: wire.Item) -> None:
        if item.role != "user":
            raise BadEvent("Only the trainee's turns can be created.", hint="Send an item with role user.")
        text = " ".join(part.text or "" for part in item.content if part.type == "input_text").strip()
        self._trainee.type(text, item.id)

    def _say(self, text: str) -> None:
        """The avatar is stopped first, so that what was heard of it comes before the turn; the reply that is
        begun reads what was said only when its task first runs, which is after this."""
        if not text.strip():
            raise BadEvent("The turn has no text.", hint="Write something.")
        self._tell(ReplyRequested("answer"))
        self._trainee.type(text.strip(), None)

    def _respond(self) -> None:
        """A reply that is under way and knows all that was said is the answer."""
        busy = self._state() in (State.THINKING, State.SPEAKING)
        if not (busy and self._avatar.answers_all()):
            self._tell(ReplyRequested("answer"))
