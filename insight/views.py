"""One search for everything that its reader may see in the town."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.access import COORDINATION, SIGNED_IN, has_role, person, town_page
from cities.models import City
from insight import finding, presentation, query


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest, city: City) -> HttpResponse:
    """What answers to `q`, by kind of thing. No contact is shown: the page of what was found says how to reach whom.

    It is sent by POST. References and words have an address, to come back to; a number or an e-mail address has none,
    for addresses stay in logs and histories, and is not looked for where it stands in one.
    """
    user = person(request)
    sent = request.POST if request.method == "POST" else request.GET
    asked = sent.get("q", "")[: query.LONGEST].strip()
    is_contact = query.holds_contact(asked)
    if request.method == "POST" and not is_contact:
        here = reverse("insight:search", args=[city.slug])
        return redirect(f"{here}?{urlencode({'q': asked})}" if asked else here)
    if request.method != "POST" and is_contact:
        asked = ""
    read = query.read(asked)
    found = finding.find(user, city, read)
    context = {
        "asked": asked,
        "is_read": bool(read),
        "found": found,
        "groups": presentation.groups(found, city, opens_cases=has_role(user, city, COORDINATION)),
    }
    return render(request, "insight/search.html", context)
