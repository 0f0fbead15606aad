"""Keys for programs."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from sealing.fields import EncryptedCharField


class Scope(models.TextChoices):
    """What a key may do: see what its person sees, and write in an area what they may write."""

    READ = "read", _("lire")
    OFFERS = "offers", _("écrire des propositions")
    NEEDS = "needs", _("écrire des besoins")
    MATCHES = "matches", _("répondre aux mises en relation")


class ApiToken(models.Model):
    """A key for the programs of a person; only its SHA-256 is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = EncryptedCharField(_("nom"), max_length=80)
    prefix = models.CharField(_("début"), max_length=12)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope), verbose_name=_("droits"))
    created_at = models.DateTimeField(_("créée le"))
    expires_at = models.DateTimeField(_("valable jusqu’au"))
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
            ),
            models.CheckConstraint(
                condition=Q(scopes__contained_by=["read", "offers", "needs", "matches"]) & ~Q(scopes=[]),
                name="api_token_scopes_known",
                violation_error_message=_("Une clé a des droits, parmi ceux qui existent."),
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")),
                name="api_token_expires_after",
                violation_error_message=_("Une clé sert un moment."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def scope_labels(self) -> str:
        return ", ".join(str(Scope(scope).label) for scope in self.scopes)
