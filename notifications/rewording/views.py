"""The messages of a town in its own words: which has any, one to edit with a preview, and back to the built-in."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import ADMINISTRATION, person, town_page
from cities.models import City
from notifications import endings
from notifications.rewording import presentation, refusals, samples, services
from notifications.rewording.forms import WordingForm
from notifications.wording.models import Form, Wording
from notifications.wording.selectors import is_broken
from notifications.wording.texts import BuiltIn, text_of


@town_page(ADMINISTRATION)
@require_safe
def wordings(request: HttpRequest, city: City) -> HttpResponse:
    """Every text that people are sent, and whether the town has its own words for it."""
    context = {
        "readers": presentation.lines(city),
        "orphans": presentation.orphans(city),
        "first_language": translation.get_language(),
    }
    return render(request, "wording/list.html", context)


@town_page(ADMINISTRATION)
@require_http_methods(["GET", "HEAD", "POST"])
def wording(request: HttpRequest, city: City, name: str, language: str, form: str) -> HttpResponse:
    """One text in one language: what it says, an editor, what comes of it."""
    user, text, kind = person(request), *_asked_for(name, language, form)
    own = Wording.objects.filter(city=city, name=name, form=kind, language=language).first() or Wording(
        name=name, form=kind, language=language
    )
    with translation.override(language):
        built_in = text.as_written()
    starts_with = (own.title, own.body) if own.body else (built_in if kind == Form.LETTER else ("", ""))
    typed = WordingForm(
        request.POST or None,
        form=kind,
        language=language,
        initial={"title": starts_with[0], "body": starts_with[1]},
    )
    shown = (own.title, own.body) if own.body and not is_broken(own) else ("", "")
    if request.method == "POST" and typed.is_valid():
        shown = (typed.cleaned_data.get("title", ""), services.as_lines(typed.cleaned_data["body"]))
        words = {"title": shown[0], "body": shown[1]}
        try:
            if request.POST.get("step") == "save":
                services.rewrite(
                    city=city,
                    built_in=text,
                    form=kind,
                    language=language,
                    by=user,
                    now=timezone.now(),
                    **words,
                )
                messages.success(request, _("C’est noté. Les prochains messages diront ce texte."))
                return redirect("notifications:wording", city.slug, name, language, form)
            refusals.refuse_wrong(city, text, form=kind, language=language, by=user, **words)
        except ValidationError as refusal:
            typed.refuse(refusal)
    sample = None
    if not typed.errors:
        sample = samples.of_the_last(
            city, text, form=kind, language=language, title=shown[0], body=shown[1], reader=user
        )
    form_tabs, language_tabs = presentation.tabs(city, text, form=kind, language=language)
    context = {
        "form": typed,
        "text": text,
        "heading": text.as_written()[0],
        "is_short": kind == Form.SHORT,
        "form_name": kind.value,
        "form_tabs": form_tabs,
        "language_tabs": language_tabs,
        "elements": presentation.elements(text),
        "built_in": built_in,
        "language": language,
        "direction": "rtl" if get_language_info(language)["bidi"] else "ltr",
        "has_own": bool(own.body),
        "is_broken": bool(own.body) and is_broken(own),
        "sample": sample,
        "ending": endings.ending_of(text.events[0]),
        "history": presentation.history(own, city) if own.pk else [],
    }
    return render(request, "wording/edit.html", context, status=422 if typed.errors else 200)


@town_page(ADMINISTRATION)
@require_POST
def restore(request: HttpRequest, city: City, name: str, language: str, form: str) -> HttpResponse:
    """The built-in words again."""
    _text, kind = _asked_for(name, language, form)
    services.restore(
        city=city, name=name, form=kind, language=language, by=person(request), now=timezone.now()
    )
    messages.success(request, _("Le texte d’Accorde est remis."))
    return redirect("notifications:wording", city.slug, name, language, form)


def _asked_for(name: str, language: str, form: str) -> tuple[BuiltIn, Form]:
    text = text_of(name)
    if text is None or language not in presentation.LANGUAGES or form not in Form.values:
        raise Http404
    return text, Form(form)
