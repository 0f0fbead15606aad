"""Keys for programs."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from allauth.mfa.utils import is_mfa_enabled
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import is_in_a_team, require
from accounts.models import ApiToken, Scope, User

# Each call of the API would otherwise write a row.
TOKEN_USE_NOTED_EVERY = timedelta(minutes=1)


LONGEST = timedelta(days=365)


@transaction.atomic
def issue_token(
    *,
    user: User,
    name: str,
    scopes: Collection[str],
    valid_for: timedelta = LONGEST,
    by: User,
    now: datetime,
) -> tuple[ApiToken, str]:
    """A new key and its secret, which is shown once and never kept.

    Nobody who works for a town has one without a second factor. Raises ValidationError.
    """
    require(by == user or by.is_superuser)
    require(has_what_the_role_asks_for(user), _("Ajoutez d’abord une double vérification."))
    if not timedelta(0) < valid_for <= LONGEST:
        raise ValidationError({"valid_for": _("Une clé sert un an au plus.")})
    secret = f"acc_{secrets.token_urlsafe(32)}"
    token = ApiToken(
        user=user,
        name=name.strip(),
        prefix=secret[:10],
        digest=token_digest(secret),
        scopes=[scope for scope in Scope.values if scope in set(scopes)],
        created_at=now,
        expires_at=now + valid_for,
    )
    token.full_clean()
    token.save()
    return token, secret


@transaction.atomic
def revoke_token(*, token: ApiToken, by: User, now: datetime) -> ApiToken:
    """From now on the key opens nothing."""
    require(by.pk == token.user_id or by.is_superuser)
    token = ApiToken.objects.select_for_update(no_key=True).get(pk=token.pk)
    if token.revoked_at is None:
        token.revoked_at = now
        token.save(update_fields=["revoked_at"])
    return token


@transaction.atomic
def use_token(*, secret: str, now: datetime) -> ApiToken | None:
    """The live key of an active person with this secret, or None; its last use is noted once a minute.

    The key of somebody who works for a town is dead as long as they have no second factor.
    """
    digest = token_digest(secret)
    # The index only ever sees a hash, so its timing tells nothing of the secret.
    token = (
        ApiToken.objects.select_related("user")
        .filter(digest=digest, revoked_at=None, expires_at__gt=now, user__is_active=True)
        .first()
    )
    if token is None or not hmac.compare_digest(token.digest, digest):
        return None
    if not has_what_the_role_asks_for(token.user):
        return None
    if token.last_used_at is None or now - token.last_used_at >= TOKEN_USE_NOTED_EVERY:
        token.last_used_at = now
        token.save(update_fields=["last_used_at"])
    return token


def has_what_the_role_asks_for(user: User) -> bool:
    """Whoever works for a town has a second factor."""
    return not is_in_a_team(user) or is_mfa_enabled(user)


def token_digest(secret: str) -> str:
    """SHA-256 is enough: the secret has 256 bits, nobody guesses it."""
    return hashlib.sha256(secret.encode()).hexdigest()
