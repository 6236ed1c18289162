"""Settings of the test suite: its own folder, its own keys, nothing from outside the machine.

``COACH_TEST_DATABASE=postgres`` runs the same tests on PostgreSQL (``COACH_TEST_DATABASE_URL``, else the one
on this machine's standard port); anything else on SQLite files.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import zlib
from pathlib import Path

for _name in [name for name in os.environ if name.startswith("COACH_") and not name.startswith("COACH_TEST_")]:
    del os.environ[_name]
for _name in ("DATABASE_URL", "REDIS_URL"):
    os.environ.pop(_name, None)

_folder = tempfile.mkdtemp(prefix="coachsite-test-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["COACH_DATA_DIR"] = _folder
os.environ["COACH_DEBUG"] = "0"
os.environ["COACH_DEMO"] = "1"

from coachsite import parse  # noqa: E402
from coachsite.settings import *  # noqa: E402, F403
from coachsite.settings import BASE_DIR, DATABASES  # noqa: E402

if os.environ.get("COACH_TEST_DATABASE") == "postgres":
    _server = os.environ.get("COACH_TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
    # Checkouts that are tested at the same time must not share a database.
    _suffix = f"{zlib.crc32(str(BASE_DIR).encode()):08x}"
    for _alias in ("default", "keys"):
        DATABASES[_alias] = parse.parse_database_url(_server)
        DATABASES[_alias]["TEST"] = {"NAME": f"test_coachsite_{_alias}_{_suffix}"}
else:
    for _alias in ("default", "keys"):
        # Files, not memory: threads of one test must see one database and its real locks.
        DATABASES[_alias]["TEST"] = {"NAME": str(Path(_folder) / f"test-{_alias}.sqlite3")}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
TIME_ZONE = "UTC"
