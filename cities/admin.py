from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cities.models import Commune
from cities.names import fold


@admin.register(Commune)
class CommuneAdmin(admin.ModelAdmin):
    """Read only: `load_gazetteer` writes it."""

    list_display = ["insee", "name", "department_name", "epci_name", "population", "is_overseas"]
    list_filter = ["is_overseas", "region_name"]
    search_fields = ["search"]
    search_help_text = _("Nom, code postal ou code INSEE")
    show_full_result_count = False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Commune], search_term: str
    ) -> tuple[QuerySet[Commune], bool]:
        for word in fold(search_term).split():
            queryset = queryset.filter(search__contains=f" {word}") | queryset.filter(pk=word.upper())
        return queryset, False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
