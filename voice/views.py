"""What everybody reads and says: what is missing here, and the rules that the town submits."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import visitors
from accounts.access import PUBLIC, town_page
from cities.days import local_day
from cities.models import City
from voice import presentation, selectors, services
from voice.forms import WordsForm
from voice.models import Proposal

PER_PAGE = 20


@town_page(PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
def say(request: HttpRequest, city: City) -> HttpResponse:
    """One question, without an account; what was said, in groups, and what the town answers."""
    _keep_unnamed(request)
    form = WordsForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and visitors.passes(request, visitors.Act.VOICE, form):
        try:
            services.say(
                city=city,
                text=form.cleaned_data["text"],
                language=get_language() or "",
                form_key=form.cleaned_data["form_key"],
                by=None,
                now=timezone.now(),
            )
        except (ValidationError, services.TooMany) as refusal:
            _refused(request, form, refusal)
        else:
            messages.success(request, _("Merci. L’équipe de la ville le lira."))
            return redirect("voice:say", city.slug)
    page = Paginator(selectors.groups_in_public(city), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page_obj": page,
        "groups": [presentation.group(one) for one in page.object_list],
        "asks": selectors.proposals_in_public(city).exists(),
    }
    return render(request, "voice/say.html", context, status=422 if form.errors else 200)


@town_page(PUBLIC)
@require_safe
def rules(request: HttpRequest, city: City) -> HttpResponse:
    """The proposals of a town, the latest first."""
    today = local_day(timezone.now(), city)
    found = selectors.proposals_in_public(city).select_related("city")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "proposals": [presentation.proposal(one, today=today) for one in page.object_list],
    }
    return render(request, "voice/rules.html", context)


@town_page(PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
def proposal(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """A proposal; while it is open, a comment on it."""
    _keep_unnamed(request)
    shown = get_object_or_404(selectors.proposals_in_public(city).select_related("city"), pk=pk)
    form = WordsForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and visitors.passes(request, visitors.Act.VOICE, form):
        try:
            services.comment(
                proposal_id=shown.pk,
                text=form.cleaned_data["text"],
                language=get_language() or "",
                form_key=form.cleaned_data["form_key"],
                by=None,
                now=timezone.now(),
            )
        except (ValidationError, services.TooMany, services.Closed) as refusal:
            _refused(request, form, refusal)
        else:
            messages.success(request, _("Merci. L’équipe de la ville et le conseil le liront."))
            return redirect("voice:proposal", city.slug, pk)
    return _proposal(request, shown, form)


@town_page(PUBLIC)
@require_safe
def opinion(request: HttpRequest, city: City, number: str) -> HttpResponse:
    """What the council was asked, under the number of its opinion."""
    year, _dash, count = number.partition("-")
    if not (year.isdecimal() and count.isdecimal() and len(number) <= 12):
        raise Http404
    found = selectors.proposals_in_public(city).filter(opinion_year=int(year), opinion_number=int(count))
    return redirect("voice:proposal", city.slug, get_object_or_404(found).pk)


def _proposal(request: HttpRequest, shown: Proposal, form: WordsForm) -> HttpResponse:
    today = local_day(timezone.now(), shown.city)
    context = {"one": presentation.proposal(shown, today=today), "form": form}
    return render(request, "voice/proposal.html", context, status=422 if form.errors else 200)


def _keep_unnamed(request: HttpRequest) -> None:
    """No line of log says who is signed in, neither of what was sent nor of the page that follows at once."""
    request.unnamed = True  # type: ignore[attr-defined]


def _refused(
    request: HttpRequest, form: WordsForm, refusal: ValidationError | services.TooMany | services.Closed
) -> None:
    """Say so on the form; it costs the visitor nothing."""
    visitors.give_back(request, visitors.Act.VOICE)
    if isinstance(refusal, ValidationError):
        form.refuse(refusal)
    elif isinstance(refusal, services.Closed):
        form.add_error(None, _("Les remarques sont closes."))
    else:
        form.add_error(None, _("Trop de messages aujourd’hui. Réessayez demain, ou appelez votre ville."))
