"""People as an admin makes and changes them: their address, their first password."""

from __future__ import annotations

from allauth.account.forms import ResetPasswordForm
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User


def mail_goes_out() -> bool:
    """Whether a mail server is configured; otherwise mail is written to files that nobody is sent."""
    return settings.EMAIL_BACKEND != "django.core.mail.backends.filebased.EmailBackend"


def address_is_taken(email: str, *, but: User) -> bool:
    """Whether somebody else signs in with this address, in whatever organization."""
    taken = EmailAddress.objects.filter(email__iexact=email).exclude(user_id=but.pk).exists()
    return taken or User.everyone.filter(email__iexact=email).exclude(pk=but.pk).exists()


def vouch_for_address(user: User) -> None:
    """From now on the person signs in with ``user.email`` alone; it needs no confirmation."""
    with transaction.atomic():
        EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
        EmailAddress.objects.update_or_create(
            user=user, email=user.email, defaults={"verified": True, "primary": True}
        )


def tell_of_new_address(*, user: User, old: str) -> None:
    """To the old address: it stops working, and whoever has it may know nothing of that."""
    with translation.override(user.language or settings.LANGUAGE_CODE):
        subject = _("Your address for signing in was changed")
        text = _(
            "Hello,\n\nan admin of %(organization)s changed the address with which you sign in. This one "
            "(%(old)s) doesn't work any more; your new one is %(new)s.\n\nIf you didn't ask for that, tell "
            "your organization now: with the new address, somebody else could choose a password for you."
        ) % {"organization": user.organization, "old": old, "new": user.email}
    send_mail(subject, text, None, [old])


def mail_password_link(request: HttpRequest, user: User) -> None:
    """Mail a link with which the person chooses a password."""
    form = ResetPasswordForm(data={"email": user.email})
    if form.is_valid():
        form.save(request)
