"""How a metric reads on the page: its number with a unit, its target, what it means, what to practice next.

Reports store names and numbers; every word is chosen here, in the language of whoever reads. A report may
hold a metric that is not known here (it came with a newer analysis): it is shown with what it says itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from reports.numbers import Number, clock, percent, plain, seconds, whole

Text = str | Promise
Detail = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wording:
    """``advice`` is by verdict and addresses the trainee; ``%(value)s`` is the number with its unit."""

    title: Text
    meaning: Text
    number: Callable[..., str] = plain
    unit: Callable[[Number], str] = lambda value: ""
    more: Callable[[Detail], list[str]] = lambda detail: []
    advice: Mapping[str, Text] = field(default_factory=dict)
    at_least: Text = ""
    """Stands before a number that can only be too small."""

    def value(self, value: Number, *bounds: Number | None) -> str:
        """``142 words a minute``."""
        return f"{self.number_beside(value, *bounds)} {self.unit(value)}".strip()

    def number_beside(self, value: Number, *bounds: Number | None) -> str:
        """With as many decimals as it needs to differ from the bounds that it differs from: "175.3" is above
        175, and must not read "175"."""
        others = [one for one in bounds if one is not None and one != value]
        for extra in range(3):
            text = self.number(value, extra)
            if text not in [self.number(one, extra) for one in others]:
                break
        return text

    def target(self, low: Number | None, high: Number | None) -> str:
        """ "" where there is none."""
        if low is not None and high is not None:
            return _("%(low)s to %(high)s") % {"low": self.number(low), "high": self.number(high)}
        if high is not None:
            return _("at most %(high)s") % {"high": self.number(high)}
        if low is not None:
            return _("at least %(low)s") % {"low": self.number(low)}
        return ""


def _per_minute(detail: Detail) -> list[str]:
    rate = detail.get("per_minute")
    return [] if rate is None else [_("%(number)s a minute") % {"number": plain(round(rate, 1))}]


def _about_questions(detail: Detail) -> list[str]:
    if detail.get("open") is None:  # they can't be told apart in this language
        return _per_minute(detail)
    forms = {"open": plain(detail["open"]), "closed": plain(detail["closed"])}
    return [_("%(open)s open, %(closed)s closed") % forms, *_per_minute(detail)]


def _about_latency(detail: Detail) -> list[str]:
    slow = detail.get("p90_s")
    return [] if slow is None else [_("nine of ten within %(time)s") % {"time": seconds(slow)}]


def _about_interruptions(detail: Detail) -> list[str]:
    listening, cut_ins = detail.get("backchannels") or 0, detail.get("avatar_cut_ins") or 0
    said = []
    if listening:
        said.append(
            ngettext("%(number)s sign of listening", "%(number)s signs of listening", listening)
            % {"number": plain(listening)}
        )
    if cut_ins:
        said.append(
            ngettext("the avatar cut in once", "the avatar cut in %(number)s times", cut_ins)
            % {"number": plain(cut_ins)}
        )
    return said


def _about_talk(detail: Detail) -> list[str]:
    own, avatar = detail.get("trainee_s"), detail.get("avatar_s")
    if own is None or avatar is None:
        return []
    times = {"own": clock(1000 * own), "avatar": clock(1000 * avatar)}
    return [_("%(own)s against the avatar's %(avatar)s") % times]


WORDINGS: Mapping[str, Wording] = {
    "speech_rate": Wording(
        gettext_lazy("Speech rate"),
        gettext_lazy(
            "The pace of speaking, own pauses included. In the target range most listeners follow easily."
        ),
        whole,
        lambda value: _("words a minute"),
        advice={
            "above": gettext_lazy("Next time, take it a little slower: you spoke %(value)s."),
            "below": gettext_lazy("Next time, try a little more pace: you spoke %(value)s."),
        },
    ),
    "filled_pauses": Wording(
        gettext_lazy("Filled pauses"),
        gettext_lazy(
            "Um, uh and their like. A few are human; many make it harder to sound sure. A silent "
            "pause does the same work."
        ),
        plain,
        lambda value: _("per 100 words"),
        _per_minute,
        advice={"above": gettext_lazy("Next time, leave more pauses silent: at least %(value)s were filled.")},
        at_least=gettext_lazy("at least"),
    ),
    "talk_ratio": Wording(
        gettext_lazy("Talk ratio"),
        gettext_lazy(
            "How much of the talking was done by the one who practices. What is right depends on the scenario."
        ),
        percent,
        lambda value: _("of the talking"),
        _about_talk,
        advice={
            "above": gettext_lazy("Next time, leave more room: you did %(value)s."),
            "below": gettext_lazy("Next time, say a little more: you did %(value)s."),
        },
    ),
    "response_latency": Wording(
        gettext_lazy("Response time"),
        gettext_lazy(
            "From the avatar's last word to the first word of the answer; the middle one of all "
            "answers. A short moment shows listening, a long one can feel like doubt."
        ),
        seconds,
        more=_about_latency,
        advice={
            "above": gettext_lazy("Next time, answer a little sooner: your usual answer took %(value)s."),
            "below": gettext_lazy("Next time, let the other finish: your answers often began before the end."),
        },
    ),
    "longest_monologue": Wording(
        gettext_lazy("Longest monologue"),
        gettext_lazy(
            "The longest stretch without giving up the floor. After more than a minute or so, "
            "listeners drift away."
        ),
        seconds,
        advice={
            "above": gettext_lazy("Next time, stop for the other sooner: your longest stretch took %(value)s.")
        },
    ),
    "interruptions": Wording(
        gettext_lazy("Interruptions"),
        gettext_lazy(
            "How often the one who practices took the floor from the avatar. Sometimes that is right."
        ),
        whole,
        lambda value: ngettext("time", "times", round(value)),
        _about_interruptions,
        advice={"above": gettext_lazy("Next time, let the other finish: you took the floor %(value)s.")},
    ),
    "questions": Wording(
        gettext_lazy("Questions"),
        gettext_lazy(
            "What was asked aloud. Open questions (what, how, why) invite the other to tell more than "
            "yes or no."
        ),
        whole,
        lambda value: ngettext("question", "questions", round(value)),
        _about_questions,
        advice={
            "above": gettext_lazy("Next time, ask less and listen longer: you asked %(value)s."),
            "below": gettext_lazy("Next time, ask more: you asked %(value)s."),
        },
    ),
}


def wording_of(name: str, metric: Mapping[str, Any]) -> Wording:
    """For a metric that is not known here, its own title and unit."""
    known = WORDINGS.get(name)
    return known or Wording(str(metric["title"]), "", unit=lambda value: str(metric["unit"]))


def why_not_measured(metric: Mapping[str, Any]) -> str:
    """The sentence in place of a number."""
    if metric["reason"] == "recognizer":
        return _("The speech recognition in use leaves such sounds out, so they can't be counted.")
    if metric["reason"] == "language":
        return _("Not measurable in this language yet.")
    return _("Not enough speech for a number that could be trusted.")
