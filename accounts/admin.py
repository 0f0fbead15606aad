"""The installation's own pages: people, roles and keys of all towns, for its technicians.

They sign in like everybody, by a code, and see these pages with `is_staff`. A mailbox alone must not open
them: each member of the staff activates an authenticator application under « Double vérification » of the
account page, which is then asked for at each sign-in. Towns never need these pages.
"""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import HttpRequest

from accounts.models import (
    ApiToken,
    CityRole,
    Consent,
    ContactReading,
    Membership,
    Organisation,
    OrganisationReview,
    User,
)

# The page with a password gives way to the code.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


class CityRoleInline(admin.TabularInline):
    model = CityRole
    fk_name = "user"
    extra = 0


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    raw_id_fields = ["user", "organisation"]


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    list_display = ["__str__", "is_staff", "is_active", "created_at"]
    list_filter = ["is_staff", "is_active"]
    search_fields = ["name", "email__exact", "phone__exact"]
    fields = ["name", "email", "phone", "language", "is_active", "is_staff", "is_superuser", "created_at"]
    readonly_fields = ["created_at"]
    inlines = [CityRoleInline, MembershipInline]


@admin.register(Organisation)
class OrganisationAdmin(admin.ModelAdmin):
    list_display = ["name", "city", "state", "created_at"]
    list_filter = ["state", "city"]
    list_select_related = ["city"]
    search_fields = ["name", "rna", "siret"]
    # The state changes through the coordinators' page, which keeps who and why.
    readonly_fields = ["state", "verified_at", "verified_by", "created_at"]
    inlines = [MembershipInline]


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
    list_display = ["read_at", "reader", "subject", "reason", "reference"]
    list_select_related = ["reader", "subject"]
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
    list_display = ["name", "prefix", "user", "created_at", "last_used_at", "revoked_at"]
    list_select_related = ["user"]
