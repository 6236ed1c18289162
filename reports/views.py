"""What was rehearsed, and how it went: for the trainee, and for the coaches of a team."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.models import User
from accounts.vault import PersonErased
from memory.conversations import UnknownConversation, begun
from memory.models import Conversation
from reports import filters, lists
from reports.access import coached_by, own_of, readable_by, teams_of
from reports.pages import current_report, report_page, shown_of, state_of
from reports.tasks import request_report


@never_cache
@require_safe
@login_required
def history(request: HttpRequest) -> HttpResponse:
    """One's own conversations."""
    chosen = filters.for_history(own_of(_person(request)).filter(begun()), request.GET)
    page = lists.page_of(chosen.rows, request.GET.get("page"))
    return render(request, "reports/history.html", {"filters": chosen, "page": page})


@never_cache
@require_safe
@login_required
def team(request: HttpRequest) -> HttpResponse:
    """What the people one coaches have rehearsed. 403 for who is no coach."""
    person = _person(request)
    teams = teams_of(person).count()
    if not person.is_coach and not teams:
        raise PermissionDenied
    chosen = filters.for_team(coached_by(person).filter(begun()), person, request.GET)
    page = lists.page_of(chosen.rows, request.GET.get("page"))
    return render(request, "reports/team.html", {"filters": chosen, "page": page, "teams": teams})


@never_cache
@require_safe
@login_required
def report(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """How a conversation went, or how far its report is. 404 for whoever may not read it."""
    page = report_page(_readable(request, conversation_id), reader=_person(request))
    return render(request, "reports/report.html", {"page": page})


@never_cache
@require_safe
def progress(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """The part of the report page that changes, for the page that asks again every second: its progress, and
    once it is there the whole report."""
    if not request.user.is_authenticated:
        # Signed out meanwhile: the whole page leads to the sign-in, a part of it can't.
        return HttpResponseClientRefresh()
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("reports:report", conversation_id)
    conversation = _readable(request, conversation_id)
    found, shown = current_report(conversation, opened=False), request.GET.get("shown", "")
    if state_of(conversation, found) == "working" and shown == shown_of(found):
        return HttpResponse(status=204)  # no news: the page stays as it is
    page = report_page(conversation, reader=_person(request))
    # A bar that moves on is seen; a screen reader need not hear the same words again.
    told = page.running and shown.startswith("running")
    return render(request, "reports/progress.html", {"page": page, "told": told})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def again(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Ask for the report of an ended conversation of one's own that has none. One that is there stays. With
    GET, to which the sign-in leads, it is the report's page, where the button is."""
    if request.method != "POST":
        return redirect("reports:report", conversation_id)
    conversation = get_object_or_404(own_of(_person(request)), pk=conversation_id)
    if state_of(conversation, current_report(conversation, opened=False)) in ("failed", "none"):
        try:
            request_report(conversation_id=conversation.pk)
        except (UnknownConversation, PersonErased) as exc:
            raise Http404 from exc
    return redirect("reports:report", conversation_id)


def _readable(request: HttpRequest, conversation_id: UUID) -> Conversation:
    rows = readable_by(_person(request)).select_related("trainee", "version__scenario__avatar__portrait")
    # Neither the picture nor the sheet: that one comes with the turns.
    rows = rows.defer("version__sheet", "version__scenario__avatar__portrait__data")
    return get_object_or_404(rows, pk=conversation_id)


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
