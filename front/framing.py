"""The frame with the needs of the moment as other sites take it: its address, its code, and oEmbed 1.0 (oembed.com)."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import override

from cities.models import City
from front import feed, selectors

WIDE, HIGH = 640, 640  # in pixels, where nobody says


def frame_url(city: City, language: str) -> str:
    """Where the frame is, from elsewhere."""
    return settings.SITE_URL + reverse("front:frame", args=[city.slug, language])


def oembed_url(city: City) -> str:
    return settings.SITE_URL + reverse("front:oembed", args=[city.slug])


def code(city: City, language: str, *, width: str = "100%", height: int = HIGH) -> str:
    """What stands in the page of another site."""
    with override(language):
        title = f"{_('Besoins du moment')} · {city.name}"
    return format_html(
        '<iframe src="{}" title="{}" loading="lazy" width="{}" height="{}"></iframe>',
        frame_url(city, language), title, width, height,
    )  # fmt: skip


def language_of(city: City, url: str) -> str:
    """The language of the town's frame at this address; empty where it is none of its frames."""
    return next((one for one in selectors.LANGUAGES if frame_url(city, one) == url), "")


def oembed(city: City, language: str, *, most_wide: int, most_high: int, seconds: int) -> dict[str, Any]:
    """What a consumer of oEmbed is answered: a "rich" thing, no larger than it asks for, good for so many seconds."""
    width, height = min(WIDE, most_wide), min(HIGH, most_high)
    with override(language):
        title = f"{_('Besoins du moment')} · {city.name}"
    return {
        "version": "1.0",
        "type": "rich",
        "title": title,
        "provider_name": city.name,
        "provider_url": feed.home_url(city, language),
        "cache_age": seconds,
        "width": width,
        "height": height,
        "html": code(city, language, width=str(width), height=height),
    }
