"""The secrets that the demo makes for itself: one file each, readable by their owner only."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
from pathlib import Path

from coachsite.env import BadSetting
from coachsite.parse import MASTER_KEY_BYTES, parse_master_key

DEMO_MARK = "demo"


def is_demo(values: dict[str, object], data_dir: Path) -> bool:
    """COACH_DEMO, where it says; else whether this folder holds a demo and nothing looks like production."""
    chosen = values["COACH_DEMO"]
    if chosen is not None:
        return bool(chosen)
    configured = ("COACH_SECRET_KEY", "COACH_MASTER_KEY", "DATABASE_URL", "COACH_KEYS_URL", "REDIS_URL")
    return (data_dir / DEMO_MARK).exists() and not any(values[name] for name in configured)


def make_folder(data_dir: Path, *, demo: bool) -> None:
    """Raises :class:`BadSetting` where the folder can't be made."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        if demo:
            (data_dir / DEMO_MARK).touch()
    except OSError as exc:
        raise BadSetting("COACH_DATA_DIR", "allowed is a folder that the server may create and write") from exc


def secret_key(path: Path) -> str:
    return _kept(path, secrets.token_urlsafe(48))


def master_key(path: Path) -> bytes:
    text = _kept(path, base64.b64encode(secrets.token_bytes(MASTER_KEY_BYTES)).decode())
    try:
        return parse_master_key(text)
    except ValueError as exc:
        raise BadSetting(
            "COACH_DATA_DIR",
            f"its file {path.name} must hold 32 bytes in base64; put back the one it was made with",
        ) from exc


def _kept(path: Path, fresh: str) -> str:
    """What the file holds; it is made with ``fresh`` if there is none. Two processes that start at the same
    time agree: the file appears whole, by a link that only the first one can make."""
    if not path.exists():
        mine = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(fresh + "\n")
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(mine)
        mine.unlink()
    return path.read_text().strip()
