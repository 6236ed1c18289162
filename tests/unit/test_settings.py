"""Claims about the environment: strictly read, explained, and documented."""

from __future__ import annotations

import base64
import re
import stat
from pathlib import Path

import pytest
import tzlocal

from coachsite import env, keyfiles, parse

ROOT = Path(__file__).resolve().parents[2]
KEY = base64.b64encode(bytes(range(32))).decode()


def test_the_settings_page_is_current() -> None:
    assert (ROOT / "docs/settings.md").read_text() == env.markdown()


def test_every_setting_is_explained_once_and_its_default_is_allowed() -> None:
    names = [one.name for one in env.SETTINGS]
    assert len(names) == len(set(names))
    for one in env.SETTINGS:
        assert one.why.endswith("."), one.name
        one.parse(one.default)


def test_settings_that_the_code_reads_are_in_the_registry() -> None:
    known = {one.name for one in env.SETTINGS} | env.NOT_FOR_THE_SERVER
    named = {
        name
        for folder in ("coachsite", "accounts", "avatars", "memory", "reports", "voice")
        for file in (ROOT / folder).rglob("*.py")
        for name in re.findall(r"\bCOACH_[A-Z0-9_]*[A-Z0-9]\b", file.read_text())
    }
    assert named - known == set()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COACH_PORT", "eighty"),
        ("COACH_PORT", "0"),
        ("COACH_PORT", "65536"),
        ("COACH_PORT", "80.5"),
        ("COACH_DEBUG", "maybe"),
        ("COACH_DEMO", "2"),
        ("COACH_SECRET_KEY", "short"),
        ("COACH_MASTER_KEY", "not base64!"),
        ("COACH_MASTER_KEY", base64.b64encode(b"x" * 31).decode()),
        ("COACH_MASTER_KEY_FILE", "/nonexistent/key"),
        ("DATABASE_URL", "mysql://host/name"),
        ("DATABASE_URL", "postgres://host"),
        ("DATABASE_URL", "postgres://host:port/name"),
        ("COACH_KEYS_URL", "sqlite://"),
        ("REDIS_URL", "localhost:6379"),
        ("COACH_SMTP_URL", "mail.example"),
        ("COACH_VAD", "Silero"),
        ("COACH_VAD_THRESHOLD", "nan"),
        ("COACH_VAD_THRESHOLD", "1"),
        ("COACH_PRE_ROLL_MS", "119"),
        ("COACH_STT", "whisper"),
        ("COACH_LLM", "gpt"),
        ("COACH_TTS", "espeak"),
        ("COACH_TTS_ADDRESS", "unix://relative.sock"),
        ("COACH_TTS_ADDRESS", "unix:///" + "x" * 107),
        ("COACH_TTS_ADDRESS", "tcp://host"),
        ("COACH_TTS_ADDRESS", "http://host:1"),
        ("COACH_LOG_LEVEL", "loud"),
        ("COACH_TIME_ZONE", "Mars/Olympus"),
        ("COACH_TIME_ZONE", "../etc/passwd"),
        ("COACH_LEASE_S", "1"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_with_its_name(name: str, value: str) -> None:
    with pytest.raises(env.BadSetting) as caught:
        env.load({name: value})
    text = str(caught.value)
    assert text.startswith(f"{name}: allowed is ")
    assert "\n" not in text
    assert caught.value.name == name


def test_an_empty_value_means_the_default() -> None:
    assert env.load({one.name: " " for one in env.SETTINGS}) == env.load({})


def test_the_clock_is_the_machines_own_unless_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    tzlocal.reload_localzone()
    assert env.load({})["COACH_TIME_ZONE"] == "Asia/Tokyo"
    assert env.load({"COACH_TIME_ZONE": "Europe/Berlin"})["COACH_TIME_ZONE"] == "Europe/Berlin"


def test_it_parses_what_is_allowed(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(KEY + "\n")
    values = env.load(
        {
            "COACH_PORT": "8080",
            "COACH_DEBUG": "true",
            "COACH_DEMO": "off",
            "COACH_ALLOWED_HOSTS": "a.example, b.example,",
            "COACH_VAD_THRESHOLD": "0.4",
            "COACH_TTS_ADDRESS": "unix:///run/tts.sock",
            "COACH_MASTER_KEY_FILE": str(file),
        }
    )
    assert (values["COACH_PORT"], values["COACH_DEBUG"], values["COACH_DEMO"]) == (8080, True, False)
    assert values["COACH_ALLOWED_HOSTS"] == ["a.example", "b.example"]
    assert (values["COACH_VAD_THRESHOLD"], values["COACH_TTS_ADDRESS"]) == (0.4, "unix:///run/tts.sock")
    assert values["COACH_MASTER_KEY"] == bytes(range(32))


def test_it_reads_database_urls() -> None:
    assert parse.parse_database_url("postgres://a%40b:p%2Fw@db:5433/coach?sslmode=require") == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "coach",
        "USER": "a@b",
        "PASSWORD": "p/w",
        "HOST": "db",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }
    assert parse.parse_database_url("sqlite:////srv/a.sqlite3")["NAME"] == "/srv/a.sqlite3"
    assert parse.parse_database_url("sqlite:///a.sqlite3")["NAME"] == "a.sqlite3"


def test_it_reads_where_mail_goes() -> None:
    assert parse.parse_smtp_url("smtp://me:a%40b@mail.example:2525") == {
        "EMAIL_HOST": "mail.example",
        "EMAIL_PORT": 2525,
        "EMAIL_HOST_USER": "me",
        "EMAIL_HOST_PASSWORD": "a@b",
        "EMAIL_USE_SSL": False,
        "EMAIL_USE_TLS": True,
        "EMAIL_TIMEOUT": 20,
    }


def test_keys_and_data_never_share_a_database() -> None:
    url = "postgres://host/name"
    with pytest.raises(env.BadSetting, match="COACH_KEYS_URL: allowed is any database but the main one"):
        env.load({"DATABASE_URL": url, "COACH_KEYS_URL": url})


def test_it_knows_misspelt_names() -> None:
    assert env.unknown({"COACH_PROT": "1", "COACH_XYZZY": "1", "COACH_PORT": "1", "PATH": ""}) == [
        ("COACH_PROT", "COACH_PORT"),
        ("COACH_XYZZY", ""),
    ]


def test_secrets_are_made_once_and_for_their_owner_only(tmp_path: Path) -> None:
    first = keyfiles.master_key(tmp_path / "master_key"), keyfiles.secret_key(tmp_path / "secret_key")
    again = keyfiles.master_key(tmp_path / "master_key"), keyfiles.secret_key(tmp_path / "secret_key")
    assert first == again
    assert len(first[0]) == 32
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes == {"master_key": 0o600, "secret_key": 0o600}


def test_a_damaged_master_key_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "master_key").write_text("gone")
    with pytest.raises(env.BadSetting, match="master_key must hold 32 bytes"):
        keyfiles.master_key(tmp_path / "master_key")
    assert (tmp_path / "master_key").read_text() == "gone"


def test_django_settings_name_every_setting_that_code_asks_for() -> None:
    from django.conf import settings

    not_for_code = {
        "COACH_ALLOWED_HOSTS",
        "COACH_HTTPS",
        "COACH_SMTP_URL",
        "COACH_MAIL_FROM",
        "COACH_LOG_LEVEL",
        "COACH_TIME_ZONE",
    }
    not_for_code |= {"COACH_SECRET_KEY", "COACH_MASTER_KEY_FILE", "DATABASE_URL", "COACH_KEYS_URL"}
    names = {one.name for one in env.SETTINGS} - not_for_code
    assert {name for name in names if not hasattr(settings, name)} == set()
