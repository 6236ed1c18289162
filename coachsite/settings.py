"""Django's settings. What differs between installations comes from the environment: see coachsite/env.py."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from coachsite import env, keyfiles, parse

BASE_DIR = Path(__file__).resolve().parent.parent

_values = env.load(os.environ)
COACH_DATA_DIR = BASE_DIR / str(_values["COACH_DATA_DIR"])
COACH_DEMO = keyfiles.is_demo(_values, COACH_DATA_DIR)
COACH_DEBUG: bool = _values["COACH_DEBUG"]
REDIS_URL: str = _values["REDIS_URL"]

# -- secrets ---------------------------------------------------------------------------------------

keyfiles.make_folder(COACH_DATA_DIR, demo=COACH_DEMO)
SECRET_KEY: str = _values["COACH_SECRET_KEY"]
COACH_MASTER_KEY: bytes = _values["COACH_MASTER_KEY"]
if COACH_DEMO or COACH_DEBUG:
    SECRET_KEY = SECRET_KEY or keyfiles.secret_key(COACH_DATA_DIR / "secret_key")
    COACH_MASTER_KEY = COACH_MASTER_KEY or keyfiles.master_key(COACH_DATA_DIR / "master_key")
if not SECRET_KEY:
    raise env.BadSetting(
        "COACH_SECRET_KEY", "is required: text of 32 characters or more (COACH_DEMO=1 makes one for a demo)"
    )
if not COACH_MASTER_KEY:
    raise env.BadSetting(
        "COACH_MASTER_KEY",
        "is required, or COACH_MASTER_KEY_FILE: 32 bytes in base64, from openssl rand -base64 32 "
        "(COACH_DEMO=1 makes one for a demo)",
    )

# -- what is installed -----------------------------------------------------------------------------

DEBUG = COACH_DEBUG
ALLOWED_HOSTS: list[str] = _values["COACH_ALLOWED_HOSTS"]

INSTALLED_APPS = [
    "coachsite.apps.CoachsiteConfig",
    "voice",
    "reports",
    "memory",
    "avatars",
    "accounts",
    "accounts.keystore",
    "accounts.adminsite.OurAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "coachsite.security.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.scoping.OrganizationScope",
    "accounts.language.ReadersLanguage",
    "coachsite.clock.ReadersTime",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "coachsite.urls"
ASGI_APPLICATION = "coachsite.asgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# -- stores ----------------------------------------------------------------------------------------


def _database(url: str, file_name: str) -> dict[str, Any]:
    parts = (
        parse.parse_database_url(url)
        if url
        else parse.parse_database_url(f"sqlite:///{COACH_DATA_DIR / file_name}")
    )
    if parts["ENGINE"].endswith("sqlite3"):
        # IMMEDIATE takes the write lock at BEGIN, where waiting is possible; without it a transaction that
        # reads first and then writes fails at once with "database is locked".
        parts["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    return parts


DATABASES: dict[str, dict[str, Any]] = {
    "default": _database(_values["DATABASE_URL"], "coachsite.sqlite3"),
    "keys": _database(_values["COACH_KEYS_URL"], "keys.sqlite3"),
}
DATABASE_ROUTERS = ["accounts.keystore.router.KeystoreRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if REDIS_URL:
    CHANNEL_LAYERS: dict[str, Any] = {
        "default": {
            # The other Redis layer drops every socket when Redis restarts.
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL]},
        }
    }
    CACHES: dict[str, Any] = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    }
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# -- tasks -----------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30.0
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A whole worker that dies keeps its tasks until then; a task must not run longer.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 900}
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
# Results could carry what people said; what a task finds belongs in the database, encrypted.
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_BACKEND = None
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "abandoned": {"task": "memory.interrupt_abandoned", "schedule": 60.0},
    "interrupted": {"task": "reports.end_abandoned", "schedule": 60.0},
    "overdue": {"task": "reports.requeue_overdue", "schedule": 300.0},
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 2, "interval_start": 0.1, "interval_max": 0.5}

# -- people ----------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "accounts.permissions.OrganizationAdmins",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
MFA_ADAPTER = "accounts.adapters.MfaAdapter"
MFA_TOTP_ISSUER = "Coachsite"

PERSONAL_DATA = [
    "reports.personal_data.ReportsData",
    "memory.personal_data.MemoryData",
    "avatars.personal_data.AvatarsData",
    "accounts.personal_data.AccountsData",
]
"""One class per app with find, export and erase, in the order in which a person is erased: what points at
others goes first."""

WHEN_SOMEBODY_LEAVES = ["memory.notices.stop_conversations"]
"""Functions that are told when somebody signs out or is deactivated: ``person`` (the id) and ``reason``
(``signed_out`` or ``deactivated``)."""

SCENARIO_USE = "memory.usage.ScenarioUse"
"""What the admin of scenarios and assignments asks about their use: see ``avatars.usage.Use``."""

METRICS = "reports.metrics.registry.DEFINITIONS"
"""What a scenario can set targets for: things with a ``name`` and a ``unit``."""

# -- the live conversation -------------------------------------------------------------------------

COACH_HOST: str = _values["COACH_HOST"]
COACH_PORT: int = _values["COACH_PORT"]
COACH_VAD: str = _values["COACH_VAD"]
COACH_VAD_THRESHOLD: float = _values["COACH_VAD_THRESHOLD"]
COACH_MIN_SPEECH_MS: int = _values["COACH_MIN_SPEECH_MS"]
COACH_MIN_SILENCE_MS: int = _values["COACH_MIN_SILENCE_MS"]
COACH_SPEECH_PAD_MS: int = _values["COACH_SPEECH_PAD_MS"]
COACH_PRE_ROLL_MS: int = _values["COACH_PRE_ROLL_MS"]
COACH_PATIENCE_MS: int = _values["COACH_PATIENCE_MS"]
COACH_SPECULATE_AFTER_MS: int = _values["COACH_SPECULATE_AFTER_MS"]
COACH_STT: str = _values["COACH_STT"]
COACH_LLM: str = _values["COACH_LLM"]
COACH_TTS: str = _values["COACH_TTS"]
COACH_TTS_ADDRESS: str = _values["COACH_TTS_ADDRESS"]
COACH_MAX_CONVERSATIONS: int = _values["COACH_MAX_CONVERSATIONS"] or 4 * (os.cpu_count() or 1)
COACH_IDLE_LIMIT_S: int = _values["COACH_IDLE_LIMIT_S"]
COACH_LEASE_S: int = _values["COACH_LEASE_S"]
COACH_RESUME_WITHIN_S: int = _values["COACH_RESUME_WITHIN_S"]

VOICE_ENGINES: dict[str, dict[str, dict[str, Any]]] = {
    "vad": {
        "silero": {"path": "voice.engines.vad_silero.SileroVad", "options": {}},
        "energy": {"path": "voice.engines.vad_energy.EnergyVad", "options": {}},
    },
    "stt": {
        "pocketsphinx": {"path": "voice.engines.stt_pocketsphinx.PocketSphinx", "options": {}},
    },
    "llm": {
        "agent": {
            "path": "voice.engines.llm_agent.AgentLlm",
            "options": {"model_for": "avatars.llm.model_for"},
        },
    },
    "tts": {
        "worker": {
            "path": "voice.engines.tts_wyoming.WyomingTts",
            "options": {"address": COACH_TTS_ADDRESS},
        },
        "none": {"path": "voice.engines.tts_silent.SilentTts", "options": {}},
        "tones": {"path": "voice.engines.tts_tones.TonesTts", "options": {}},
    },
}
"""Alias -> dotted path of the class + options that it is made with."""

VOICE_PREFERENCE: dict[str, list[str]] = {
    "vad": ["silero", "energy"],
    "stt": ["pocketsphinx"],
    "llm": ["agent"],
    "tts": ["worker"],
}
"""What ``auto`` tries, best first."""

# -- pages -----------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-us"
# Those that the pages are written in: with all that Django knows, its own words would come in the browser's
# language among ours in English.
LANGUAGES = [("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE: str = _values["COACH_TIME_ZONE"]
STATIC_URL = "static/"
# Filled by collectstatic where a proxy serves the files; the server itself finds them where they are.
STATIC_ROOT = COACH_DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = COACH_DATA_DIR / "media"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

# A scenario of some hundred lines is one form in the admin.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if _values["COACH_HTTPS"]:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
    SECURE_HSTS_SECONDS = 31_536_000
    ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https"

DEFAULT_FROM_EMAIL: str = _values["COACH_MAIL_FROM"]
if _values["COACH_SMTP_URL"]:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    globals().update(parse.parse_smtp_url(_values["COACH_SMTP_URL"]))
else:
    # Never to the console: a reset link or an address would end up in the logs.
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
# With a mail server too: what was written there before it came is still erased with its person.
EMAIL_FILE_PATH = COACH_DATA_DIR / "mail"

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "filters": {"no_query": {"()": "coachsite.security.WithoutQueryStrings"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["no_query"]}},
    "root": {"handlers": ["stderr"], "level": _values["COACH_LOG_LEVEL"]},
    "loggers": {
        # Errors by mail would carry requests, and with them what people said.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # What it says when it starts and stops concerns its own developers.
        "daphne": {"level": "WARNING"},
        # Its debug level prints the parameters of every query.
        "django.db.backends": {"level": "INFO"},
    },
}
