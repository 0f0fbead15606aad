"""One search for everything that its reader may see in the town."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import COORDINATION, SIGNED_IN, has_role, person, town_page
from cities.models import City
from insight import finding, presentation, query


@town_page(SIGNED_IN)
@never_cache
@require_safe
def search(request: HttpRequest, city: City) -> HttpResponse:
    """What answers to `q`, by kind of thing. No contact is shown: the page of what was found says how to reach whom."""
    user = person(request)
    asked = request.GET.get("q", "")[: query.LONGEST].strip()
    read = query.read(asked)
    found = finding.find(user, city, read)
    context = {
        "asked": asked,
        "is_read": bool(read),
        "found": found,
        "groups": presentation.groups(found, city, opens_cases=has_role(user, city, COORDINATION)),
    }
    return render(request, "insight/search.html", context)
