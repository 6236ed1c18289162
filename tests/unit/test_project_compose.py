"""docker-compose.yml has every part, reachable from this machine only, and GPU parts only when asked for.

It is read line by line: a YAML parser is no dependency, and the file keeps to two-space indents.
"""

from __future__ import annotations

import re
from pathlib import Path

from coachsite import env

COMPOSE = Path(__file__).parents[2] / "docker-compose.yml"


def services() -> dict[str, str]:
    """The text of each service by its name."""
    text = COMPOSE.read_text().split("\nservices:\n", 1)[1].split("\nvolumes:\n", 1)[0]
    parts = re.split(r"^  ([a-z_-]+):\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_it_has_every_part() -> None:
    assert {"web", "worker", "beat", "tts_worker", "postgres", "redis", "ollama"} <= services().keys()


def test_every_published_port_is_bound_to_loopback() -> None:
    ports = re.findall(r'- "([^"]*\d+:\d+)"', COMPOSE.read_text())
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_gpu_parts_are_in_a_profile() -> None:
    with_gpu = {name for name, text in services().items() if "driver: nvidia" in text}
    assert with_gpu == {name for name, text in services().items() if "profiles: [gpu]" in text}
    assert with_gpu


def test_it_sets_only_settings_that_exist() -> None:
    known = {setting.name for setting in env.SETTINGS}
    named = set(re.findall(r"^ +(COACH_[A-Z_]+|DATABASE_URL|REDIS_URL):", COMPOSE.read_text(), re.MULTILINE))
    assert named - known == set()
    assert {"DATABASE_URL", "REDIS_URL", "COACH_TTS_ADDRESS", "COACH_KEYS_URL"} <= named
