"""Who changed what of a person, a role, an association or a town."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.organisations import Organisation
from accounts.models.people import User
from catalogue.models import FieldChange


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
