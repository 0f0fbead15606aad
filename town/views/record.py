"""The record: who wrote what, and who looked at whose contact. Of a record nothing is changed here."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import selectors as accounts
from accounts.access import ADMINISTRATION, person, town_page
from accounts.models import User
from accounts.services import log_contact_reading
from cities.models import City
from town import presentation, record
from town.forms import RecordForm, is_reference

# Page after page of what is about one person is one look.
ONE_LOOK_UP = timedelta(minutes=15)


@town_page(ADMINISTRATION)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, city: City) -> HttpResponse:
    """What is asked of the record is sent by POST: an address or a number of somebody stands in no address, which stays
    in logs and histories. All else has one, to come back to.
    """
    now = timezone.now()
    colleagues = accounts.colleagues_in(city)
    sent = (request.POST if request.method == "POST" else request.GET).copy()
    sent.pop("csrfmiddlewaretoken", None)
    is_contact = not is_reference(sent.get("who", ""))
    if request.method == "POST" and not is_contact:
        return redirect(f"{reverse('town:record', args=[city.slug])}?{sent.urlencode()}")
    if request.method != "POST" and is_contact:
        sent["who"] = ""
    form = RecordForm(sent or None, city=city, colleagues=colleagues)
    asked = form.asked() if form.is_valid() else record.Asked()
    found = record.page(city, asked, after=sent.get("avant", ""))
    subject = User.objects.filter(pk=asked.person).first() if asked.person and found.lines else None
    if subject is not None:
        # Whoever has an address or a number learns whose it is. Of whom nothing is here, nothing is learnt.
        log_contact_reading(
            subject=subject,
            reason="record-look-up",
            city=city,
            by=person(request),
            now=now,
            once_in=ONE_LOOK_UP,
        )
    named = {*colleagues.values_list("pk", flat=True)} | ({asked.person} if asked.person else set())
    context = {
        "form": form,
        "lines": presentation.record_lines(found.lines, named=named, now=now),
        "older": found.older,
    }
    return render(request, "town/record.html", context)
