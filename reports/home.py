"""What the first page shows a person: what to go on with, what to do, what was done, and the scenarios.

However many scenarios there are and conversations there were, the number of queries stays the same, and only
the results that are shown are opened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Window
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Now, RowNumber
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.days import day, due, moment
from accounts.models import User
from avatars.models import Assignment, Scenario
from avatars.portraits import with_pictures
from memory.models import Conversation, Turn
from memory.usage import rehearsed_since
from reports.summaries import Summary, summaries_of

SEARCHABLE_FROM = 9
"""From so many scenarios on there is a search field."""
QUERY_LENGTH = 100
LAST = 5


@dataclass(frozen=True, slots=True)
class OpenConversation:
    """One that can be taken up where it stopped."""

    id: UUID
    title: str
    """The scenario's, as it was called then."""
    when: str
    scenario_id: int


@dataclass(frozen=True, slots=True)
class Task:
    """What somebody asked this person to rehearse."""

    scenario: Scenario
    due: str
    """In words; empty without a date."""
    overdue: bool


@dataclass(frozen=True, slots=True)
class Result:
    """How a conversation that was held went, in a line."""

    id: UUID
    when: str
    summary: Summary


@dataclass(frozen=True, slots=True)
class Past(Result):
    title: str
    """The scenario's, as it was called then."""


@dataclass(frozen=True, slots=True)
class Card:
    scenario: Scenario
    last: Result | None


@dataclass(frozen=True, slots=True)
class HomePage:
    to_continue: OpenConversation | None
    tasks: Sequence[Task]
    last: Sequence[Past]
    """The newest first."""
    cards: Sequence[Card]
    scenarios: int
    """How many there are, found or not."""
    is_first_time: bool
    """Nothing was ever rehearsed, and nothing waits to be gone on with."""
    query: str = ""
    """What the cards were chosen by."""

    @property
    def searchable(self) -> bool:
        return self.scenarios >= SEARCHABLE_FROM

    @property
    def sparkline(self) -> Sparkline | None:
        return sparkline_of(self.last)


def home_page(user: User, *, query: str = "") -> HomePage:
    """The first page of this person, in the scope of their organization. With ``query``, the cards that have
    all its words in their title, their brief or their avatar's name."""
    query = query[:QUERY_LENGTH].strip()
    scenarios = list(
        with_pictures(
            Scenario.objects.filter(status=Scenario.Status.PUBLISHED)
            .select_related("avatar")
            .defer("situation", "avatar__persona", "avatar__style"),
            "avatar",
        )
    )
    to_continue = _to_continue(user)
    latest = list(_held_by(user).annotate(title=_TITLE)[:LAST])
    by_scenario = _last_by_scenario(user)
    summaries = summaries_of(list({one.pk: one for one in (*latest, *by_scenario.values())}.values()))
    now = timezone.localtime()

    def past(one: Conversation) -> Past:
        title: str = one.title  # type: ignore[attr-defined]
        return Past(one.pk, moment(one.started_at, now), summaries[one.pk], title)

    return HomePage(
        to_continue=to_continue,
        tasks=_tasks(user, now.date()),
        last=[past(one) for one in latest],
        cards=[
            Card(scenario, Result(one.pk, day(one.started_at, now), summaries[one.pk]) if one else None)
            for scenario in scenarios
            if _matches(scenario, query)
            for one in (by_scenario.get(scenario.pk),)
        ],
        scenarios=len(scenarios),
        is_first_time=not latest and to_continue is None,
        query=query,
    )


_TITLE = KeyTextTransform("title", "version__sheet")
"""For the few that are shown: a database that opens the sheet of every conversation takes its time."""


def _held_by(user: User) -> QuerySet[Conversation]:
    """The conversations of this person that are over and in which they said something, the newest first."""
    spoke = Turn.objects.filter(conversation=OuterRef("pk"), speaker="trainee")
    return (
        Conversation.objects.filter(Exists(spoke), trainee=user, status=Conversation.Status.ENDED)
        .annotate(scenario_id=F("version__scenario_id"))
        .only("trainee_id", "started_at")
        .order_by("-started_at")
    )


def _last_by_scenario(user: User) -> Mapping[int, Conversation]:
    """The newest that is over, by scenario: those of the published ones alone."""
    place = Window(RowNumber(), partition_by=F("version__scenario_id"), order_by=F("started_at").desc())
    newest = (
        _held_by(user)
        .filter(version__scenario__status=Scenario.Status.PUBLISHED)
        .annotate(place=place)
        .filter(place=1)
    )
    return {one.scenario_id: one for one in newest}  # type: ignore[attr-defined]


def _to_continue(user: User) -> OpenConversation | None:
    """The newest that was begun (somebody said something), has time left, and may still be taken up."""
    since = Now() - timedelta(seconds=settings.COACH_RESUME_WITHIN_S)
    found = (
        Conversation.objects.filter(
            Q(status=Conversation.Status.LIVE)
            | Q(status=Conversation.Status.INTERRUPTED, lease_expires_at__gte=since),
            trainee=user,
        )
        .annotate(spoken_ms=Max("turns__ended_ms"), title=_TITLE, limit_s=F("version__sheet__time_limit_s"))
        .filter(spoken_ms__isnull=False)
        .order_by("-started_at")
        .values_list("pk", "title", "started_at", "version__scenario_id", "elapsed_ms", "spoken_ms", "limit_s")
    )
    now = timezone.localtime()
    for pk, title, started_at, scenario_id, elapsed_ms, spoken_ms, limit_s in found:
        if max(elapsed_ms, spoken_ms) < limit_s * 1000:
            return OpenConversation(pk, title, moment(started_at, now), scenario_id)
    return None


def _tasks(user: User, today: date) -> list[Task]:
    """What was assigned and has not been rehearsed since."""
    assigned = Assignment.objects.filter(trainee=user, scenario__status=Scenario.Status.PUBLISHED)
    done = rehearsed_since(assigned)
    shown = with_pictures(
        assigned.select_related("scenario__avatar").order_by(F("due_on").asc(nulls_last=True), "created_at"),
        "scenario__avatar",
    )
    return [
        Task(
            scenario=one.scenario,
            due=due(one.due_on, today) if one.due_on else "",
            overdue=one.due_on is not None and one.due_on < today,
        )
        for one in shown
        if one.pk not in done
    ]


def _matches(scenario: Scenario, query: str) -> bool:
    # Here and not in the database: SQLite knows upper and lower case of ASCII alone.
    text = f"{scenario.title} {scenario.brief} {scenario.avatar.name}".casefold()
    return all(word in text for word in query.casefold().split())


# -- the line over the last results ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sparkline:
    """The share of measures on target, oldest first, as points of an SVG of ``width`` x ``height``."""

    dots: Sequence[tuple[float, float]]
    words: str
    width: int = 96
    height: int = 32

    @property
    def line(self) -> str:
        return " ".join(f"{x:g},{y:g}" for x, y in self.dots)


def sparkline_of(last: Sequence[Past]) -> Sparkline | None:
    """None unless there are two results to draw a line between."""
    results = [one.summary for one in reversed(last) if one.summary.state == "done" and one.summary.judged]
    if len(results) < 2:
        return None
    step = (96 - 2 * 6) / (len(results) - 1)
    dots = [
        (round(6 + at * step, 1), round(26 - 20 * one.on_target / one.judged, 1))
        for at, one in enumerate(results)
    ]
    words = _("On target, from the earliest to the latest: %(results)s")
    return Sparkline(dots, words % {"results": ", ".join(_share(one) for one in results)})


def _share(one: Summary) -> str:
    return _("%(on_target)d of %(judged)d") % {"on_target": one.on_target, "judged": one.judged}
