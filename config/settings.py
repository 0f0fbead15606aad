"""All settings, in one file. The environment is read here and nowhere else.

`ACCORDE_MODE` is `production` unless said otherwise, so that a forgotten variable is never an open door;
`make demo`, `make dev` and `make test` set it themselves. `config/checks.py` says what production lacks.
"""

import os
import secrets
import sys
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import environment, queues
from notifications import channel_folders

environment.read()
BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("ACCORDE_DATA", BASE_DIR / "var"))


def flag(name: str, *, default: bool = False) -> bool:
    return os.environ.get(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


def number(name: str, default: int) -> int:
    """A whole number; nothing is the default."""
    said = os.environ.get(name, "").strip()
    if said and not said.isdecimal():
        raise ImproperlyConfigured(f"{name} is a number, not {said}.")
    return int(said) if said else default


def words(name: str) -> list[str]:
    return [word.strip() for word in os.environ.get(name, "").split(",") if word.strip()]


# `bench` is neither of the others: no debugging, nothing to refuse.
MODES = ("production", "demo", "development", "test", "bench")
MODE = os.environ.get("ACCORDE_MODE", "production")
if MODE not in MODES:
    raise ImproperlyConfigured(f"ACCORDE_MODE is one of {', '.join(MODES)}, not {MODE}.")
PRODUCTION = MODE == "production"
DEMO = MODE == "demo"
TESTING = MODE == "test"
DEBUG = MODE == "development"

# A key of everybody's is a key of nobody's: outside production only, and refused there by a check.
PUBLIC_SECRET_KEY = "not-secret-outside-production-" + "x" * 40
# In the place of a missing one a short one of this process alone: the checks refuse it, with all else that is missing.
SECRET_KEY = os.environ.get("SECRET_KEY") or (secrets.token_hex(16) if PRODUCTION else PUBLIC_SECRET_KEY)
# Keys before it: what they signed (links, sessions) holds as long as they stand here. How to change it:
# docs/operations.md.
SECRET_KEY_FALLBACKS = words("SECRET_KEY_FALLBACKS")
# What the database keeps of people is sealed with the first of these; older ones open what they sealed. The key of
# the indexes finds such a text again. How they are made, kept and changed: docs/operations.md.
FIELD_KEYS = words("FIELD_KEYS") or (
    [] if PRODUCTION else ["not-secret-outside-production-" + "x" * 12 + "w"]
)
FIELD_INDEX_KEY = os.environ.get(
    "FIELD_INDEX_KEY", "" if PRODUCTION else "not-secret-outside-production-" + "y" * 12 + "w"
)
ALLOWED_HOSTS = words("ALLOWED_HOSTS") if PRODUCTION else ["*"]
CSRF_TRUSTED_ORIGINS = words("CSRF_TRUSTED_ORIGINS")
# Links in mails need the address that people type.
SITE_URL = os.environ.get("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
# What has a value all the same, of this machine, and is nobody's in a town: config/checks.py refuses it.
NOT_SAID = [
    name
    for name in ("DATABASE_URL", "REDIS_URL", "EMAIL_HOST", "DEFAULT_FROM_EMAIL")
    if not os.environ.get(name, "").strip()
]

# What the law asks every public service on line to state; production refuses to start without them.
LEGAL = {
    "publisher": os.environ.get("LEGAL_PUBLISHER", ""),
    "director": os.environ.get("LEGAL_DIRECTOR", ""),
    "host": os.environ.get("LEGAL_HOST", ""),
    "contact": os.environ.get("LEGAL_CONTACT", ""),
    "data_protection_officer": os.environ.get("LEGAL_DPO", ""),
    # An address or a page for whoever has found a weakness.
    "security": os.environ.get("SECURITY_CONTACT", "") or os.environ.get("LEGAL_CONTACT", ""),
}
# Whoever has it reads the figures at /metrics; empty: nobody does.
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")
# Where the processes of the site count together; prometheus_client looks for it there.
METRICS_FOLDER = DATA_DIR / "metrics"
METRICS_ARE_SHARED = PRODUCTION or DEMO
if METRICS_ARE_SHARED:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(METRICS_FOLDER)
SOURCE_URL = os.environ.get("SOURCE_URL", "")

# Below which address the installation's own pages stand ("une-adresse-a-vous"); empty: nowhere.
ADMIN_PATH = os.environ.get("ADMIN_PATH", "").strip("/")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    # Before allauth: its pages and mails are ours, in templates of the same names.
    "accounts",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "phonenumber_field",
    "csp",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "sealing",
    "cities",
    "catalogue",
    "notifications",
    "notifications.wording",
    *[f"notifications.channels.{name}" for name in channel_folders.names()],
    "webhooks",
    "notifications.inbox",
    "oncall",
    "offers",
    "needs",
    "homes",
    "matching",
    "tryout",
    "stays",
    "shelters",
    "callers",
    "followups",
    "desk",
    "lists",
    "whatif",
    "agenda",
    "between",
    "outreach",
    "outreach.appeals",
    "statements",
    "directory",
    "town",
    "insight",
    "voice",
    "front",
    "privacy",
    "demo",
    "config",
]

MIDDLEWARE = [
    "config.middleware.Told",
    "config.middleware.Monitored",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.KeptByNobody",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # A page of the desk is 190 kB of text, and 15 kB on the way; phones pay for each. Django pads it against BREACH.
    "config.middleware.Compressed",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.middleware.WhoAsks",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.middleware.SessionsEnd",
    "config.middleware.TeamLanguage",
    "config.middleware.SecondFactor",
    "config.middleware.Acting",
    "config.middleware.SaidInWords",
    "config.middleware.NoNul",
    "config.middleware.TownTime",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.place",
            ],
            "builtins": ["config.templatetags.components"],  # every page is built of them
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Data ---------------------------------------------------------------------------------------------

DATABASE_URL = os.environ.get("DATABASE_URL") or "postgresql://accorde@127.0.0.1:1/no-server-named"
DATABASES = {
    "default": dj_database_url.parse(DATABASE_URL, conn_max_age=0 if TESTING else 60, conn_health_checks=True)
}
DATABASES["default"]["ATOMIC_REQUESTS"] = False
# Public keys (age1…) of those who may read a backup, separated by spaces.
BACKUP_RECIPIENTS = os.environ.get("BACKUP_RECIPIENTS", "")
# A connection that fell silent is given up within 15 s, at both ends: whoever waits is told, and what a lost machine
# had locked is free again (tests/drills/test_half_open.py).
_SILENCE = {"keepalives_idle": 5, "keepalives_interval": 3, "keepalives_count": 3}
# What the address says after "?", sslmode above all, goes before ours.
_SAID: dict[str, Any] = DATABASES["default"].get("OPTIONS", {})
# Behind a pooler in transaction mode (`config.run` says so, for the site alone) nothing is asked of the session: it is
# another's with the next transaction.
POOLED = flag("DATABASE_POOLED")
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = POOLED
_OF_THE_SESSION = " ".join(
    [f"-c tcp_{name}={value}" for name, value in _SILENCE.items()]
    # By it a session is known from a pooler, which passes no options on (config/checks.py).
    + ["-c tcp_user_timeout=15000", "-c accorde.session=yes"]
)
DATABASES["default"]["OPTIONS"] = {
    **_SILENCE,
    "connect_timeout": 5,
    "tcp_user_timeout": 15_000,
    **_SAID,
    **({} if POOLED else {"options": f"{_OF_THE_SESSION} {_SAID.get('options', '')}".strip()}),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"

REDIS_URL = os.environ.get("REDIS_URL") or "redis://127.0.0.1:1/0"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "accorde",
        # Counters of attempts alone: a second is more than they are worth to whoever waits for the page.
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    },
    # What a register said, for an hour, in each process: no page depends on Redis for it.
    "registers": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "registers"},
}
# Sessions stay in the database: losing Redis must not sign anybody out.
SESSION_ENGINE = "accounts.sessions"

# --- The worker (figures and reasons: docs/operations.md) ----------------------------------------------

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_TRANSPORT = "config.broker:Transport"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    # A worker gives a half-open connection up within twice the one and once the other (tests/drills/test_broker.py).
    "health_check_interval": 3,
    "socket_timeout": 4,
    "socket_connect_timeout": 2,
    "max_retries": 0,  # of what is published; a wake-up has less time still (notifications/wake_up.py)
    "socket_keepalive": True,
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
    "global_keyprefix": "accorde-",
}
# The worker and the scheduler wait for their broker without end; Celery's own limit is reached within the hour.
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 240
CELERY_TASK_SOFT_TIME_LIMIT = 200
# A wake-up must never keep a citizen waiting: publish once, quickly, and let the sweeper do the rest.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "config.heartbeats:Scheduler"
CELERY_TIMEZONE = "Europe/Paris"
CELERY_TASK_DEFAULT_QUEUE = queues.DEFAULT
CELERY_TASK_ROUTES = queues.ROUTES

# --- People -------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "accounts.backends.Backend",
    # Sessions that began before it name this one.
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 3
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/300s/key,30/d/key",
    # Tries of one code; wrong ones of a visitor, and of an address, whose owner is told: thirty a day find one code in
    # ninety years. A browser that has proven the address has as many of its own (accounts/known_browsers.py).
    "tries_of_a_code": f"{ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS}/10m/key",
    "tries_of_a_visitor": "30/10m/ip",
    "tries": "6/10m/key,30/d/key",
    "told_wrong_codes": "1/d/key",
    "told_wrong_second_factors": "1/d/key",
    "request_login_code": "20/m/ip,5/10m/key",
    "confirm_email": "1/30s/key",
    "caller_look_up": "60/m/user",
    # Services asked to receive somebody: each is a mail to an address that anybody of the team may enter.
    "refer": "100/d/user",
    # Drafts of offers that go on elsewhere; and the numbers that an operator tries: of a million, hundreds a day find
    # none that is not read out to them.
    "share_draft": "30/h/ip",
    "offer_picture": "30/h/ip",
    "take_up_draft": "5/m/key,100/d/key",
    # Codes for a contact that somebody says is theirs, and for what only they may do (accounts/own_codes.py).
    "own_codes": "20/m/ip,5/10m/key,10/d/key",
    "own_codes_to_a_contact": "6/d/key",
    "tries_of_an_own_code": "3/10m/key",
    "tries_of_own_codes": "30/d/key",
    # SMS cost, and numbers abroad pay whoever sends them some: so many codes a day leave in all.
    "codes_by_sms": "300/d/key",
}
# What visitors of one network send in a day before each costs their machine some work, and at most
# (accounts/visitors.py).
VISITOR_ACTS_FREE = 5
VISITOR_ACTS_A_DAY = 300
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
# A passkey asks for a finger, a face or a PIN each time: it is two factors, and signs in alone.
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_ADAPTER = "accounts.adapter.FactorAdapter"
MFA_FORMS = {
    "authenticate": "accounts.forms.AuthenticateForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
    "activate_totp": "accounts.forms.ActivateFactorForm",
    "add_webauthn": "accounts.passkey_forms.AddPasskeyForm",
    "authenticate_webauthn": "accounts.passkey_forms.PasskeyForm",
    "reauthenticate_webauthn": "accounts.passkey_forms.ShowPasskeyForm",
    "login_webauthn": "accounts.passkey_forms.PasskeySignInForm",
}
# ProConnect, for agents of the state and of towns: its address, and the two words that it gave this site; without them
# there is none. Which of its levels are two factors: docs/operations.md.
PROCONNECT_URL = os.environ.get("PROCONNECT_URL", "").rstrip("/")
PROCONNECT_CLIENT_ID = os.environ.get("PROCONNECT_CLIENT_ID", "")
PROCONNECT_CLIENT_SECRET = os.environ.get("PROCONNECT_CLIENT_SECRET", "")
PROCONNECT_ACR = words("PROCONNECT_ACR") or [
    "https://proconnect.gouv.fr/assurance/self-asserted-2fa",
    "https://proconnect.gouv.fr/assurance/consistency-checked-2fa",
    "eidas0-mfa",
    "eidas1-mfa",
]
SOCIALACCOUNT_ADAPTER = "accounts.adapter.ProConnectRules"
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"  # it has proven the address
SOCIALACCOUNT_REQUESTS_TIMEOUT = 4
PHONENUMBER_DEFAULT_REGION = "FR"
PHONENUMBER_DB_FORMAT = "E164"

# --- Words --------------------------------------------------------------------------------------------

LANGUAGE_CODE = "fr"
LANGUAGES = [
    ("fr", _("français")),
    ("en", _("anglais")),
    ("ar", _("arabe")),
    ("uk", _("ukrainien")),
    ("fa-af", _("dari")),
    ("es", _("espagnol")),
    ("ru", _("russe")),
]
# They hold what the public reads; on the pages of a team, and to its people, we speak one of the others.
LANGUAGES_FOR_THE_PUBLIC = frozenset({"uk", "fa-af", "es", "ru"})
# Django knows Persian alone; a browser that asks for "prs" gets the Persian of Afghanistan, which is Dari.
LANG_INFO |= {
    "fa-af": {"bidi": True, "code": "fa-af", "name": "Dari", "name_local": "دری"},
    "prs": {"bidi": True, "code": "prs", "name": "Dari", "name_local": "دری", "fallback": ["fa-af"]},
}
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_SAMESITE = "Lax"
# As Django's own name.
NOTICES_COOKIE_NAME = "messages"
USE_I18N = True
FORMAT_MODULE_PATH = "catalogue.formats"
USE_TZ = True
TIME_ZONE = "Europe/Paris"

STATIC_URL = "static/"
# Elsewhere the files are served from where they lie.
STATIC_ROOT = BASE_DIR / "staticfiles" if PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if PRODUCTION
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION

# --- Channels: mail and the others. Each says in its folder what it needs; the environment is read here. ---


def told(name: str, default: str | int | bool) -> str | int | bool:
    """What the environment says, in the kind of the default."""
    if isinstance(default, bool):
        return flag(name, default=default)
    if isinstance(default, int):
        return number(name, default)
    return os.environ.get(name, default)


# Whom people name to be called stands on the open internet, or in these networks: 10.20.0.0/24,10.30.1.5
PRIVATE_NETWORKS_ALLOWED = words("PRIVATE_NETWORKS_ALLOWED")

# The State's open services that pages ask while somebody waits (`outside`); empty: they are not asked.
GEOCODER_URL = os.environ.get("GEOCODER_URL", "").rstrip("/")
REGISTER_URL = os.environ.get("REGISTER_URL", "").rstrip("/")

globals().update(channel_folders.fixed())
globals().update({name: told(name, default) for name, default in channel_folders.variables().items()})
globals().update(channel_folders.derived(globals()))

# --- Safety -------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
MESSAGE_STORAGE = "config.notices.Notices"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
KNOWN_BROWSER_COOKIE_NAME = "knownbrowser"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30  # of whoever works for a town: accounts/sessions.py
# Limits count by address: behind a proxy, the caller's and not the proxy's.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if flag("BEHIND_PROXY") else 0
if PRODUCTION:
    SECURE_SSL_REDIRECT = flag("SECURE_SSL_REDIRECT", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if flag("BEHIND_PROXY") else None
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    SECURE_HSTS_SECONDS = number("SECURE_HSTS_SECONDS", 60 * 60 * 24 * 365)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    # Named so, no other host of the domain can set them.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    KNOWN_BROWSER_COOKIE_NAME = "__Host-knownbrowser"
    LANGUAGE_COOKIE_NAME = "__Host-language"
    NOTICES_COOKIE_NAME = "__Host-notices"
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    LANGUAGE_COOKIE_SECURE = True
# Forms are small, and a file is taken where a page asks for one (config/uploads.py).
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_HANDLERS = ["config.uploads.OnlyWhereAsked"]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated", "accounts.api.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.UserRateThrottle",
        "rest_framework.throttling.ScopedRateThrottle",
    ],
    # In bulk as many rows as one by one (accounts/bulk.py: MOST_ROWS).
    "DEFAULT_THROTTLE_RATES": {"user": "600/min", "bulk": "6/min", "export": "6/min"},
    "PAGE_SIZE": 50,
    "EXCEPTION_HANDLER": "accounts.problems.exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Accorde",
    "DESCRIPTION": "Offers, needs and matches of a welcome city: the same services and visibility as the pages.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "COMPONENT_SPLIT_REQUEST": True,
    # The words themselves are English; their labels are the pages', in French.
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "Category": "catalogue.vocabulary.Category",
        "Household": "catalogue.vocabulary.Household",
        "Kind": "catalogue.vocabulary.Kind",
        "Urgency": "catalogue.vocabulary.Urgency",
        "OfferState": "offers.models.OfferState",
        "NeedState": "needs.models.NeedState",
        "MatchState": "matching.models.MatchState",
        "Condition": "catalogue.vocabulary.Condition",
        "DwellingState": "catalogue.vocabulary.DwellingState",
        "HandOver": "catalogue.vocabulary.HandOver",
        "OrganisationState": "accounts.models.Organisation.State",
        "VisitState": "homes.models.VisitState",
        "PlanState": "matching.models.Plan.State",
        "FollowUpAnswer": "followups.models.Answer",
        "ConditionAnswer": "matching.models.ConditionQuestion.Answer",
        "SeenAnswer": "homes.api.ANSWERS",
        "VisitRefusal": "homes.models.Refusal",
        "Rule": "engine.RULE_CODES",
        "ProblemType": "accounts.problems.WORDS",
    },
}

# Identifiers only: no name, address, phone number or e-mail is ever written to a log (config/logs.py).
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"told": {"()": "config.logs.Json" if PRODUCTION else "config.logs.Line"}},
    "filters": {"no_heartbeats": {"()": "config.logs.NoHeartbeats"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": sys.stderr, "formatter": "told"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("LOG_LEVEL") or "INFO"},
    "loggers": {
        # Django's own handlers would print a line of their own, and write mails about errors.
        "django": {"handlers": []},
        # It quotes addresses; each request has a line of ours.
        "django.server": {"handlers": [], "propagate": True, "level": "CRITICAL"},
        # apprise quotes the places that it writes to.
        "apprise": {"level": "CRITICAL"},
        # It quotes whole addresses, with what is asked there.
        "urllib3": {"level": "ERROR"},
        # It tells the keys of passkeys.
        "fido2": {"level": "WARNING"},
        # "Received" says nothing that "succeeded" does not.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"filters": ["no_heartbeats"]},
    },
}
DEFAULT_EXCEPTION_REPORTER_FILTER = "config.logs.NothingOfTheRequest"
TEST_RUNNER = "django.test.runner.DiscoverRunner"
