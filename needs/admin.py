from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from needs.models import Need, NeedChange


class ReadOnly:
    """Needs are written by the services alone: a change here would tell neither the engine nor the history."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class NeedChangeInline(ReadOnly, admin.TabularInline):
    model = NeedChange
    fields = ["at", "act", "from_state", "to_state", "by", "reason"]
    readonly_fields = ["at", "act", "from_state", "to_state", "by", "reason"]


@admin.register(Need)
class NeedAdmin(ReadOnly, admin.ModelAdmin):
    """Read only, to look something up by its reference."""

    list_display = ["reference", "city", "kind", "category", "urgency", "state", "first_day", "last_day"]
    list_filter = ["city", "kind", "state", "urgency"]
    list_select_related = ["city"]
    search_fields = ["reference"]
    show_full_result_count = False
    inlines = [NeedChangeInline]
