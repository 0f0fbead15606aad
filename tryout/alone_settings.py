"""What the trial on lists needs of Django when it is installed by itself: words, and models whose words it repeats."""

import secrets
from pathlib import Path

HERE = Path(__file__).resolve().parent

SECRET_KEY = secrets.token_hex(32)  # nothing is signed; a part of Django asks for one
# The models alone: whatever else an app starts is a server's.
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    *[f"tryout.models_alone.{name}" for name in ("Cities", "Accounts", "Offers", "Needs", "Matching")],
]
AUTH_USER_MODEL = "accounts.User"
# Named for the types of its columns; nobody opens it.
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FIELD_KEYS: list[str] = []
FIELD_INDEX_KEY = ""
PHONENUMBER_DEFAULT_REGION = "FR"

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "français"), ("en", "anglais"), ("ar", "arabe")]
# Compiled beside this file where it is installed, in the folder of all words in a checkout.
LOCALE_PATHS = [path for path in (HERE / "locale", HERE.parent / "locale") if path.is_dir()][:1]
FORMAT_MODULE_PATH = "catalogue.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Paris"
