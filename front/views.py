"""What everybody sees of a town: its home, its picture, its help; and the needs of the moment for other sites."""

import sys
from typing import Any

from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language, get_language_bidi, override
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from accounts.access import ADMINISTRATION, ANYBODY, PUBLIC, has_role, town_page
from catalogue.times import day_range
from cities.days import local_day
from cities.models import City
from front import feed, framing, presentation, selectors
from front.languages import remember
from front.models import HomePicture
from front.words import said

MINUTES = 5
FOR_EVER = 60 * 60 * 24 * 365
TYPES = {"webp": ("small", "image/webp"), "jpg": ("preview", "image/jpeg")}


@town_page(PUBLIC)
@require_safe
def home(request: HttpRequest, city: City) -> HttpResponse:
    """What one can do here, what is needed now, what came of it, and who does it."""
    context = presentation.home(
        city,
        now=timezone.now(),
        own=selectors.own_words(city),
        picture=selectors.picture(city),
        session=request.session,
    )
    return render(request, "front/home.html", context)


@town_page(ANYBODY)
@require_safe
def picture(request: HttpRequest, city: City, digest: str, form: str) -> HttpResponse:
    """The town's picture, kept by browsers for ever, for its address is made of it; one that waits, for those who
    decide on it.
    """
    column, kind = TYPES.get(form, ("", ""))
    found = HomePicture.objects.filter(city=city, digest=digest).exclude(state=HomePicture.State.GONE)
    row = found.only(column, "state").order_by("state").first() if column else None
    if row is None:
        raise Http404
    is_shown = row.state == HomePicture.State.SHOWN
    if not is_shown and not has_role(request.user, city, ADMINISTRATION):
        raise Http404
    response = HttpResponse(bytes(getattr(row, column)), content_type=kind)
    if is_shown:
        response.headers["Cache-Control"] = f"public, max-age={FOR_EVER}, immutable"
        # Those who show a link to the town's home fetch it from elsewhere.
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@town_page(PUBLIC)
@require_safe
def help_page(request: HttpRequest, city: City) -> HttpResponse:
    """How all this goes, question by question, and whom to call."""
    words = said(city, selectors.own_words(city))
    preview = presentation.link_preview(
        city,
        path=reverse("front:help", args=[city.slug]),
        title=f"{_('Aide')} · {city.name}",
        about=words.lead,
        picture=selectors.picture(city),
    )
    return render(request, "front/help.html", {"preview": preview})


@town_page(PUBLIC)
@require_safe
def welcome(request: HttpRequest, city: City, language: str) -> HttpResponse:
    """From a poster or from another site: the town's home in this language, which is kept; or, with a need, an offer
    that begins with it.
    """
    if language not in selectors.LANGUAGES:
        raise Http404
    wanted = request.GET.get("besoin", "").upper()
    today = local_day(timezone.now(), city)
    paths = (
        path for need, path in selectors.needs_of_the_moment(city, today=today) if need.reference == wanted
    )
    response = redirect(next(paths, reverse("home", args=[city.slug])))
    remember(response, language)
    return response


@town_page(PUBLIC)
@require_safe
@cache_control(public=True, max_age=MINUTES * 60)
def needs_feed(request: HttpRequest, city: City) -> HttpResponse:
    """The needs of the moment as a JSON feed, for any site and any reader of feeds."""
    with override(_language(request.GET.get("langue", ""))):
        response = JsonResponse(
            feed.of(city, now=timezone.now()), content_type="application/feed+json; charset=utf-8"
        )
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})
@town_page(PUBLIC)
@require_safe
@cache_control(public=True, max_age=MINUTES * 60)
def frame(request: HttpRequest, city: City, language: str) -> HttpResponse:
    """The needs of the moment for a frame on any site: no cookie, no form, nobody in it, so nothing to be tricked into.

    Its links leave the frame.
    """
    if language not in selectors.LANGUAGES:
        raise Http404
    with override(language):
        today = local_day(timezone.now(), city)
        cards = [
            {
                "need": need,
                "when": day_range(need.first_day, need.last_day, today=today),
                "url": feed.help_url(city, need, language),
            }
            for need, _path in selectors.needs_of_the_moment(city, today=today)[: feed.IN_FRAME]
        ]
        context: dict[str, Any] = {
            "city": city,
            "cards": cards,
            "language": get_language(),
            "bidi": get_language_bidi(),
            "home_url": feed.home_url(city, language),
            "heading": _("Besoins du moment"),
            "oembed_url": f"{framing.oembed_url(city)}?{urlencode({'url': framing.frame_url(city, language)})}",
        }
        response = render(None, "front/frame.html", context)
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Content-Language"] = language
    return response


@town_page(PUBLIC)
@require_safe
@cache_control(public=True, max_age=MINUTES * 60)
def oembed(request: HttpRequest, city: City) -> HttpResponse:
    """The frame for a site that is given its address alone: oEmbed, as JSON; there is no XML (501, as it says)."""
    if request.GET.get("format", "json") != "json":
        return HttpResponse(status=501)
    language = framing.language_of(city, request.GET.get("url", ""))
    if not language:
        raise Http404
    answer = framing.oembed(
        city,
        language,
        most_wide=_pixels(request, "maxwidth"),
        most_high=_pixels(request, "maxheight"),
        seconds=MINUTES * 60,
    )
    response = JsonResponse(answer)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _pixels(request: HttpRequest, name: str) -> int:
    """At most so many, as the other site says; what is no number is no limit."""
    said = request.GET.get(name, "")
    return int(said[:6]) or 1 if said.isascii() and said.isdecimal() else sys.maxsize


def _language(wished: str) -> str:
    return wished if wished in selectors.LANGUAGES else selectors.FRENCH
