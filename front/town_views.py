"""A town's home, written by its administration: texts a language at a time, a picture, a preview; posters, a frame."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import get_language, get_language_info, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import ADMINISTRATION, person, town_page
from catalogue.pictures import LONGEST_FORM, NotAPicture, is_too_heavy, too_heavy
from cities.models import City
from front import editing, framing, pictures, presentation, selectors, services
from front.forms import ColoursForm, DescriptionsForm, HomeWordsForm, PictureForm
from front.models import HomePicture, HomeWords
from front.poster import as_pdf

State = HomePicture.State


@town_page(ADMINISTRATION)
@require_safe
def overview(request: HttpRequest, city: City) -> HttpResponse:
    """All that the home is made of, each with where it is written; and who changed what."""
    context = {
        "languages": editing.languages(city),
        "picture": selectors.picture(city),
        "events": editing.events(city, now=timezone.now()),
    }
    return render(request, "front/overview.html", context)


@town_page(ADMINISTRATION)
@require_http_methods(["GET", "HEAD", "POST"])
def words(request: HttpRequest, city: City, language: str) -> HttpResponse:
    """The texts in one language, beside Accorde's; seen as everybody will before they are."""
    if language not in selectors.LANGUAGES:
        raise Http404
    now, own = timezone.now(), selectors.own_words(city, language)
    form = HomeWordsForm(request.POST or None, language=language, instance=own)
    step = request.POST.get("step", "")
    if request.method == "POST" and form.is_valid():
        if step == "show":
            try:
                services.say(city=city, language=language, texts=form.texts(), by=person(request), now=now)
            except ValidationError as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, _("C’est en ligne. Tout le monde lit maintenant ces textes."))
                return redirect("front:words", city.slug, language)
        elif step == "preview":
            typed = HomeWords(**{name: services.as_lines(text) for name, text in form.texts().items()})
            return _preview(request, city, language, own=typed, typed=form.texts())
    info = get_language_info(language)
    context = {
        "form": form,
        "rows": editing.rows(form, city, language),
        "language": language,
        "language_name": capfirst(selectors.LANGUAGES[language]),
        "direction": "rtl" if info["bidi"] else "ltr",
        "tabs": [
            {
                "url": reverse("front:words", args=[city.slug, code]),
                "text": capfirst(str(name)),
                "current": code == language,
                "count": None,
            }
            for code, name in selectors.LANGUAGES.items()
        ],
        "unsaid": [editing.label(name) for name in selectors.unsaid(city).get(language, [])],
        "events": editing.events(city, now=now, language=language),
    }
    return render(request, "front/words.html", context, status=422 if form.errors else 200)


def takes_a_picture(page: Any) -> Any:
    """The one page that a picture may be sent to (`config.uploads`)."""
    page.takes_files_up_to = LONGEST_FORM
    return page


@takes_a_picture
@town_page(ADMINISTRATION)
@require_http_methods(["GET", "HEAD", "POST"])
def picture(request: HttpRequest, city: City) -> HttpResponse:
    """The town's picture: sent, described, seen in its place, shown, taken down."""
    step = request.POST.get("step", "")
    found = selectors.pictures(city)
    add, describe = PictureForm(), DescriptionsForm(picture=found.get(State.SHOWN))
    status = 200
    if request.method == "POST":
        if step in ("show", "forget", "take_down"):
            return _decide(request, city, step)
        if step == "describe":
            describe = DescriptionsForm(request.POST)
            if describe.is_valid():
                return _describe(request, city, describe)
        else:
            add = PictureForm(request.POST, request.FILES)
            if _add(request, city, add):
                return redirect(f"{reverse('front:preview', args=[city.slug])}?image=on")
        status = 422
    context = {
        "form": add,
        "describe": describe,
        "shown": selectors.picture(city),
        "waits": State.WAITING in found,
        "events": editing.picture_events(city, now=timezone.now()),
    }
    return render(request, "front/picture.html", context, status=status)


def _add(request: HttpRequest, city: City, form: PictureForm) -> bool:
    if is_too_heavy(request):
        form.errors.pop("file", None)  # it was not read, and so not found
        form.add_error("file", too_heavy())
    if not form.is_valid():
        return False
    try:
        made = pictures.read(form.cleaned_data["file"])
    except NotAPicture as refusal:
        form.add_error("file", str(refusal))
        return False
    services.add_picture(
        city=city,
        picture=made,
        descriptions=form.descriptions(),
        by=person(request),
        now=timezone.now(),
    )
    return True


def _describe(request: HttpRequest, city: City, form: DescriptionsForm) -> HttpResponse:
    try:
        services.describe_picture(
            city=city,
            state=State.SHOWN,
            descriptions=form.descriptions(),
            by=person(request),
            now=timezone.now(),
        )
    except HomePicture.DoesNotExist:
        messages.warning(request, _("Quelque chose a changé. Relisez, puis confirmez."))
    else:
        messages.success(request, _("Les descriptions sont enregistrées."))
    return redirect("front:edit_picture", city.slug)


def _decide(request: HttpRequest, city: City, step: str) -> HttpResponse:
    by, now = person(request), timezone.now()
    if step == "show":
        try:
            services.show_picture(city=city, by=by, now=now)
        except ValidationError:
            messages.warning(request, _("Cette image n’attend plus. Voici ce qui est montré."))
        else:
            messages.success(request, _("C’est en ligne. Tout le monde voit maintenant cette image."))
    else:
        state = State.WAITING if step == "forget" else State.SHOWN
        services.take_down_picture(city=city, state=state, by=by, now=now)
        messages.success(request, _("L’image est effacée."))
    return redirect("front:edit_picture", city.slug)


@town_page(ADMINISTRATION)
@require_safe
def preview(request: HttpRequest, city: City) -> HttpResponse:
    """The home as everybody would see it: in a language, with the picture that waits, in colours that are tried."""
    asked = ColoursForm(request.GET)
    said: dict[str, Any] = asked.cleaned_data if asked.is_valid() else {}
    language = said.get("langue") or get_language() or selectors.FRENCH
    colours = {name: said[name] for name in ("brand_colour", "accent_colour") if said.get(name)}
    return _preview(
        request,
        city,
        language,
        own=selectors.own_words(city, language),
        waiting=bool(said.get("image")),
        colours=colours,
    )


def _preview(
    request: HttpRequest,
    city: City,
    language: str,
    *,
    own: HomeWords | None,
    typed: dict[str, str] | None = None,
    waiting: bool = False,
    colours: dict[str, str] | None = None,
) -> HttpResponse:
    """The bar above it speaks the language of whoever decides, the page that of its readers."""
    if colours:
        back = reverse("town:settings", args=[city.slug, "couleurs"])
    elif waiting:
        back = reverse("front:edit_picture", args=[city.slug])
    else:
        back = reverse("front:overview", args=[city.slug])
    here = get_language_info(get_language() or selectors.FRENCH)
    bar = {
        "language": here["code"],
        "side": "rtl" if here["bidi"] else "ltr",
        "title": _("Aperçu\u202f: personne d’autre ne le voit"),
        "show": _("Montrer à tout le monde"),
        "correct": _("Corriger"),
        "back": _("Revenir aux réglages"),
        "back_url": back,
        "url": reverse("front:words", args=[city.slug, language]) if typed is not None else "",
        "picture_url": reverse("front:edit_picture", args=[city.slug]),
        "typed": typed or {},
        "colours": urlencode(colours) if colours else "",
        "may_show_picture": waiting,
    }
    with override(language):
        found = selectors.picture(city, waiting=True) if waiting else None
        context = presentation.home(
            city, now=timezone.now(), own=own, picture=found or selectors.picture(city)
        )
        context["bar"] = bar
        return render(request, "front/preview.html", context)


@town_page(ADMINISTRATION)
@require_safe
def posters(request: HttpRequest, city: City) -> HttpResponse:
    """A poster in each language, to print."""
    return render(request, "front/posters.html", {"languages": editing.languages(city)})


@town_page(ADMINISTRATION)
@require_safe
def poster(request: HttpRequest, city: City, language: str) -> HttpResponse:
    """The poster in one language, A4."""
    if language not in selectors.LANGUAGES:
        raise Http404
    with override(language):
        document = as_pdf(city, now=timezone.now())
    name = f"affiche-{city.slug}-{language}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(document, content_type="application/pdf", headers=headers)


@town_page(ADMINISTRATION)
@require_safe
def embed(request: HttpRequest, city: City) -> HttpResponse:
    """What to copy into the town's own site, so that it shows the needs of the moment."""
    language = request.GET.get("langue", "")
    if language not in selectors.LANGUAGES:
        language = selectors.FRENCH
    path = reverse("front:frame", args=[city.slug, language])
    context = {
        "snippet": framing.code(city, language),
        "frame_path": path,
        "frame_url": framing.frame_url(city, language),
        "feed_url": f"{settings.SITE_URL}{reverse('front:feed', args=[city.slug])}?{urlencode({'langue': language})}",
        "tabs": [
            {
                "url": f"{reverse('front:embed', args=[city.slug])}?langue={code}",
                "text": capfirst(str(name)),
                "current": code == language,
                "count": None,
            }
            for code, name in selectors.LANGUAGES.items()
        ],
    }
    return render(request, "front/embed.html", context)
