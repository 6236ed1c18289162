"""How allauth behaves here: nobody signs up by themselves, and second factors are stored sealed."""

from __future__ import annotations

import base64

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import vault

_SECOND_FACTOR = "mfa.Authenticator.data"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        # The same for an address that nobody has: it must not tell who has an account.
        "email_password_mismatch": _("This address and password don't fit together. Please try again."),
        "too_many_login_attempts": _("Too many tries for now. Please wait a few minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """An admin of the organization makes accounts."""
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("people:profile")


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    def encrypt(self, text: str) -> str:
        return base64.b64encode(vault.seal_for_site(_SECOND_FACTOR, text.encode())).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return vault.open_for_site(_SECOND_FACTOR, base64.b64decode(encrypted_text)).decode()
