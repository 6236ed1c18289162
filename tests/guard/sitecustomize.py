"""Refuses every connection that leaves this machine, in the test process and in every Python it starts.

Python imports ``sitecustomize`` by itself at its start from a folder on ``PYTHONPATH``; ``tests/conftest.py``
puts this one there for the processes that tests start, and imports it for its own. An audit hook sees what
any library does with a socket, and can't be taken away again.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from typing import Any


class OutsideTheMachine(RuntimeError):
    """A test tried to reach another machine. The text names the address."""


def _is_here(host: object) -> bool:
    if _text(host) in ("", "localhost", socket.gethostname()):
        return True
    if not _is_number(host):
        return False
    address = ipaddress.ip_address(_text(host))
    return address.is_loopback or address.is_unspecified


def _is_number(host: object) -> bool:
    try:
        ipaddress.ip_address(_text(host))
    except ValueError:
        return False
    return True


def _text(host: object) -> str:
    text = host.decode() if isinstance(host, bytes) else host
    return str(text or "").split("%", 1)[0]


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        the_socket, address = arguments
        if the_socket.family not in (socket.AF_INET, socket.AF_INET6):
            return
        host = address[0]
    elif event == "socket.getaddrinfo":
        host = arguments[0]
        if _is_number(host):  # an address as it stands: nobody is asked
            return
    else:
        return
    if not _is_here(host):
        raise OutsideTheMachine(f"tests reach nothing outside this machine, but this went to {host!r}")


sys.addaudithook(_guard)
