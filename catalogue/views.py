"""What follows a thing that is being typed: what it may be, and its sizes. Public: the catalogue is."""

import re

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalogue.forms import things
from catalogue.items import LONGEST_TYPED
from catalogue.vocabulary import Category

# The names of boxes are ours; a page is not made of what an address says.
_NAME = re.compile(r"[a-z]{1,20}(_[0-9])?")


@require_safe
def guesses(request: HttpRequest) -> HttpResponse:
    """The list to tick from, for the words in the box `name`."""
    name = request.GET.get("name", "")
    if not _NAME.fullmatch(name):
        return HttpResponseBadRequest()
    typed = things.Typed(request.GET.get(name, "").strip()[:LONGEST_TYPED])
    box = {"name": name, "id": f"id_{name}", "guesses": things.guesses(typed, _category(request))}
    return render(request, "catalogue/_guesses.html", {"box": box})


@require_safe
def sizes(request: HttpRequest) -> HttpResponse:
    """The sizes to tick for what the boxes `beside` say, for the field `name`."""
    name, beside = request.GET.get("name", ""), request.GET.get("beside", "")
    if not _NAME.fullmatch(name) or not _NAME.fullmatch(beside):
        return HttpResponseBadRequest()
    several = request.GET.get("several") == "1"
    boxes = things.BOXES if several else 1
    said = things.meant_in(request.GET, beside, boxes=boxes, category=_category(request))
    context = things.sizes_context(
        name,
        f"id_{name}",
        [one.item for one in said],
        # What the words say, else what was ticked or typed before.
        [size for one in said for size in one.sizes] or things.sizes_in(request.GET, name),
        several=several,
    )
    return render(request, "catalogue/_sizes.html", {"widget": context})


def _category(request: HttpRequest) -> str:
    category = request.GET.get("category", "")
    return category if category in Category else ""
