"""The needs of the moment for other sites, as a JSON feed (jsonfeed.org, version 1.1): what everybody reads here."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalogue.labels import kind_label
from catalogue.times import day_range
from cities.days import local_day
from cities.models import City
from front import selectors
from front.words import said
from needs.selectors import PublicNeed

VERSION = "https://jsonfeed.org/version/1.1"
# A frame is low; the rest is one press away.
IN_FRAME = 6


def home_url(city: City, language: str) -> str:
    """The town's home in this language, from elsewhere."""
    return settings.SITE_URL + reverse("front:welcome", args=[city.slug, language])


def help_url(city: City, need: PublicNeed, language: str) -> str:
    """An offer for the need, from elsewhere; once the need is met, the town's home."""
    return f"{home_url(city, language)}?{urlencode({'besoin': need.reference})}"


def of(city: City, *, now: datetime) -> dict[str, Any]:
    """The feed, in the language that is active."""
    today, language = local_day(now, city), get_language() or selectors.FRENCH
    address = settings.SITE_URL + reverse("front:feed", args=[city.slug])
    return {
        "version": VERSION,
        "title": f"{_('Besoins du moment')} · {city.name}",
        "home_page_url": home_url(city, language),
        "feed_url": f"{address}?{urlencode({'langue': language})}",
        "description": said(city, selectors.own_words(city, language)).lead,
        "language": language,
        "items": [
            {
                "id": f"{address}#{need.reference}",
                "url": help_url(city, need, language),
                "title": need.title,
                "content_text": f"{need.commune} · {day_range(need.first_day, need.last_day, today=today)}",
                "date_published": need.created_at.isoformat(),
                "tags": [kind_label(need.kind)],
                "language": language,
            }
            for need, _path in selectors.needs_of_the_moment(city, today=today)
        ],
    }
