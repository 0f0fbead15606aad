"""What production must not start without."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_network
from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from sealing.keys import BadKey, keyring

# How the keys begin that settings.py has for whoever tries it out.
NOT_SECRET = "not-secret-"  # noqa: S105
LEGAL_VARIABLES = {
    "publisher": "LEGAL_PUBLISHER",
    "director": "LEGAL_DIRECTOR",
    "host": "LEGAL_HOST",
    "contact": "LEGAL_CONTACT",
    "data_protection_officer": "LEGAL_DPO",
}


@register()
def production_is_complete(**_: Any) -> list[Error]:
    """One error for each setting that production lacks, naming the variable to set."""
    if not settings.PRODUCTION:
        return []
    errors = []
    if len(settings.SECRET_KEY) < 50:
        errors.append(Error("SECRET_KEY is missing or shorter than 50 characters.", id="accorde.E001"))
    if settings.SECRET_KEY == settings.PUBLIC_SECRET_KEY:
        errors.append(Error("SECRET_KEY is the public one of the demonstration.", id="accorde.E009"))
    if any(len(key) < 50 or key == settings.PUBLIC_SECRET_KEY for key in settings.SECRET_KEY_FALLBACKS):
        errors.append(
            Error("SECRET_KEY_FALLBACKS holds a key that was never good enough.", id="accorde.E012")
        )
    if any("*" in host for host in settings.ALLOWED_HOSTS):
        errors.append(Error("ALLOWED_HOSTS names every address: name the town's.", id="accorde.E010"))
    errors += [
        Error(f"{variable}: {why}. How keys are made: docs/operations.md.", id="accorde.E006")
        for variable, why in _bad_keys()
    ]
    if not settings.ALLOWED_HOSTS:
        errors.append(Error("ALLOWED_HOSTS is empty: name the town's address.", id="accorde.E002"))
    if not settings.SITE_URL.startswith("https://"):
        errors.append(Error("SITE_URL must be the public address, with https://.", id="accorde.E003"))
    errors += [Error(f"{variable} is missing.", id="accorde.E013") for variable in _not_said()]
    given = [settings.PROCONNECT_URL, settings.PROCONNECT_CLIENT_ID, settings.PROCONNECT_CLIENT_SECRET]
    if any(given) and not (all(given) and settings.PROCONNECT_URL.startswith("https://")):
        errors.append(
            Error(
                "PROCONNECT_URL (with https://), PROCONNECT_CLIENT_ID and PROCONNECT_CLIENT_SECRET go together.",
                id="accorde.E011",
            )
        )
    errors += [
        Error(f"{variable} must be an address with https://, or empty.", id="accorde.E016")
        for variable in ("GEOCODER_URL", "REGISTER_URL")
        if getattr(settings, variable) and not getattr(settings, variable).startswith("https://")
    ]
    if settings.METRICS_TOKEN and len(settings.METRICS_TOKEN) < 20:
        errors.append(Error("METRICS_TOKEN is shorter than 20 characters.", id="accorde.E008"))
    errors += [
        Error(f"{variable} is missing: the legal notice must state it.", id="accorde.E004")
        for field, variable in LEGAL_VARIABLES.items()
        if not settings.LEGAL[field]
    ]
    return errors


def _not_said() -> list[str]:
    """Servers and the sender, which are nobody's until somebody names them."""
    needless = {"EMAIL_HOST"} if settings.EMAIL_PROVIDER or not settings.EMAIL_HOST else set()
    return [name for name in settings.NOT_SAID if name not in needless]


def refuse_incomplete() -> None:
    """A web server or a worker that is started past `python -m config.run` is refused as well."""
    if errors := production_is_complete():
        raise ImproperlyConfigured(" ".join(str(error.msg) for error in errors))


def _bad_keys() -> Iterator[tuple[str, str]]:
    """What is no key of a town's own, and why."""
    written = {"FIELD_KEYS": settings.FIELD_KEYS, "FIELD_INDEX_KEY": [settings.FIELD_INDEX_KEY]}
    for variable, keys in written.items():
        try:
            keyring([key for key in keys if key])
        except BadKey as error:
            yield variable, str(error)
        if any(key.startswith(NOT_SECRET) for key in keys):
            yield variable, "everybody knows this one"
    if settings.FIELD_INDEX_KEY and settings.FIELD_INDEX_KEY in settings.FIELD_KEYS:
        yield "FIELD_INDEX_KEY", "it is one of FIELD_KEYS, and has to be another"


@register()
def networks_are_networks(**_: Any) -> list[Error]:
    """One error for each of PRIVATE_NETWORKS_ALLOWED that is none: said at the start, not at the first call."""
    errors = []
    for network in settings.PRIVATE_NETWORKS_ALLOWED:
        try:
            ip_network(network)
        except ValueError:
            errors.append(
                Error(
                    f"PRIVATE_NETWORKS_ALLOWED: {network} is no network, as 10.20.0.0/24 is.",
                    id="accorde.E005",
                )
            )
    return errors


# The version that every test runs on.
POSTGRESQL = 18


@register(Tags.database)
def database_is_new_enough(databases: Sequence[str] | None = None, **_: Any) -> list[Error]:
    """Before anything migrates: one sentence about a PostgreSQL that is away or too old."""
    return [error for alias in databases or () for error in _of_the_database(alias)]


def _of_the_database(alias: str) -> list[Error]:
    try:
        connections[alias].ensure_connection()
    except DatabaseError as error:
        first = str(error).partition("\n")[0]
        return [Error(f"PostgreSQL cannot be used, nothing was changed: {first}", id="accorde.E014")]
    return too_old(connections[alias].connection.info.server_version)


def too_old(version: int) -> list[Error]:
    """`version` as PostgreSQL counts: 180003 is 18.3."""
    if version >= POSTGRESQL * 10_000:
        return []
    said = f"PostgreSQL {version // 10_000} is too old, nothing was changed: Accorde needs {POSTGRESQL} or newer."
    return [Error(said, id="accorde.E007")]


@register(Tags.database)
def database_is_a_session(databases: Sequence[str] | None = None, **_: Any) -> list[Error]:
    """What scans, deliveries and rescans lock lives as long as their connection: no pooler may lend it to others."""
    return [error for alias in databases or () for error in no_session(connections[alias])]


def no_session(connection: BaseDatabaseWrapper) -> list[Error]:
    """An error where the connection goes through a pooler in transaction mode; none while the database is away."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(current_setting('accorde.session', true), '')")
            if settings.POOLED or cursor.fetchone() == ("yes",):
                return []
    except DatabaseError:
        return []
    said = (
        "DATABASE_URL leads through a pooler in transaction mode: name PostgreSQL itself there, the pooler in"
    )
    return [Error(f"{said} DATABASE_POOL_URL.", id="accorde.E015")]
