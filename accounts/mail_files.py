"""Mail that was written to files for want of a mail server (``EMAIL_FILE_PATH``): addresses and reset links.

Django puts the messages of one connection into one file, each followed by a line of 79 dashes.
"""

from __future__ import annotations

from collections.abc import Collection
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from pathlib import Path

from django.conf import settings

_END = b"\n" + b"-" * 79 + b"\n"


def mail_to(addresses: Collection[str]) -> list[EmailMessage]:
    """The messages to any of these addresses, however they are capitalized."""
    wanted = {one.lower() for one in addresses}
    return [
        message
        for file in _files()
        for message in map(_parsed, _messages(file))
        if not wanted.isdisjoint(_recipients(message))
    ]


def erase_mail_to(addresses: Collection[str]) -> int:
    """Delete them; how many there were. What the files hold for others stays. Raises ``OSError``."""
    wanted = {one.lower() for one in addresses}
    erased = 0
    for file in _files():
        messages = _messages(file)
        kept = [one for one in messages if wanted.isdisjoint(_recipients(_parsed(one)))]
        if len(kept) == len(messages):
            continue
        erased += len(messages) - len(kept)
        if kept:
            _replace(file, b"".join(one + _END for one in kept))
        else:
            file.unlink(missing_ok=True)
    return erased


def _files() -> list[Path]:
    return sorted(Path(settings.EMAIL_FILE_PATH).glob("*.log"))


def _messages(file: Path) -> list[bytes]:
    try:
        content = file.read_bytes()
    except FileNotFoundError:  # erased at this moment
        return []
    return [one for one in content.split(_END) if one.strip()]


def _parsed(message: bytes) -> EmailMessage:
    return message_from_bytes(message, _class=EmailMessage, policy=policy.default)


def _recipients(message: EmailMessage) -> set[str]:
    headers = [str(value) for name in ("To", "Cc", "Bcc") for value in message.get_all(name, [])]
    return {address.lower() for _, address in getaddresses(headers)}


def _replace(file: Path, content: bytes) -> None:
    """At once: whoever reads it meanwhile sees the old content or the new."""
    fresh = file.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.replace(file)
