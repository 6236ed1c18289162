"""How the avatar feels as a conversation goes on: as ``avatars.script.mood_of``, reading only what is new."""

from __future__ import annotations

from collections.abc import Sequence

from avatars.prompts import Direction
from avatars.script import Spoken, script_of
from avatars.sheets import Mood, ScenarioSheet


class Feeling:
    """Of one conversation. The last turn is read anew each time, for of a line that is being said more and more
    is heard; if an earlier one has changed, everything is."""

    def __init__(self, sheet: ScenarioSheet, directions: Sequence[Direction] = ()) -> None:
        self._script, self._directions = script_of(sheet), tuple(directions)
        self._begin()

    def _begin(self) -> None:
        self._scene = self._script.begin(self._directions)
        self._read: list[Spoken] = []

    def after(self, history: Sequence[Spoken]) -> Mood:
        settled = list(history[:-1])
        if settled[: len(self._read)] != self._read:
            self._begin()
        for turn in settled[len(self._read) :]:
            self._script.hear(self._scene, *turn)
        self._read = settled
        scene = self._scene.copy()
        for turn in history[-1:]:
            self._script.hear(scene, *turn)
        scene.direct()
        return scene.mood
