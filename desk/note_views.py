"""What coordinators write on a case for one another. What was refused comes back with what was typed."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import COORDINATION, person, town_page
from cities.models import City
from desk import selectors, services, versions
from desk.forms import FlagForm, NoteForm
from desk.models import Flag
from desk.views import back_to_case, render_case


@town_page(COORDINATION, also=versions.case_state)
@require_POST
def note(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """A note on the case; whom it names is told."""
    user = person(request)
    need = selectors.need(user, city, reference)
    form = NoteForm(request.POST)
    if form.is_valid():
        try:
            services.write_note(need=need, text=form.cleaned_data["text"], by=user, now=timezone.now())
        except ValidationError as refusal:
            form.add_error("text", refusal.messages)
        else:
            messages.success(request, _("Note ajoutée."))
            return back_to_case(request, city, reference)
    return render_case(request, user, city, selectors.case(user, city, reference), note_form=form)


@town_page(COORDINATION, also=versions.case_state)
@require_POST
def flag(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """The case comes up again on a day."""
    user = person(request)
    need = selectors.need(user, city, reference)
    form = FlagForm(request.POST)
    if form.is_valid():
        try:
            services.set_flag(need=need, **form.cleaned_data, by=user, now=timezone.now())
        except ValidationError as refusal:
            form.add_error("day", refusal.messages)
        else:
            messages.success(request, _("C’est noté\u202f: le dossier remontera ce jour-là."))
            return back_to_case(request, city, reference)
    return render_case(request, user, city, selectors.case(user, city, reference), flag_form=form)


@town_page(COORDINATION)
@require_POST
def lift(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """What the case came up for is done."""
    user = person(request)
    found = get_object_or_404(Flag.objects.visible_to(user).select_related("need"), pk=pk, city=city)
    services.lift_flag(flag_id=found.pk, by=user, now=timezone.now())
    messages.success(request, _("C’est fait."))
    return back_to_case(request, city, found.need.reference)
