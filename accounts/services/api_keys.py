"""Keys for programs."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from accounts.access import require
from accounts.models import ApiToken, User

# Each call of the API would otherwise write a row.
TOKEN_USE_NOTED_EVERY = timedelta(minutes=1)


@transaction.atomic
def issue_token(*, user: User, name: str, by: User, now: datetime) -> tuple[ApiToken, str]:
    """A new key and its secret, which is shown once and never kept."""
    require(by == user or by.is_superuser)
    secret = f"acc_{secrets.token_urlsafe(32)}"
    token = ApiToken(
        user=user, name=name.strip(), prefix=secret[:10], digest=token_digest(secret), created_at=now
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
    """The live key of an active person with this secret, or None; its last use is noted once a minute."""
    digest = token_digest(secret)
    # The index only ever sees a hash, so its timing tells nothing of the secret.
    token = (
        ApiToken.objects.select_related("user")
        .filter(digest=digest, revoked_at=None, user__is_active=True)
        .first()
    )
    if token is None or not hmac.compare_digest(token.digest, digest):
        return None
    if token.last_used_at is None or now - token.last_used_at >= TOKEN_USE_NOTED_EVERY:
        token.last_used_at = now
        token.save(update_fields=["last_used_at"])
    return token


def token_digest(secret: str) -> str:
    """SHA-256 is enough: the secret has 256 bits, nobody guesses it."""
    return hashlib.sha256(secret.encode()).hexdigest()
