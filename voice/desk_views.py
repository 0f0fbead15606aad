"""The desk reads what people say is missing, puts it into groups, and answers."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.access import DESK, person, town_page
from catalogue.labels import language_name
from cities.models import City
from voice import presentation, selectors, services
from voice.editing import GroupForm, NewGroupForm, key_of
from voice.models import RemarkGroup

PER_PAGE = 50


@town_page(DESK)
@require_http_methods(["GET", "HEAD", "POST"])
def sort(request: HttpRequest, city: City) -> HttpResponse:
    """What is new, in every language or one; the groups; what was set aside."""
    form = NewGroupForm(request.POST if request.POST.get("act") == "begin" else None)
    if request.method == "POST":
        if request.POST.get("act") != "begin":
            return _put(request, city, back=_address(request, city))
        if form.is_valid() and _begun(request, city, form):
            return redirect(_address(request, city))
    aside = "aside" in request.GET
    found = selectors.put_aside(city) if aside else selectors.unsorted(city)
    languages = sorted(selectors.unsorted(city).order_by().values_list("language", flat=True).distinct())
    asked = "" if aside else request.GET.get("langue", "")
    if asked in languages:
        found = found.filter(language=asked)
    filtered = f"langue={asked}" if asked in languages else ""
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "aside": aside,
        "asked": asked,
        "languages": [{"code": code, "name": language_name(code)} for code in languages],
        "page_obj": page,
        "texts": presentation.texts(list(page.object_list)),
        "groups": selectors.groups(city),
        "query": "aside" if aside else filtered,
    }
    return render(request, "voice/team_sort.html", context, status=422 if form.errors else 200)


@town_page(DESK)
@require_http_methods(["GET", "HEAD", "POST"])
def group(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """One group: its words, how far the town is, what was said of it."""
    shown = get_object_or_404(selectors.groups(city), pk=pk)
    here = reverse("voice:group", args=[city.slug, pk])
    is_words = request.method == "POST" and request.POST.get("act") == "change"
    form = GroupForm(request.POST if is_words else None, group=shown)
    if request.method == "POST" and not is_words:
        return _put(request, city, back=here)
    last = selectors.latest_edit(shown)
    # What was read when the form was opened; what stands now once its reader was told of it.
    seen = key_of(request.POST.get("seen", "")) if is_words else (last.pk if last else 0)
    told: services.ChangedMeanwhile | None = None
    if is_words and form.is_valid():
        try:
            services.change_group(
                group_id=pk,
                titles=form.said("title"),
                state=form.cleaned_data["state"],
                answers=form.said("answer"),
                by=person(request),
                now=timezone.now(),
                seen=seen,
            )
        except ValidationError as refusal:
            form.refuse(refusal)
        except services.ChangedMeanwhile as stale:
            told, seen = stale, stale.edit.pk
            shown = get_object_or_404(selectors.groups(city), pk=pk)
            form.add_error(None, _said_meanwhile(stale))
        else:
            messages.success(request, _("C’est enregistré, et public."))
            return redirect(here)
    page = Paginator(shown.remarks.all(), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "group": shown,
        "seen": seen,
        "now_said": presentation.group(shown) if told else None,
        "page_obj": page,
        "texts": presentation.texts(list(page.object_list)),
        "groups": selectors.groups(city).exclude(pk=pk),
    }
    return render(request, "voice/team_group.html", context, status=422 if form.errors else 200)


def _said_meanwhile(stale: services.ChangedMeanwhile) -> str:
    return _(
        "%(name)s a changé ce groupe entre-temps. Lisez ce qui y est écrit maintenant, puis enregistrez de "
        "nouveau\u202f: vos mots sont gardés ci-dessous."
    ) % {"name": stale.edit.by}


def _begun(request: HttpRequest, city: City, form: NewGroupForm) -> bool:
    try:
        services.begin_group(city=city, titles=form.said("title"), by=person(request), now=timezone.now())
    except ValidationError as refusal:
        form.refuse(refusal)
        return False
    messages.success(request, _("Le groupe est créé\u202f: il est public dès qu’une remarque y est rangée."))
    return True


def _put(request: HttpRequest, city: City, *, back: str) -> HttpResponse:
    """Move the remarks that were ticked."""
    ticked = [key_of(key) for key in request.POST.getlist("remark")[:PER_PAGE] if key_of(key)]
    act, by, now = request.POST.get("act"), person(request), timezone.now()
    try:
        if not ticked:
            messages.warning(request, _("Cochez au moins une remarque."))
        elif act == "aside":
            _say_how_many(request, services.set_aside(city=city, remark_ids=ticked, by=by, now=now))
        elif act == "back":
            _say_how_many(request, services.put(city=city, remark_ids=ticked, group_id=None, by=by, now=now))
        else:
            chosen = key_of(request.POST.get("group", ""))
            _say_how_many(
                request, services.put(city=city, remark_ids=ticked, group_id=chosen, by=by, now=now)
            )
    except RemarkGroup.DoesNotExist:
        messages.warning(request, _("Choisissez un groupe."))
    return redirect(back)


def _say_how_many(request: HttpRequest, number: int) -> None:
    messages.success(
        request,
        ngettext("%(n)s remarque rangée.", "%(n)s remarques rangées.", number) % {"n": number},
    )


def _address(request: HttpRequest, city: City) -> str:
    query = request.GET.urlencode()
    return reverse("voice:sort", args=[city.slug]) + (f"?{query}" if query else "")
