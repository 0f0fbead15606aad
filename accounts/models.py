"""People, what they may do in a city, the associations they speak for, and what they agreed to."""

import re
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, validate_slug
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField
from stdnum.exceptions import ValidationError as NumberError
from stdnum.fr import siret as siret_number

from accounts.access import COORDINATION, DESK, TEAM, Role, VisibleQuerySet, associations_of, towns_of
from catalogue.constraints import insert_checked
from catalogue.models import FieldChange


class LowerCaseEmailField(models.EmailField):
    """An e-mail address, kept and looked up in lower case; nothing is None, never "".

    The one place where addresses are normalised: a form, a save and a lookup all pass here.
    """

    @staticmethod
    def normalised(value: Any) -> Any:
        if isinstance(value, str):
            return value.strip().lower() or None
        return value

    def to_python(self, value: Any) -> Any:
        return self.normalised(super().to_python(value))

    def get_prep_value(self, value: Any) -> Any:
        return self.normalised(super().get_prep_value(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = self.normalised(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def deconstruct(self) -> Any:
        # To the database it is an e-mail address like any other: migrations import no code of ours.
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.EmailField", args, kwargs


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


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an e-mail, a phone, or both."""

    email = LowerCaseEmailField(
        _("adresse e-mail"),
        null=True,
        blank=True,
        unique=True,
        error_messages={"unique": _("Cette adresse e-mail est déjà utilisée.")},
    )
    phone = PhoneNumberField(
        _("téléphone"),
        null=True,
        blank=True,
        unique=True,
        error_messages={"unique": _("Ce numéro de téléphone est déjà utilisé.")},
    )
    name = models.CharField(
        _("nom"), max_length=120, blank=True, help_text=_("Comme vous souhaitez être appelé.")
    )
    language = models.CharField(_("langue"), max_length=10, default="fr")
    is_active = models.BooleanField(_("actif"), default=True)
    is_staff = models.BooleanField(_("accès à l’administration"), default=False)
    created_at = models.DateTimeField(_("créé le"), default=timezone.now, editable=False)
    anonymised_at = models.DateTimeField(_("anonymisé le"), null=True, blank=True, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        verbose_name = _("personne")
        verbose_name_plural = _("personnes")
        constraints = [
            models.CheckConstraint(
                condition=Q(email__isnull=False) | Q(phone__isnull=False) | Q(anonymised_at__isnull=False),
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
                condition=Q(anonymised_at__isnull=True) | Q(email__isnull=True, phone__isnull=True, name=""),
                name="user_anonymised_is_empty",
                violation_error_message=_("Une personne anonymisée n’a plus ni nom, ni adresse, ni numéro."),
            ),
        ]

    def __str__(self) -> str:
        return self.name or _("Personne n° %(number)s") % {"number": self.pk}

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)

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


def validate_siret(value: str) -> None:
    """Fourteen digits whose check digits are right (Luhn, and La Poste's own rule)."""
    try:
        siret_number.validate(value)
    except NumberError as error:
        raise ValidationError(
            _("Ce numéro SIRET n’est pas valable. Vérifiez ses 14 chiffres."), code="siret"
        ) from error


class RegisterNumberField(models.CharField):
    """A number of an official register, kept without the spaces and dots that people put in it."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return re.sub(r"[\s.\-]", "", value).upper() if isinstance(value, str) else value

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class RnaField(RegisterNumberField):
    """The national number of an association: W and nine digits."""

    default_validators = [
        RegexValidator(
            r"^W[0-9]{9}\Z", _("Un numéro RNA s’écrit W suivi de 9 chiffres, par exemple W671234567."), "rna"
        )
    ]


class SiretField(RegisterNumberField):
    """The number of an establishment: fourteen digits."""

    default_validators = [validate_siret]


class OrganisationQuerySet(VisibleQuerySet["Organisation"]):
    def seen_by(self, user: "User") -> Q:
        """One's own associations; for the coordinators and operators of a city, all of that city's."""
        if user.is_superuser:
            return Q()
        return Q(city__in=towns_of(user, DESK)) | Q(pk__in=associations_of(user))


class Organisation(models.Model):
    """An association or a service of the city; its needs are matched once a coordinator has verified it."""

    class State(models.TextChoices):
        PENDING = "pending", _("à vérifier")
        VERIFIED = "verified", _("vérifiée")
        SUSPENDED = "suspended", _("suspendue")

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="organisations")
    name = models.CharField(_("nom"), max_length=200)
    rna = RnaField(_("numéro RNA"), max_length=10, blank=True)
    siret = SiretField(_("numéro SIRET"), max_length=14, blank=True)
    email = models.EmailField(_("adresse e-mail"), blank=True)
    phone = PhoneNumberField(_("téléphone"), blank=True)
    about = models.TextField(_("présentation"), blank=True, max_length=2000)
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.PENDING)
    verified_at = models.DateTimeField(_("vérifiée le"), null=True, blank=True)
    verified_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="organisations_verified"
    )
    created_at = models.DateTimeField(_("inscrite le"), default=timezone.now, editable=False)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("association")
        verbose_name_plural = _("associations")
        constraints = [
            models.CheckConstraint(
                condition=~Q(rna="") | ~Q(siret=""),
                name="organisation_has_number",
                violation_error_message=_("Indiquez le numéro RNA ou le numéro SIRET de l’association."),
            ),
            models.CheckConstraint(
                condition=Q(rna="") | Q(rna__regex=r"^W[0-9]{9}$"),
                name="organisation_rna_format",
                violation_error_message=_("Un numéro RNA s’écrit W suivi de 9 chiffres."),
            ),
            models.CheckConstraint(
                condition=Q(siret="") | Q(siret__regex=r"^[0-9]{14}$"),
                name="organisation_siret_format",
                violation_error_message=_("Un numéro SIRET compte 14 chiffres."),
            ),
            models.CheckConstraint(
                condition=Q(verified_at__isnull=True, verified_by__isnull=True)
                | Q(verified_at__isnull=False, verified_by__isnull=False),
                name="organisation_verified_pair",
                violation_error_message=_("Une vérification a une date et un auteur."),
            ),
            models.CheckConstraint(
                condition=Q(state="pending", verified_at__isnull=True)
                | Q(state="verified", verified_at__isnull=False)
                | Q(state="suspended"),
                name="organisation_verified_state",
                violation_error_message=_(
                    "Une association est vérifiée à partir du jour de sa vérification."
                ),
            ),
            models.UniqueConstraint(
                fields=["city", "rna"],
                condition=~Q(rna=""),
                name="organisation_rna_unique",
                violation_error_message=_("Une association de cette ville a déjà ce numéro RNA."),
            ),
            models.UniqueConstraint(
                fields=["city", "siret"],
                condition=~Q(siret=""),
                name="organisation_siret_unique",
                violation_error_message=_("Une association de cette ville a déjà ce numéro SIRET."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_verified(self) -> bool:
        return self.state == self.State.VERIFIED


class OrganisationReview(models.Model):
    """Who moved an association to which state, when and why; never edited."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="reviews")
    state = models.CharField(_("état"), max_length=10, choices=Organisation.State)
    reason = models.CharField(_("raison"), max_length=500, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="organisation_reviews")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("décision sur une association")
        verbose_name_plural = _("décisions sur les associations")

    def __str__(self) -> str:
        return f"{self.organisation} · {self.get_state_display()}"


class Membership(models.Model):
    """Whom an association is made of, as far as this service is concerned."""

    class Role(models.TextChoices):
        MEMBER = "member", _("membre")
        MANAGER = "manager", _("responsable")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("rôle"), max_length=10, choices=Role, default=Role.MEMBER)

    class Meta:
        verbose_name = _("membre d’une association")
        verbose_name_plural = _("membres des associations")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation"],
                name="membership_unique",
                violation_error_message=_("Cette personne est déjà membre de cette association."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.organisation}"


class Consent(models.Model):
    """What a person agreed to, in which wording, and how; withdrawn, it stays as a proof."""

    class How(models.TextChoices):
        WEB = "web", _("en ligne")
        PHONE = "phone", _("par téléphone")
        PAPER = "paper", _("sur papier")

    class Purpose(models.TextChoices):
        """The purposes that have words of their own on the account page; others are allowed."""

        RECORD = "record", _("Garder mes coordonnées pour me répondre")
        CONTACT = "contact", _("Me contacter au sujet de mes propositions")
        SHARING = "sharing", _("Partager mes propositions avec les villes voisines")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(_("objet"), max_length=40, validators=[validate_slug])
    wording_version = models.CharField(_("version du texte"), max_length=20)
    given_at = models.DateTimeField(_("donné le"))
    how = models.CharField(_("moyen"), max_length=10, choices=How)
    recorded_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="consents_recorded"
    )
    withdrawn_at = models.DateTimeField(_("retiré le"), null=True, blank=True)

    class Meta:
        verbose_name = _("consentement")
        verbose_name_plural = _("consentements")
        constraints = [
            models.CheckConstraint(
                condition=Q(how="web") | Q(recorded_by__isnull=False),
                name="consent_recorded_by",
                violation_error_message=_(
                    "Un consentement oral ou sur papier porte le nom de qui l’a recueilli."
                ),
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("given_at")),
                name="consent_withdrawn_after",
                violation_error_message=_("Un consentement est retiré après avoir été donné."),
            ),
            models.UniqueConstraint(
                fields=["user", "purpose", "wording_version"],
                condition=Q(withdrawn_at__isnull=True),
                name="consent_live_unique",
                violation_error_message=_("Ce consentement est déjà enregistré."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.purpose}"

    @property
    def purpose_label(self) -> str:
        return str(dict(self.Purpose.choices).get(self.purpose, self.purpose))


class ContactReading(models.Model):
    """Somebody read a person's contact, or exported many (no subject then)."""

    reader = models.ForeignKey(User, on_delete=models.PROTECT, related_name="readings_made")
    subject = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, blank=True, related_name="readings_of_contact"
    )
    reason = models.CharField(_("raison"), max_length=40, validators=[validate_slug])
    reference = models.CharField(_("référence"), max_length=80, blank=True)
    read_at = models.DateTimeField(_("lu le"), db_index=True)

    class Meta:
        verbose_name = _("lecture de coordonnées")
        verbose_name_plural = _("lectures de coordonnées")
        constraints = [
            models.CheckConstraint(
                condition=Q(subject__isnull=False) | Q(reason="export"),
                name="contact_reading_subject",
                violation_error_message=_("Seul un export concerne plusieurs personnes."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.reader_id} → {self.subject_id or self.reason}"


class ApiToken(models.Model):
    """A key for the programs of a person; only its SHA-256 is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("nom"), max_length=80)
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


# --- Who changed what ---------------------------------------------------------------------------------


class PersonEdit(FieldChange):
    """What changed of a person: by themselves, by whoever entered them, or by the installation's staff."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="edits")

    class Meta(FieldChange.Meta):
        verbose_name = _("changement d’une personne")
        verbose_name_plural = _("changements des personnes")


class RoleChange(FieldChange):
    """A role in a town given, `{"role": [null, "operator"]}`, or taken back."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_changes")
    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="role_changes")

    class Meta(FieldChange.Meta):
        verbose_name = _("changement de rôle")
        verbose_name_plural = _("changements de rôle")


class OrganisationEdit(FieldChange):
    """What changed of an association; its states stand in `OrganisationReview`."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="edits")

    class Meta(FieldChange.Meta):
        verbose_name = _("changement d’une association")
        verbose_name_plural = _("changements des associations")


class MembershipChange(FieldChange):
    """Somebody joined an association, `{"role": [null, "member"]}`, left it, or changed their part in it."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="membership_changes")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="membership_changes"
    )

    class Meta(FieldChange.Meta):
        verbose_name = _("changement parmi les membres")
        verbose_name_plural = _("changements parmi les membres")


class CityEdit(FieldChange):
    """What changed of a town's settings; the towns that it is linked with under "linked", by their short addresses.

    It stands here because a town knows no person: `cities` lies below.
    """

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="edits")

    class Meta(FieldChange.Meta):
        verbose_name = _("changement des réglages d’une ville")
        verbose_name_plural = _("changements des réglages des villes")
