"""Offers for the installation's administrators: to be read. Changes go through the services."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from offers.models import Offer


@admin.register(Offer)
class OfferAdmin(admin.ModelAdmin):
    list_display = ["reference", "city", "category", "capacity", "state", "created_at"]
    list_filter = ["city", "kind", "state"]
    list_select_related = ["city"]
    search_fields = ["reference"]
    exclude = ["address"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
