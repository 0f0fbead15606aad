"""The installation's own pages: people, roles and keys of all towns, for its technicians.

Nowhere, unless settings.ADMIN_PATH says where. Its staff signs in like everybody, by a code, and like whoever works for
a town by a second factor (config.middleware.SecondFactor). No page here shows a secret. Towns never need these pages.
"""

from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.mfa import admin as mfa_admin  # registers before it is taken away
from allauth.socialaccount import admin as _social_admin  # noqa: F401  # likewise
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import contact_mails, services
from accounts.models import (
    ApiToken,
    CityEdit,
    CityRole,
    Consent,
    ContactReading,
    Membership,
    MembershipChange,
    Organisation,
    OrganisationEdit,
    OrganisationReview,
    PersonEdit,
    RoleChange,
    User,
)
from accounts.sign_in import MailNotSentError
from cities.forms import CityForm
from cities.models import City

# Its pages show the secret of whoever has an application, and the spare codes.
admin.site.unregister(mfa_admin.Authenticator)
# What there is of ProConnect is the settings', and by which number somebody is known there is nobody's to read.
for of_proconnect in (SocialApp, SocialAccount, SocialToken):
    admin.site.unregister(of_proconnect)
# The page with a password gives way to the code.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


def by_and_now(request: HttpRequest) -> dict[str, Any]:
    """Who acts and when, as the services take them."""
    return {"by": request.user, "now": timezone.now()}


def said(form: forms.ModelForm) -> dict[str, Any]:
    """What the form changes."""
    return {name: form.cleaned_data[name] for name in form.changed_data}


class KeepsWho(admin.ModelAdmin):
    """Roles and members are written by the services, which keep who changed what."""

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        give, take = SERVICES[formset.model]
        new = formset.save(commit=False)
        # A row that now says something else is the old one taken back and another given.
        for row in [*formset.deleted_objects, *(row for row, _fields in formset.changed_objects)]:
            try:
                take(formset.model.objects.get(pk=row.pk), by_and_now(request))
            except ValidationError as refusal:
                messages.error(request, " ".join(refusal.messages))
        for row in new:
            give(row, by_and_now(request))


class CityRoleInline(admin.TabularInline):
    model = CityRole
    fk_name = "user"
    extra = 0


class MembershipInline(admin.TabularInline):
    model = Membership
    # Who is told what is the association's to say, on a page of its own.
    fields = ["user", "organisation", "role"]
    extra = 0
    raw_id_fields = ["user", "organisation"]


def _give_role(row: CityRole, moment: dict[str, Any]) -> None:
    services.give_role(user=row.user, city=row.city, role=row.role, **moment)


def _take_role(row: CityRole, moment: dict[str, Any]) -> None:
    services.take_role(user=row.user, city=row.city, role=row.role, **moment)


def _set_member(row: Membership, moment: dict[str, Any]) -> None:
    services.set_member(user=row.user, organisation=row.organisation, role=row.role, **moment)


def _remove_member(row: Membership, moment: dict[str, Any]) -> None:
    services.remove_member(user=row.user, organisation=row.organisation, **moment)


SERVICES: dict[type, Any] = {
    CityRole: (_give_role, _take_role),
    Membership: (_set_member, _remove_member),
}


class NotesReading(admin.ModelAdmin):
    """A page here that shows how to reach somebody notes that it was read, as every page does."""

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        row = kwargs.get("obj")
        subject = row.person if isinstance(row, PersonEdit) else row
        if isinstance(subject, User):
            services.log_contact_reading(
                subject=subject, reason="administration", city=None, **by_and_now(request)
            )
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(User)
class UserAdmin(NotesReading, KeepsWho):
    list_display = ["__str__", "is_staff", "is_active", "created_at"]
    list_filter = ["is_staff", "is_active"]
    search_fields = ["name", "email__exact", "phone__exact"]
    fields = ["name", "email", "phone", "language", "is_active", "is_staff", "is_superuser", "created_at"]
    readonly_fields = ["created_at"]
    inlines = [CityRoleInline, MembershipInline]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Somebody is erased, and what they did stays; who read their contact is deleted by an erasure alone."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if change:
            before = User.objects.get(pk=obj.pk).email
            services.correct_person(user=obj, fields=said(form), **by_and_now(request))
            if "email" in form.changed_data:
                try:
                    contact_mails.tell_of_change(obj, obj.edits.latest("pk"), address=before)
                except MailNotSentError:
                    transaction.set_rollback(True)
                    messages.error(
                        request, _("Le message à cette personne n’est pas parti, et rien n’a changé.")
                    )
        else:
            super().save_model(request, obj, form, change)


@admin.register(Organisation)
class OrganisationAdmin(KeepsWho):
    list_display = ["name", "city", "state", "created_at"]
    list_filter = ["state", "city"]
    list_select_related = ["city"]
    search_fields = ["name", "rna", "siret"]
    # The state changes through the coordinators' page, which keeps who and why.
    readonly_fields = ["state", "verified_at", "verified_by", "created_at"]
    inlines = [MembershipInline]

    def save_model(self, request: HttpRequest, obj: Organisation, form: Any, change: bool) -> None:
        if change:
            services.change_organisation(organisation=obj, fields=said(form), **by_and_now(request))
        else:
            super().save_model(request, obj, form, change)


@admin.register(City)
class CityAdmin(admin.ModelAdmin):
    """A town is closed, never deleted: everything belongs to it.

    The points of its score are shown alone: they are changed on the town's own page, with a preview and a history.
    """

    form = CityForm
    list_display = ["name", "slug", "seat", "is_open", "phone", "email"]
    list_filter = ["is_open"]
    list_select_related = ["seat"]
    search_fields = ["name", "slug"]
    filter_horizontal = ["linked"]
    readonly_fields = ["weights", "created_at"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: City, form: Any, change: bool) -> None:
        fields = {name: value for name, value in form.cleaned_data.items() if name != "linked"}
        if change:
            services.update_city(city_id=obj.pk, changes=fields, **by_and_now(request))
        else:
            obj.pk = services.create_city(**fields, **by_and_now(request)).pk

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        city = form.instance
        before, after = set(city.linked.all()), set(form.cleaned_data["linked"])
        for other in after - before:
            services.link_cities(city_id=city.pk, other_id=other.pk, **by_and_now(request))
        for other in before - after:
            services.unlink_cities(city_id=city.pk, other_id=other.pk, **by_and_now(request))


class ReadOnlyAdmin(admin.ModelAdmin):
    """Traces: nobody adds, changes or removes one."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False


@admin.register(ContactReading)
class ContactReadingAdmin(ReadOnlyAdmin):
    list_display = ["read_at", "reader", "subject", "reason", "reference", "city"]
    list_select_related = ["reader", "subject", "city"]
    list_filter = ["reason"]
    date_hierarchy = "read_at"


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    list_display = ["user", "purpose", "wording_version", "how", "given_at", "withdrawn_at"]
    list_select_related = ["user"]


@admin.register(OrganisationReview)
class OrganisationReviewAdmin(ReadOnlyAdmin):
    list_display = ["organisation", "state", "by", "at", "reason"]
    list_select_related = ["organisation", "by"]


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    list_display = [
        "name",
        "prefix",
        "user",
        "scopes",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    ]
    list_select_related = ["user"]


@admin.register(PersonEdit, OrganisationEdit, CityEdit)
class EditAdmin(NotesReading, ReadOnlyAdmin):
    """Who changed which fields of whom or what; old and new, which may be personal, stand on the row's own page."""

    says = "__str__"
    list_filter = ["at"]
    date_hierarchy = "at"

    def about(self) -> list[str]:
        """What the row is about: its keys but for who did it."""
        return [field.name for field in self.opts.fields if field.many_to_one and field.name != "by"]

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return ("at", *self.about(), "by", self.says)

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        return [*self.about(), "by"]


@admin.register(RoleChange, MembershipChange)
class PartAdmin(EditAdmin):
    """Who gave or took which part: in the list already, for a part is not personal."""

    says = "what"
