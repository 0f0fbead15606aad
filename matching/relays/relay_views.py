"""A whole relay is proposed from its case, with one button."""

from datetime import datetime

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import COORDINATION, person, town_page
from cities.models import City
from matching import asked_words, presentation
from matching.lifecycle import Act, NotPossible
from matching.models import Match, MatchState
from matching.relays import proposing, relay_presentation
from needs.models import Need


@town_page(COORDINATION)
@require_POST
def propose(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """All the homes of a relay in one act, or none, and which of them cannot be asked."""
    user, now = person(request), timezone.now()
    need = get_object_or_404(Need.objects.visible_to(user), city=city, reference=reference)
    try:
        asked = proposing.propose(
            need_id=need.pk,
            need_revision=int(request.POST.get("revision", "")),
            parts=[proposing.Wanted.read(text) for text in request.POST.getlist("part")],
            by=user,
            now=now,
        )
    except proposing.NotWhole as failure:
        messages.warning(request, relay_presentation.refusal(failure))
    except NotPossible as failure:
        messages.warning(request, presentation.refusal_words(failure))
    except (ValueError, ObjectDoesNotExist):  # no form of ours
        changed = NotPossible(Act.PROPOSE, MatchState.SUGGESTED, "changed")
        messages.warning(request, presentation.refusal_words(changed))
    else:
        _tell(request, asked, now=now)
    return redirect("desk:case", city_slug=city.slug, reference=reference)


def _tell(request: HttpRequest, asked: list[Match], *, now: datetime) -> None:
    """Who is asked, and whose town first."""
    own = [match for match in asked if not match.is_across]
    if own and all(match.state != MatchState.PROPOSED for match in own):
        messages.success(request, f"{presentation.ACT_WORDS[Act.PROPOSE]}.")  # the town presumes their yes
    for sentence in asked_words.sentences(own, now=now):
        messages.success(request, sentence)
    for match in asked:
        if match.is_across:
            messages.info(request, _("L’accord de %(city)s est demandé.") % {"city": match.offer.city.name})
