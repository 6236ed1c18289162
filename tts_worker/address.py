"""Where the server listens: ``unix:///absolute/path`` or ``tcp://host:port``."""

from __future__ import annotations

import os
import socket
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tts_worker.errors import BadAddress

MAX_UNIX_PATH_BYTES = 107
"""The kernel's ``sun_path`` has 108, one of them for the final NUL."""


@dataclass(frozen=True, slots=True)
class Address:
    """One of the two: ``path`` of a Unix socket, or ``host`` and ``port``."""

    path: str = ""
    host: str = ""
    port: int = 0

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"unix://{self.path}" if self.path else f"tcp://{host}:{self.port}"


def parse(uri: str) -> Address:
    """Raises BadAddress."""
    try:
        parts = urlsplit(uri)
        port = parts.port if parts.scheme == "tcp" else None
    except ValueError as exc:
        raise BadAddress(f"{uri!r} is not an address: {exc}") from exc
    if parts.scheme == "tcp" and parts.hostname and port is not None:
        return Address(host=parts.hostname, port=port)
    if parts.scheme != "unix" or parts.netloc or not parts.path.startswith("/"):
        raise BadAddress(f"{uri!r} is not an address; use unix:///absolute/path.sock or tcp://host:port.")
    size = len(os.fsencode(parts.path))
    if size > MAX_UNIX_PATH_BYTES:
        raise BadAddress(
            f"The socket's path has {size} bytes, {MAX_UNIX_PATH_BYTES} is the most a Unix socket can have; "
            "use a short directory such as one made by mktemp -d."
        )
    return Address(path=parts.path)


def clear_stale_socket(path: Path) -> None:
    """Remove what a killed server left behind. Raises BadAddress if it is in use or not a socket."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise BadAddress(f"{path} exists and is not a socket.")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except OSError as exc:
            raise BadAddress(f"{path} exists and can't be used: {exc.strerror}.") from exc
    raise BadAddress(f"Another process is serving {path}.")
