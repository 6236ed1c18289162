"""The manager that every model of an organization has."""

from __future__ import annotations

import copy
from typing import Any, Self, TypeVar

from django.db import models
from django_scopes import get_scope
from django_scopes.manager import DisabledQuerySet

Row = TypeVar("Row", bound=models.Model, covariant=True)


class ScopedManager(models.Manager[Row]):
    """Rows of the organization in scope; outside any scope, every query raises ``ScopeError``.

    It does what ``django_scopes.ScopedManager`` does for one dimension. That one is a class made anew by
    each call, which neither mypy nor a subclass can name.
    """

    def __init__(self, *, organization: str = "") -> None:
        super().__init__()
        self._path = organization
        self._override: dict[str, Any] | None = None

    def with_scope(self, **scope: Any) -> Self:
        return self._with({**scope, "_enabled": True})

    def with_scopes_disabled(self) -> Self:
        return self._with({"_enabled": False})

    def get_queryset(self) -> models.QuerySet[Row]:
        rows = super().get_queryset()
        scope = get_scope() if self._override is None else self._override
        if not scope.get("_enabled", True):
            return rows
        if "organization" not in scope:
            disabled: models.QuerySet[Row] = DisabledQuerySet(
                self.model, using=self._db, missing_scopes={"organization"}
            )
            return disabled
        return rows.filter(**{self._path_of_model(): scope["organization"]})

    def all(self) -> models.QuerySet[Row]:
        # The manager's own ``all`` gives the queryset as it is, and a disabled one would only raise later.
        rows = self.get_queryset()
        return rows.all() if isinstance(rows, DisabledQuerySet) else rows

    def _path_of_model(self) -> str:
        # Managers of relations are made by Django, of this class but without its argument.
        path: str = self._path or self.model._default_manager._path  # type: ignore[attr-defined]
        return path

    def _with(self, scope: dict[str, Any]) -> Self:
        clone = copy.copy(self)
        clone._override = scope
        return clone
