"""A town's home as its template reads it, with what is the town's own."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext

from catalogue.times import day_range, length_words
from cities.days import local_day
from cities.models import City
from front import selectors
from front.models import HomeWords
from front.words import said
from insight.figures import sum_words
from insight.published import answer_hours, published
from needs.selectors import public_needs
from offers.wizard import Draft

SHOWN_NEEDS = 3


def home(
    city: City,
    *,
    now: datetime,
    own: HomeWords | None,
    picture: selectors.Shown | None,
    session: SessionBase | None = None,
) -> dict[str, Any]:
    """What a town's home shows, in the language of the page. `session`: whose draft may be gone on with."""
    today = local_day(now, city)
    needs = public_needs(city, today=today)
    shown = needs[:SHOWN_NEEDS]
    names, more = selectors.associations(city)
    words = said(city, own)
    return {
        "words": words,
        "picture": picture,
        "cards": [
            {
                "need": need,
                "when": day_range(need.first_day, need.last_day, today=today),
                "help_url": need.help_path(city, today=today),
            }
            for need in shown
        ],
        "needs_count": needs.count() if shown else 0,
        "counts": counts(city, now=now),
        "associations": names,
        "more_associations": more,
        "draft_begun": session is not None
        and Draft(session, city=city, today=today, signed_in=False).is_begun,
        "preview": link_preview(
            city, path=reverse("home", args=[city.slug]), title=words.title, about=words.lead, picture=picture
        ),
    }


def counts(city: City, *, now: datetime) -> list[dict[str, str]]:
    """Of months that are over, as on the page of figures; nothing while there is nothing to tell.

    What is counted by the minute would tell of the last who came.
    """
    today = local_day(now, city)
    figures = published(city, today=today)
    offers, people = figures.total("offers"), figures.total("people_helped")
    if not offers.number and not people.number:
        return []
    shown = [
        {
            "value": sum_words(offers),
            "label": npgettext("nombre", "proposition", "propositions", offers.number),
        },
        {"value": sum_words(people), "label": ngettext("personne aidée", "personnes aidées", people.number)},
    ]
    to_answer = answer_hours(city, today=today)
    if to_answer is not None:
        hours = max(1, round(to_answer))
        shown.append({"value": length_words(hours * 60), "label": _("première réponse")})
    return shown


def link_preview(
    city: City, *, path: str, title: str, about: str, picture: selectors.Shown | None
) -> dict[str, Any]:
    """What other sites and messengers show of a link to the page."""
    image = reverse("front:picture", args=[city.slug, picture.digest, "jpg"]) if picture else ""
    return {
        "title": title,
        "about": " ".join(about.split()),
        "url": settings.SITE_URL + path,
        "image": settings.SITE_URL + image if image else "",
        "image_words": picture.description if picture else "",
    }
