"""Claims about starting: with settings that can't be used it ends with one line, and no traceback."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEY = base64.b64encode(bytes(range(32))).decode()


def run(folder: Path, *args: str, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("COACH_")}
    for name in ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"):
        clean.pop(name, None)
    return subprocess.run(
        [sys.executable, *args],
        cwd=ROOT,
        env={**clean, "COACH_DATA_DIR": str(folder), **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def manage(folder: Path, *args: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return run(folder, "manage.py", *args, **environ)


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        ({}, "error: COACH_SECRET_KEY: is required: text of 32 characters or more"),
        ({"COACH_SECRET_KEY": "x" * 40}, "error: COACH_MASTER_KEY: is required, or COACH_MASTER_KEY_FILE"),
        (
            {"COACH_PORT": "many", "COACH_DEMO": "1"},
            "error: COACH_PORT: allowed is a whole number from 1 to 65535",
        ),
    ],
    ids=["no secret key", "no master key", "bad port"],
)
def test_a_start_that_can_not_be_is_one_line(tmp_path: Path, environ: dict[str, str], line: str) -> None:
    done = manage(tmp_path, "check", **environ)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1


def test_a_demo_stays_a_demo_until_something_real_is_configured(tmp_path: Path) -> None:
    assert manage(tmp_path, "check", COACH_DEMO="1").returncode == 0
    assert manage(tmp_path, "check").returncode == 0
    refused = manage(tmp_path, "check", DATABASE_URL="postgres://db.invalid/coach")
    assert (refused.returncode, refused.stderr[:24]) == (2, "error: COACH_SECRET_KEY:")


def test_production_starts_with_both_keys_and_warns_of_misspelt_names(tmp_path: Path) -> None:
    done = manage(tmp_path, "check", COACH_SECRET_KEY="x" * 40, COACH_MASTER_KEY=KEY, COACH_PROT="1")
    assert done.returncode == 0
    assert "COACH_PROT" in done.stderr
    assert "Did you mean COACH_PORT?" in done.stderr
    assert sorted(file.name for file in tmp_path.iterdir()) == ["static"]


@pytest.mark.parametrize("module", ["coachsite.asgi", "coachsite.celery"])
def test_other_ways_to_start_say_the_same(tmp_path: Path, module: str) -> None:
    done = run(tmp_path, "-c", f"import {module}", COACH_DEMO="1", COACH_LEASE_S="never")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: COACH_LEASE_S: allowed is a whole number from 2 to 300\n"


def test_one_migrate_makes_both_stores_and_seeding_fills_them(tmp_path: Path) -> None:
    for command in ("migrate", "seed_demo", "seed_demo"):
        done = manage(tmp_path, command, COACH_DEMO="1")
        assert (done.returncode, done.stderr) == (0, "")
    names = {file.name for file in tmp_path.iterdir() if "-" not in file.name}
    assert names == {"coachsite.sqlite3", "demo", "keys.sqlite3", "master_key", "secret_key", "static"}
    token = manage(tmp_path, "token", "create", "--user", "trainee@demo.test", "--name", "t")
    assert (token.returncode, token.stdout[:6], token.stdout.count("\n")) == (0, "coach_", 1)
