"""What a list is narrowed down by. Everything chosen stands in the address, so a list can be kept and shared.

What is chosen and does not exist (any more), or belongs to somebody else, finds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Team, User
from avatars.models import Scenario
from memory.models import Conversation
from reports.access import teams_of, trainees_of
from reports.models import Report

PERIODS = (7, 30, 90)


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter: its name in the address, and what can be chosen, as (value, words)."""

    name: str
    label: str
    all: str
    """The words for no filter."""
    options: list[tuple[str, str]]
    chosen: str

    @property
    def known(self) -> bool:
        return not self.chosen or self.chosen in dict(self.options)


@dataclass(frozen=True, slots=True)
class Filters:
    choices: list[Choice]
    rows: QuerySet[Conversation]

    @property
    def active(self) -> bool:
        return any(one.chosen for one in self.choices)


def for_history(rows: QuerySet[Conversation], given: Mapping[str, str]) -> Filters:
    return _narrowed(rows, [_scenarios(rows, given)])


def for_team(rows: QuerySet[Conversation], coach: User, given: Mapping[str, str]) -> Filters:
    """Of the trainees that this person coaches."""
    people = [_teams(coach, given), _trainees(coach, given)]
    return _narrowed(rows, [*people, _scenarios(rows, given), _statuses(given), _periods(given)])


def _narrowed(rows: QuerySet[Conversation], choices: list[Choice]) -> Filters:
    if not all(one.known for one in choices):
        return Filters(choices, rows.none())
    for one in choices:
        if one.chosen:
            rows = rows.filter(_condition(one.name, one.chosen))
    return Filters(choices, rows)


def _condition(name: str, value: str) -> Q:
    """``value`` is one of the options."""
    if name == "team":
        return Q(trainee__in=Team.members.through.objects.filter(team=int(value)).values("user_id"))
    if name == "trainee":
        return Q(trainee=UUID(value))
    if name == "scenario":
        return Q(version__scenario__slug=value)
    if name == "days":
        return Q(started_at__gte=timezone.now() - timedelta(days=int(value)))
    return _of_status(value)


def _scenarios(rows: QuerySet[Conversation], given: Mapping[str, str]) -> Choice:
    """Those that were rehearsed, whether they are still offered or not."""
    rehearsed = Scenario.objects.filter(pk__in=rows.order_by().values("version__scenario"))
    options = list(rehearsed.order_by("title").values_list("slug", "title"))
    return _choice("scenario", _("Scenario"), _("All scenarios"), options, given)


def _teams(coach: User, given: Mapping[str, str]) -> Choice:
    options = [(str(pk), name) for pk, name in teams_of(coach).values_list("pk", "name")]
    return _choice("team", _("Team"), _("All teams"), options, given)


def _trainees(coach: User, given: Mapping[str, str]) -> Choice:
    people = trainees_of(coach).exclude(pk=coach.pk).only("preferred_name", "email")
    options = sorted(((str(one.pk), str(one)) for one in people), key=lambda one: one[1].casefold())
    return _choice("trainee", _("Trainee"), _("All trainees"), options, given)


def _statuses(given: Mapping[str, str]) -> Choice:
    options = [("done", _("Report ready")), ("waiting", _("Report not ready")), ("open", _("Still going on"))]
    return _choice("status", _("Status"), _("Any status"), options, given)


def _periods(given: Mapping[str, str]) -> Choice:
    options = [(str(days), _("Last %(days)d days") % {"days": days}) for days in PERIODS]
    return _choice("days", _("Period"), _("Any time"), options, given)


def _of_status(value: str) -> Q:
    ended = Q(status=Conversation.Status.ENDED)
    if value == "open":
        return ~ended
    done = Exists(Report.objects.filter(conversation=OuterRef("pk"), status=Report.Status.DONE))
    return ended & (Q(done) if value == "done" else ~Q(done))


def _choice(
    name: str, label: str, every: str, options: list[tuple[str, str]], given: Mapping[str, str]
) -> Choice:
    return Choice(name, label, every, options, given.get(name, ""))
