"""People, what they do for a city, and which associations they belong to."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from accounts.models.fields import LowerCaseEmailField
from accounts.roles import COORDINATION, DESK, TEAM, Role, VisibleQuerySet, towns_of
from catalogue.constraints import insert_checked
from catalogue.folding import folded


class UserQuerySet(VisibleQuerySet["User"]):
    def seen_by(self, user: "User") -> Q:
        """Oneself; for the staff of a city, its teams and the members of its associations.

        Callers and citizens are deliberately not in this list: nobody may leaf through the people of a town.
        An operator finds a caller by the exact number or address that the caller gives
        (`selectors.find_person`), and everybody else meets a citizen through an offer or a need that they
        may see.
        """
        if user.is_superuser:
            return Q()
        colleagues = CityRole.objects.filter(user=OuterRef("pk"), city__in=towns_of(user, TEAM))
        members = Membership.objects.filter(user=OuterRef("pk"), organisation__city__in=towns_of(user, DESK))
        return Q(pk=user.pk) | Exists(colleagues) | Exists(members)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(
        self,
        email: str | None = None,
        phone: Any = None,
        name: str = "",
        password: str | None = None,
        **fields: Any,
    ) -> "User":
        """A new person, known by an e-mail or a phone; without `password`, a code by e-mail lets them in."""
        user = self.model(email=email, phone=phone or None, name=name, **fields)
        user.set_password(password)
        insert_checked(user)
        return user

    def create_superuser(
        self, email: str, password: str | None = None, name: str = "", **fields: Any
    ) -> "User":
        """Somebody who may open the administration pages of the whole installation."""
        return self.create_user(
            email=email, password=password, name=name, **{**fields, "is_staff": True, "is_superuser": True}
        )


class PhoneProof(models.TextChoices):
    """How we know that a number is the person's."""

    SMS = "sms", _("par un code reçu par SMS")
    CALL = "call", _("au téléphone, par la ville")


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an e-mail, a phone, or both.

    A number identifies nobody and receives nothing before it is proven (`phone_proof`); two people may share one.
    """

    email = LowerCaseEmailField(
        _("adresse e-mail"),
        null=True,
        blank=True,
        unique=True,
        error_messages={"unique": _("Cette adresse e-mail est déjà utilisée.")},
    )
    phone = PhoneNumberField(_("téléphone"), null=True, blank=True)
    phone_proof = models.CharField(
        _("preuve du numéro"), max_length=4, choices=PhoneProof, blank=True, default="", db_default=""
    )
    phone_proven_at = models.DateTimeField(_("numéro prouvé le"), null=True, blank=True, editable=False)
    name = models.CharField(
        _("nom"), max_length=120, blank=True, help_text=_("Comme vous souhaitez être appelé.")
    )
    language = models.CharField(_("langue"), max_length=10, default="fr")
    is_active = models.BooleanField(_("actif"), default=True)
    is_staff = models.BooleanField(_("accès à l’administration"), default=False)
    created_at = models.DateTimeField(_("créé le"), default=timezone.now, editable=False)
    anonymised_at = models.DateTimeField(_("anonymisé le"), null=True, blank=True, editable=False)

    # How often a proven contact of theirs gave way to another: links that were sent before open nothing
    # (`accounts.links`).
    contact_changes = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    # Somebody who was in here twice: this row stays as the author of what it did, and is no longer found by itself.
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        verbose_name = _("personne")
        verbose_name_plural = _("personnes")
        constraints = [
            models.CheckConstraint(
                condition=Q(email__isnull=False)
                | Q(phone__isnull=False)
                | Q(anonymised_at__isnull=False)
                | Q(merged_into__isnull=False),
                name="user_has_contact",
                violation_error_message=_("Indiquez une adresse e-mail ou un numéro de téléphone."),
            ),
            # With `unique`, this is what makes addresses unique whatever their case.
            models.CheckConstraint(
                condition=Q(email__isnull=True) | Q(email=Lower("email")),
                name="user_email_lower_case",
                violation_error_message=_("L’adresse e-mail s’écrit en minuscules."),
            ),
            models.CheckConstraint(
                condition=Q(phone__isnull=True) | Q(phone__regex=r"^\+[1-9][0-9]{5,14}$"),
                name="user_phone_e164",
                violation_error_message=_("Ce numéro de téléphone n’est pas complet."),
            ),
            models.CheckConstraint(
                condition=Q(phone_proof="", phone_proven_at__isnull=True)
                | Q(phone_proof__in=["sms", "call"], phone__isnull=False, phone_proven_at__isnull=False),
                name="user_phone_proof_of_a_number",
                violation_error_message=_("Seul un numéro se prouve, et la preuve a sa date."),
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | (Q(is_active=False) & ~Q(merged_into=F("id"))),
                name="user_merged_is_another",
                violation_error_message=_("Une personne réunie à une autre n’agit plus par elle-même."),
            ),
            models.CheckConstraint(
                condition=Q(anonymised_at__isnull=True) | Q(email__isnull=True, phone__isnull=True, name=""),
                name="user_anonymised_is_empty",
                violation_error_message=_("Une personne anonymisée n’a plus ni nom, ni adresse, ni numéro."),
            ),
        ]
        # What the desk types of somebody is a part of it: `insight.finding`.
        indexes = [
            GinIndex(OpClass(folded("name"), name="gin_trgm_ops"), name="user_name_trgm"),
            GinIndex(fields=["phone"], opclasses=["gin_trgm_ops"], name="user_phone_trgm"),
            GinIndex(fields=["email"], opclasses=["gin_trgm_ops"], name="user_email_trgm"),
            models.Index(fields=["phone"], condition=~Q(phone_proof=""), name="user_proven_phone"),
        ]

    def __str__(self) -> str:
        return self.name or _("Personne n° %(number)s") % {"number": self.pk}

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)

    @property
    def proven_phone(self) -> Any:
        """The number at which the person is reached; None as long as it may be somebody else's."""
        return self.phone if self.phone_proof else None

    @property
    def can_sign_in(self) -> bool:
        """People known by their phone alone are entered by an operator and don't sign in."""
        return bool(self.email) and self.is_active


class CityRole(models.Model):
    """What a person does for a city."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="city_roles")
    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="roles")
    role = models.CharField(_("rôle"), max_length=20, choices=Role)
    given_at = models.DateTimeField(default=timezone.now, editable=False)
    given_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="roles_given", editable=False
    )

    class Meta:
        verbose_name = _("rôle dans une ville")
        verbose_name_plural = _("rôles dans les villes")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "city", "role"],
                name="city_role_unique",
                violation_error_message=_("Cette personne a déjà ce rôle dans cette ville."),
            ),
            models.CheckConstraint(
                condition=Q(role__in=["coordinator", "operator", "administrator"]),
                name="city_role_known",
                violation_error_message=_("Ce rôle n’existe pas."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.city} · {self.get_role_display()}"

    @property
    def coordinates(self) -> bool:
        return self.role in COORDINATION


class Membership(models.Model):
    """Whom an association is made of, as far as this service is concerned."""

    class Role(models.TextChoices):
        MEMBER = "member", _("membre")
        MANAGER = "manager", _("responsable")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(_("rôle"), max_length=10, choices=Role, default=Role.MEMBER)
    # Whoever is not told sees and answers the same on the pages.
    is_told = models.BooleanField(_("reçoit nos messages"), default=True, db_default=True)
    # Told of a question that none of those who are told has opened in its time.
    is_fallback = models.BooleanField(_("reçoit ce que personne n’ouvre"), default=False, db_default=False)

    class Meta:
        verbose_name = _("membre d’une association")
        verbose_name_plural = _("membres des associations")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation"],
                name="membership_unique",
                violation_error_message=_("Cette personne est déjà membre de cette association."),
            ),
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(is_fallback=True),
                name="membership_one_fallback",
                violation_error_message=_("Une seule personne reçoit ce que personne n’ouvre."),
            ),
            models.CheckConstraint(
                condition=Q(is_fallback=False) | Q(is_told=False),
                name="membership_fallback_is_another",
                violation_error_message=_(
                    "Cette personne reçoit déjà nos messages. Choisissez-en une autre."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.organisation}"
