"""Every query belongs to one organization: a query outside a scope is an error (django-scopes).

The scope is a context variable. It follows ``sync_to_async``, ``database_sync_to_async`` and
``create_task``; it does not follow ``run_in_executor``. It guards reads through ``objects``; what is written
is checked by the functions that write.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django_scopes import scope, scopes_disabled

from accounts.models import Organization

__all__ = ["OrganizationScope", "organization_scope", "scopes_disabled"]


def organization_scope(organization: Organization | UUID) -> AbstractContextManager[None]:
    """Queries inside see this organization's rows only."""
    scoped: AbstractContextManager[None] = scope(organization=organization)
    return scoped


class OrganizationScope:
    """Puts each request into the scope of the organization of whoever is signed in.

    Nobody is signed in on the sign-in pages, and nobody's organization is known yet: they alone run
    unscoped. An anonymous request to any other page that touches data is an error.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._sign_in_path = reverse("account_login").removesuffix("login/")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            with organization_scope(request.user.organization_id):
                return self.get_response(request)
        if request.path.startswith(self._sign_in_path):
            with scopes_disabled():
                return self.get_response(request)
        return self.get_response(request)
