"""Where the town's team talks: an administrator names the place, tries it, takes it back."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import ADMINISTRATION, person, town_page
from catalogue.times import ago
from cities.models import City
from notifications.channels.team import selectors, services
from notifications.channels.team.forms import RoomForm
from notifications.channels.team.models import Room

EXAMPLES = [
    ("Mattermost", "mmosts://chat.exemple.fr/abc123"),
    ("Tchap, Matrix", "matrixs://jeton@matrix.exemple.fr/!salon:exemple.fr"),
    ("Rocket.Chat", "rockets://nom:secret@chat.exemple.fr/#equipe"),
    ("Nextcloud Talk", "nctalks://nom:secret@nuage.exemple.fr/salon"),
    ("Microsoft Teams", "workflows://prod-1.logic.azure.com:443/abc/signature"),
    ("ntfy", "ntfys://ntfy.exemple.fr/equipe"),
]


@town_page(ADMINISTRATION)
@require_http_methods(["GET", "HEAD", "POST"])
def room(request: HttpRequest, city: City) -> HttpResponse:
    """What is set, never the address itself, and the form to set another."""
    now = timezone.now()
    form = RoomForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        address = form.cleaned_data["address"]
        try:
            services.set_room(city=city, address=address, by=person(request), now=now)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("C’est noté. Essayez-le, pour voir si les messages arrivent."))
            return redirect("notifications:team:room", city.slug)
    known = selectors.room_of(city)
    context = {
        "form": form,
        "room": known,
        "set": ago(known.set_at, now) if known else "",
        "last": ago(known.last_ok_at, now) if known and known.last_ok_at else "",
        "is_lost": known is not None and selectors.is_last_lost(city),
        "examples": EXAMPLES,
    }
    return render(request, "team/room.html", context, status=422 if form.errors else 200)


@town_page(ADMINISTRATION)
@require_POST
def trial(request: HttpRequest, city: City) -> HttpResponse:
    """Written while the administrator waits: they have the room open beside."""
    known = get_object_or_404(Room.objects.select_related("city"), city=city)
    if services.try_room(room=known, by=person(request), now=timezone.now()):
        messages.success(request, _("Le message d’essai est parti. Regardez dans le canal."))
    else:
        messages.error(
            request, _("Le canal n’a pas pris le message. Vérifiez l’adresse et enregistrez-la de nouveau.")
        )
    return redirect("notifications:team:room", city.slug)


@town_page(ADMINISTRATION)
@require_POST
def leave(request: HttpRequest, city: City) -> HttpResponse:
    """The address is forgotten."""
    services.leave_room(city=city, by=person(request), now=timezone.now())
    messages.success(request, _("C’est noté. Plus rien n’est écrit dans ce canal."))
    return redirect("notifications:team:room", city.slug)
