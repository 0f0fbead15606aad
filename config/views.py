"""Pages that belong to no single app: the towns, a town's home, what the law asks to state, and health."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, get_language_bidi, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from accounts.access import ANYBODY, PUBLIC, town_page
from cities import selectors as towns
from cities.days import local_day
from cities.models import City
from config.queues import QUEUES
from config.tasks import heartbeat_key
from insight.figures import sum_words
from insight.published import answer_hours, published
from needs.selectors import public_needs

SHOWN_NEEDS = 3
HEARTBEAT_LATE = timedelta(minutes=3)


@require_safe
def cities(request: HttpRequest) -> HttpResponse:
    """The towns to choose from; straight on to the only one."""
    open_towns = list(towns.open_cities().order_by("name"))
    if len(open_towns) == 1:
        return redirect("home", city_slug=open_towns[0].slug)
    return render(request, "cities.html", {"towns": open_towns})


@town_page(PUBLIC)
@require_safe
def home(request: HttpRequest, city: City) -> HttpResponse:
    """A town's home: what one can do here, what is needed now, and what came of it."""
    now = timezone.now()
    needs = public_needs(city, today=local_day(now, city))
    # Of months that are over, as on the page of figures: what is counted by the minute tells of the last who came.
    shown_figures = published(city, today=local_day(now, city))
    offers, people = shown_figures.total("offers"), shown_figures.total("people_helped")
    counts = [
        {"value": sum_words(offers), "label": ngettext("proposition", "propositions", offers.number)},
        {"value": sum_words(people), "label": ngettext("personne aidée", "personnes aidées", people.number)},
    ]
    to_answer = answer_hours(city, today=local_day(now, city))
    if to_answer is not None:
        hours = max(1, round(to_answer))
        counts.append({"value": _("%(n)s\u00a0h") % {"n": hours}, "label": _("première réponse")})
    shown = needs[:SHOWN_NEEDS]
    return render(
        request,
        "home.html",
        {
            # "À Grenoble", "Au Havre": French alone bends a town's name.
            "place": city.locative if get_language() == "fr" else city.name,
            "needs": shown,
            "needs_count": needs.count() if shown else 0,
            "counts": counts,
        },
    )


@town_page(ANYBODY)
@require_safe
@cache_control(public=True, max_age=3600)
def city_css(request: HttpRequest, city: City) -> HttpResponse:
    """A town's two colours as a style sheet: the policy allows no style in the page."""
    return render(request, "city.css", {"city": city}, content_type="text/css")


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """What a phone keeps when somebody adds the site to its home screen; iPhones show messages of such a site alone."""
    colours = {"theme_color": "#0f5c5c", "background_color": "#fbfaf7"}
    icons = [
        {
            "src": static(f"img/icon-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    return JsonResponse(
        {
            "id": "/",
            "name": "Accorde",
            "short_name": "Accorde",
            "lang": get_language(),
            "dir": "rtl" if get_language_bidi() else "ltr",
            "start_url": reverse("cities"),
            "scope": reverse("cities"),
            "display": "standalone",
            **colours,
            "icons": icons,
        },
        content_type="application/manifest+json",
    )


@require_safe
def legal(request: HttpRequest) -> HttpResponse:
    labels = {
        "publisher": _("Éditeur"),
        "director": _("Direction de la publication"),
        "host": _("Hébergement"),
        "contact": _("Contact"),
        "data_protection_officer": _("Délégué à la protection des données"),
    }
    facts = [{"label": label, "value": settings.LEGAL[field]} for field, label in labels.items()]
    return render(request, "legal.html", {"facts": facts})


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "accessibility.html", {"legal": settings.LEGAL})


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, and for each queue broker, worker and cache, by a real round trip; 503 when one fails."""
    parts = {"database": _database_answers(), **_queues_are_worked_on(timezone.now())}
    return JsonResponse(parts, status=200 if all(parts.values()) else 503)


def _database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


def _queues_are_worked_on(now: datetime) -> dict[str, bool]:
    """By queue, whether its worker wrote a heartbeat lately; for none when the cache itself is down."""
    try:
        heard = cache.get_many([heartbeat_key(queue) for queue in QUEUES])
    except RedisError:
        heard = {}
    latest = {queue: heard.get(heartbeat_key(queue)) for queue in QUEUES}
    return {
        f"queue_{queue}": moment is not None and now - datetime.fromisoformat(moment) < HEARTBEAT_LATE
        for queue, moment in latest.items()
    }
