"""Keys for programs."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from sealing.fields import EncryptedCharField


class ApiToken(models.Model):
    """A key for the programs of a person; only its SHA-256 is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = EncryptedCharField(_("nom"), max_length=80)
    prefix = models.CharField(_("début"), max_length=12)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("créée le"))
    last_used_at = models.DateTimeField(_("utilisée le"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("révoquée le"), null=True, blank=True)

    class Meta:
        verbose_name = _("clé d’API")
        verbose_name_plural = _("clés d’API")
        constraints = [
            models.CheckConstraint(
                condition=Q(digest__regex=r"^[0-9a-f]{64}$"),
                name="api_token_digest_format",
                violation_error_message=_("L’empreinte d’une clé compte 64 caractères."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
