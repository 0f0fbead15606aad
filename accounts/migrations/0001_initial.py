import re

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import phonenumber_field.modelfields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("cities", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "email",
                    models.EmailField(
                        blank=True,
                        error_messages={"unique": "Cette adresse e-mail est déjà utilisée."},
                        max_length=254,
                        null=True,
                        unique=True,
                        verbose_name="adresse e-mail",
                    ),
                ),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True,
                        error_messages={"unique": "Ce numéro de téléphone est déjà utilisé."},
                        max_length=128,
                        null=True,
                        region=None,
                        unique=True,
                        verbose_name="téléphone",
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        blank=True,
                        help_text="Comme vous souhaitez être appelé.",
                        max_length=120,
                        verbose_name="nom",
                    ),
                ),
                ("language", models.CharField(default="fr", max_length=10, verbose_name="langue")),
                ("is_active", models.BooleanField(default=True, verbose_name="actif")),
                ("is_staff", models.BooleanField(default=False, verbose_name="accès à l’administration")),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="créé le"
                    ),
                ),
                (
                    "anonymised_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="anonymisé le"),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "personne",
                "verbose_name_plural": "personnes",
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="nom")),
                ("prefix", models.CharField(max_length=12, verbose_name="début")),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("created_at", models.DateTimeField(verbose_name="créée le")),
                ("last_used_at", models.DateTimeField(blank=True, null=True, verbose_name="utilisée le")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="révoquée le")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "clé d’API",
                "verbose_name_plural": "clés d’API",
            },
        ),
        migrations.CreateModel(
            name="CityRole",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("coordinator", "coordination"),
                            ("operator", "accueil téléphonique"),
                            ("administrator", "administration"),
                        ],
                        max_length=20,
                        verbose_name="rôle",
                    ),
                ),
                ("given_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "city",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="roles", to="cities.city"
                    ),
                ),
                (
                    "given_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="roles_given",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="city_roles",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "rôle dans une ville",
                "verbose_name_plural": "rôles dans les villes",
            },
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        max_length=40,
                        validators=[
                            django.core.validators.RegexValidator(
                                re.compile("^[-a-zA-Z0-9_]+\\Z"),
                                "Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.",
                                "invalid",
                            )
                        ],
                        verbose_name="objet",
                    ),
                ),
                ("wording_version", models.CharField(max_length=20, verbose_name="version du texte")),
                ("given_at", models.DateTimeField(verbose_name="donné le")),
                (
                    "how",
                    models.CharField(
                        choices=[("web", "en ligne"), ("phone", "par téléphone"), ("paper", "sur papier")],
                        max_length=10,
                        verbose_name="moyen",
                    ),
                ),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="retiré le")),
                (
                    "recorded_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consents_recorded",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="consents",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "consentement",
                "verbose_name_plural": "consentements",
            },
        ),
        migrations.CreateModel(
            name="ContactReading",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        max_length=40,
                        validators=[
                            django.core.validators.RegexValidator(
                                re.compile("^[-a-zA-Z0-9_]+\\Z"),
                                "Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.",
                                "invalid",
                            )
                        ],
                        verbose_name="raison",
                    ),
                ),
                ("reference", models.CharField(blank=True, max_length=80, verbose_name="référence")),
                ("read_at", models.DateTimeField(db_index=True, verbose_name="lu le")),
                (
                    "reader",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="readings_made",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "subject",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="readings_of_contact",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "lecture de coordonnées",
                "verbose_name_plural": "lectures de coordonnées",
            },
        ),
        migrations.CreateModel(
            name="Organisation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="nom")),
                ("rna", models.CharField(blank=True, max_length=10, verbose_name="numéro RNA")),
                ("siret", models.CharField(blank=True, max_length=14, verbose_name="numéro SIRET")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="adresse e-mail")),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True, max_length=128, region=None, verbose_name="téléphone"
                    ),
                ),
                ("about", models.TextField(blank=True, max_length=2000, verbose_name="présentation")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "à vérifier"),
                            ("verified", "vérifiée"),
                            ("suspended", "suspendue"),
                        ],
                        default="pending",
                        max_length=10,
                        verbose_name="état",
                    ),
                ),
                ("verified_at", models.DateTimeField(blank=True, null=True, verbose_name="vérifiée le")),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="inscrite le"
                    ),
                ),
                (
                    "city",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="organisations",
                        to="cities.city",
                    ),
                ),
                (
                    "verified_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="organisations_verified",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "association",
                "verbose_name_plural": "associations",
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[("member", "membre"), ("manager", "responsable")],
                        default="member",
                        max_length=10,
                        verbose_name="rôle",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "verbose_name": "membre d’une association",
                "verbose_name_plural": "membres des associations",
            },
        ),
        migrations.CreateModel(
            name="OrganisationReview",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "à vérifier"),
                            ("verified", "vérifiée"),
                            ("suspended", "suspendue"),
                        ],
                        max_length=10,
                        verbose_name="état",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="raison")),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="organisation_reviews",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reviews",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "verbose_name": "décision sur une association",
                "verbose_name_plural": "décisions sur les associations",
            },
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("email__isnull", False),
                    ("phone__isnull", False),
                    ("anonymised_at__isnull", False),
                    _connector="OR",
                ),
                name="user_has_contact",
                violation_error_message="Indiquez une adresse e-mail ou un numéro de téléphone.",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("email__isnull", True),
                    ("email", django.db.models.functions.text.Lower("email")),
                    _connector="OR",
                ),
                name="user_email_lower_case",
                violation_error_message="L’adresse e-mail s’écrit en minuscules.",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("phone__isnull", True), ("phone__regex", "^\\+[1-9][0-9]{5,14}$"), _connector="OR"
                ),
                name="user_phone_e164",
                violation_error_message="Ce numéro de téléphone n’est pas complet.",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("anonymised_at__isnull", True),
                    models.Q(("email__isnull", True), ("name", ""), ("phone__isnull", True)),
                    _connector="OR",
                ),
                name="user_anonymised_is_empty",
                violation_error_message="Une personne anonymisée n’a plus ni nom, ni adresse, ni numéro.",
            ),
        ),
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=models.CheckConstraint(
                condition=models.Q(("digest__regex", "^[0-9a-f]{64}$")),
                name="api_token_digest_format",
                violation_error_message="L’empreinte d’une clé compte 64 caractères.",
            ),
        ),
        migrations.AddConstraint(
            model_name="cityrole",
            constraint=models.UniqueConstraint(
                fields=("user", "city", "role"),
                name="city_role_unique",
                violation_error_message="Cette personne a déjà ce rôle dans cette ville.",
            ),
        ),
        migrations.AddConstraint(
            model_name="cityrole",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["coordinator", "operator", "administrator"])),
                name="city_role_known",
                violation_error_message="Ce rôle n’existe pas.",
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(("how", "web"), ("recorded_by__isnull", False), _connector="OR"),
                name="consent_recorded_by",
                violation_error_message="Un consentement oral ou sur papier porte le nom de qui l’a recueilli.",
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("withdrawn_at__isnull", True),
                    ("withdrawn_at__gte", models.F("given_at")),
                    _connector="OR",
                ),
                name="consent_withdrawn_after",
                violation_error_message="Un consentement est retiré après avoir été donné.",
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.UniqueConstraint(
                condition=models.Q(("withdrawn_at__isnull", True)),
                fields=("user", "purpose", "wording_version"),
                name="consent_live_unique",
                violation_error_message="Ce consentement est déjà enregistré.",
            ),
        ),
        migrations.AddConstraint(
            model_name="contactreading",
            constraint=models.CheckConstraint(
                condition=models.Q(("subject__isnull", False), ("reason", "export"), _connector="OR"),
                name="contact_reading_subject",
                violation_error_message="Seul un export concerne plusieurs personnes.",
            ),
        ),
        migrations.AddConstraint(
            model_name="organisation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("rna", ""), _negated=True),
                    models.Q(("siret", ""), _negated=True),
                    _connector="OR",
                ),
                name="organisation_has_number",
                violation_error_message="Indiquez le numéro RNA ou le numéro SIRET de l’association.",
            ),
        ),
        migrations.AddConstraint(
            model_name="organisation",
            constraint=models.CheckConstraint(
                condition=models.Q(("rna", ""), ("rna__regex", "^W[0-9]{9}$"), _connector="OR"),
                name="organisation_rna_format",
                violation_error_message="Un numéro RNA s’écrit W suivi de 9 chiffres.",
            ),
        ),
        migrations.AddConstraint(
            model_name="organisation",
            constraint=models.CheckConstraint(
                condition=models.Q(("siret", ""), ("siret__regex", "^[0-9]{14}$"), _connector="OR"),
                name="organisation_siret_format",
                violation_error_message="Un numéro SIRET compte 14 chiffres.",
            ),
        ),
        migrations.AddConstraint(
            model_name="organisation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("verified_at__isnull", True), ("verified_by__isnull", True)),
                    models.Q(("verified_at__isnull", False), ("verified_by__isnull", False)),
                    _connector="OR",
                ),
                name="organisation_verified_pair",
                violation_error_message="Une vérification a une date et un auteur.",
            ),
        ),
        migrations.AddConstraint(
            model_name="organisation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "pending"), ("verified_at__isnull", True)),
                    models.Q(("state", "verified"), ("verified_at__isnull", False)),
                    ("state", "suspended"),
                    _connector="OR",
                ),
                name="organisation_verified_state",
                violation_error_message="Une association est vérifiée à partir du jour de sa vérification.",
            ),
        ),
        migrations.AddConstraint(
            model_name="organisation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("rna", ""), _negated=True),
                fields=("city", "rna"),
                name="organisation_rna_unique",
                violation_error_message="Une association de cette ville a déjà ce numéro RNA.",
            ),
        ),
        migrations.AddConstraint(
            model_name="organisation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("siret", ""), _negated=True),
                fields=("city", "siret"),
                name="organisation_siret_unique",
                violation_error_message="Une association de cette ville a déjà ce numéro SIRET.",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                fields=("user", "organisation"),
                name="membership_unique",
                violation_error_message="Cette personne est déjà membre de cette association.",
            ),
        ),
    ]
