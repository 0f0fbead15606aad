"""The components that templates call with arguments, some with a default; every template has them at hand.

`config/templates/components/README.md` lists them with those that are included as they are.
"""

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from accounts import visitors

register = template.Library()

# Drawn in a square of 24, in lines of 2.
DRAWINGS = {
    "phone": (
        '<path d="M6.6 3.5h2.6l1.4 4.2-2 1.6a12 12 0 0 0 6.1 6.1l1.6-2 4.2 1.4v2.6'
        'a2.1 2.1 0 0 1-2.3 2.1A16.5 16.5 0 0 1 4.5 5.8a2.1 2.1 0 0 1 2.1-2.3Z"/>'
    ),
    "home": '<path d="m3.5 11 8.5-7 8.5 7M5.5 9.5V20h13V9.5M10 20v-6h4v6"/>',
    "box": '<path d="m12 3 8 4v10l-8 4-8-4V7l8-4Zm0 9 8-5m-8 5L4 7m8 5v9"/>',
    "speech": '<path d="M4 5h16v11h-8l-5 4v-4H4V5Zm4 4h8m-8 3h5"/>',
    "check": '<circle cx="12" cy="12" r="9"/><path d="m8 12.5 2.7 2.7L16 9.5"/>',
    "alert": '<path d="M12 3.5 21.5 20h-19L12 3.5Zm0 6.5v4.5m0 2.6v.1"/>',
    "info": '<circle cx="12" cy="12" r="9"/><path d="M12 11v5m0-8.2v.1"/>',
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3.5 2"/>',
    "calendar": '<path d="M4 6h16v14H4V6Zm0 4.5h16M8 3.5V7m8-3.5V7"/>',
    "person": '<circle cx="12" cy="8" r="4"/><path d="M4.5 20.5a7.5 7.5 0 0 1 15 0"/>',
    "people": (
        '<circle cx="9" cy="8.5" r="3.5"/>'
        '<path d="M2.5 20a6.5 6.5 0 0 1 13 0M15.5 5.3a3.5 3.5 0 0 1 0 6.4m2.5 2.6a6.5 6.5 0 0 1 3.5 5.7"/>'
    ),
    "pin": (
        '<path d="M12 21s7-6.2 7-11.5a7 7 0 0 0-14 0C5 14.8 12 21 12 21Z"/><circle cx="12" cy="9.5" r="2.5"/>'
    ),
    "search": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5"/>',
    "bell": '<path d="M6 16.500V11a6 6 0 0 1 12 0v5.500l1.500 2h-15l1.500-2ZM10 21h4M12 5V3"/>',
    "mail": '<path d="M3.5 5.500h17v13h-17v-13Zm0 1 8.5 6.5 8.5-6.5"/>',
    "lock": '<path d="M5 11h14v9.500H5V11Zm3 0V8a4 4 0 0 1 8 0v3"/>',
    "heart": (
        '<path d="M12 20s-8-4.8-8-10.500A4.5 4.5 0 0 1 12 7a4.5 4.5 0 0 1 8 2.500C20 15.2 12 20 12 20Z"/>'
    ),
    "cup": (
        '<path d="M5 9h11v6a5 5 0 0 1-5 5h-1a5 5 0 0 1-5-5V9Zm11 1.500h1.500a2.5 2.5 0 0 1 0 5H16'
        'M8 3.500v2m5-2v2"/>'
    ),
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "pause": '<path d="M9 5v14m6-14v14"/>',
    "pencil": '<path d="m4 20 1-4.500L16.5 4l3.5 3.500L8.5 19 4 20Z"/>',
}


@register.inclusion_tag("components/icon.html")
def icon(name: str, *, large: bool = False) -> dict[str, Any]:
    """A decorative drawing, in the colour of the text around it."""
    return {"drawing": mark_safe(DRAWINGS[name]), "large": large}  # noqa: S308 - our own drawings


@register.inclusion_tag("components/stamp.html", takes_context=True)
def stamp(context: dict[str, Any], act: str) -> dict[str, Any]:
    """In the form of a visitor, beside its csrf_token: what their browser has to work out first, if anything."""
    return {"riddle": visitors.riddle(context["request"], visitors.Act(act)), "field": visitors.FIELD}


URGENCY_WORDS = {"tonight": _("Ce soir"), "this_week": _("Cette semaine"), "planned": _("Prévu")}


@register.simple_tag
def tag(state: str, text: str = "") -> SafeString:
    """A word in a colour. The three urgencies bring their own. Each line of a list has one: it needs no template."""
    words = text or URGENCY_WORDS.get(state, "")
    return format_html('<span class="tag tag--{}">{}</span>\n', state, words)


@register.inclusion_tag("components/phone.html")
def phone(number: Any, uri: str, *, hours: str = "", note: str = "") -> dict[str, Any]:
    """A number to call, large, when somebody answers, and what the town says of it."""
    return {"number": number, "uri": uri, "hours": hours, "note": note}


@register.inclusion_tag("components/pagination.html")
def pagination(page_obj: Any, *, query: str = "") -> dict[str, Any]:
    """The ways to the pages before and after; `query` keeps what was asked."""
    return {"page_obj": page_obj, "query": query}


NOTICE_ICONS = {
    "success": "check", "ok": "check",
    "warning": "alert", "warn": "alert", "error": "alert", "stop": "alert",
}  # fmt: skip


@register.simple_block_tag(end_name="endnotice")
def notice(
    content: str,
    *,
    state: str = "",
    title: str = "",
    link_url: str = "",
    link_text: str = "",
    closable: bool = False,
) -> SafeString:
    """What the reader should know before going on: the text between the tags."""
    context = {
        "text": _inner(content),
        "icon_name": NOTICE_ICONS.get(state, "info"),
        "state": state,
        "title": title,
        "link_url": link_url,
        "link_text": link_text,
        "closable": closable,
    }
    return render_to_string("components/notice.html", context)


@register.simple_block_tag(name="empty_state", end_name="endempty_state")
def empty_state(
    content: str, *, title: str, icon: str = "cup", action_url: str = "", action_text: str = ""
) -> SafeString:
    """What stands where a list would: why it is empty (the text between the tags), and what to do next."""
    context = {
        "text": _inner(content),
        "icon_name": icon,
        "title": title,
        "action_url": action_url,
        "action_text": action_text,
    }
    return render_to_string("components/empty.html", context)


def _inner(content: str) -> SafeString:
    """What the template has already rendered, and escaped, without the line breaks of its source."""
    return mark_safe(content.strip())  # noqa: S308
