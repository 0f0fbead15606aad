"""« J’ai besoin d’aide », for the person concerned: where to sleep tonight, one question a page, then send."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_response_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import visitors
from accounts.access import ANYBODY, PUBLIC, town_page
from accounts.models import User
from catalogue.ranges import sent_in_part
from catalogue.vocabulary import Kind
from cities.days import local_day
from cities.models import City
from statements import links, selectors, services, sounds, words
from statements.forms import QuestionForm
from statements.models import Statement
from statements.questions import KIND, QUESTIONS, Question
from statements.wizard import Draft, is_key, new_key

# In the session: to which statement a form has led, for whoever sends it again.
_SENT = "statements-sent"
_MOST_SENT = 8
# A question that is read again, or taken away, is not heard as before for longer.
_SOUND_FOR_SECONDS = 300


@town_page(PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, city: City) -> HttpResponse:
    """Where to sleep tonight, before any question; then what is needed."""
    key = request.POST.get("key", "") or request.GET.get("suite", "")
    key = key if is_key(key) else new_key()
    if request.method == "POST" and request.POST.get("kind") in Kind.values:
        draft = _draft(request, city, key)
        draft.choose(request.POST["kind"])
        return _onward(city, draft)
    context = {
        "question": KIND,
        "kinds": words.kinds(),
        "key": key,
        "sound_url": _sound_url(city, KIND),
        "own": [
            {"reference": one.reference, "path": links.own_path(one), "said": words.state(one)[1]}
            for one in (selectors.own_of(request.user, city) if isinstance(request.user, User) else ())
        ],
    }
    return render(request, "statements/start.html", context)


@town_page(PUBLIC)
@require_safe
def tonight(request: HttpRequest, city: City) -> HttpResponse:
    """Whom to call now: nothing is asked."""
    return render(request, "statements/tonight.html", {"numbers": words.numbers()})


@town_page(PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
def question(request: HttpRequest, city: City, key: str, name: str) -> HttpResponse:
    """One question. Going on needs a good answer; what was typed is kept."""
    asked = QUESTIONS.get(name)
    if asked is None or asked is KIND or not is_key(key):
        raise Http404
    draft = _draft(request, city, key)
    if request.method == "POST":
        if asked not in draft.questions():
            draft.keep(asked, request.POST)
            return _from_the_start(request, city, draft)
        form = draft.form(asked, request.POST)
        draft.keep(asked, request.POST)
        if not form.is_valid():
            return _question(request, city, draft, asked, form, status=422)
        return _after(request, city, draft, asked)
    if asked not in draft.questions():
        return _from_the_start(request, city, draft)
    first_open = draft.first_open()
    questions = draft.questions()
    if first_open is not None and questions.index(asked) > questions.index(first_open):
        return redirect(_url(city, draft, first_open))
    return _question(request, city, draft, asked, draft.form(asked))


@town_page(PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, city: City, key: str) -> HttpResponse:
    """All answers on one page, then send. Sent twice, it is kept once."""
    if not is_key(key):
        raise Http404
    sent = request.session.get(_SENT, {}).get(f"{city.pk}:{key}")
    if sent:
        return redirect(sent)
    draft = _draft(request, city, key)
    if not draft.kind or draft.first_open() is not None:
        return _from_the_start(request, city, draft) if not draft.kind else _onward(city, draft)
    refusal = ""
    if request.method == "POST":
        try:
            visitors.let_pass(request, visitors.Act.NEED)
            statement = services.state(
                city=city,
                kind=draft.kind,
                answers=draft.answers(),
                language=get_language() or "fr",
                external_key=f"form:{draft.once}",
                by=request.user if isinstance(request.user, User) else None,
                now=timezone.now(),
            )
        except visitors.Refused as refused:
            refusal = refused.words
        except ValidationError as error:
            visitors.give_back(request, visitors.Act.NEED)
            refusal = " ".join(error.messages)
        else:
            path = links.own_path(statement)
            remembered = {**request.session.get(_SENT, {}), f"{city.pk}:{key}": path}
            request.session[_SENT] = dict(list(remembered.items())[-_MOST_SENT:])
            draft.forget()
            return redirect(path)
    answers = draft.answers()
    unsaved, today = _unsaved(city, draft, answers), local_day(timezone.now(), city)
    context = {
        "title": words.title(unsaved, today),
        "facts": words.facts(unsaved, today),
        "contact": answers.get("phone") or answers.get("email") or "",
        "name": answers.get("name", ""),
        "questions": [{"text": one.text, "url": _url(city, draft, one)} for one in draft.questions()],
        "back_url": _url(city, draft, draft.questions()[-1]),
        "refusal": refusal,
    }
    return render(request, "statements/check.html", context, status=422 if refusal else 200)


@town_page(ANYBODY)
@require_safe
def listen(request: HttpRequest, city: City, question: str, language: str) -> HttpResponse:
    """A question as the town has had it read aloud; of a town that is not open yet as well, for whoever prepares it."""
    recorded = selectors.recording(city, question, language)
    if recorded is None:
        raise Http404
    response = sent_in_part(request, sounds.from_text(recorded.content), content_type=recorded.media_type)
    patch_response_headers(response, cache_timeout=_SOUND_FOR_SECONDS)
    return response


def _question(
    request: HttpRequest, city: City, draft: Draft, asked: Question, form: QuestionForm, status: int = 200
) -> HttpResponse:
    questions = draft.questions()
    place = questions.index(asked)
    context = {
        "form": form,
        "question": asked,
        "n": place + 2,
        "total": len(questions) + 1,
        "back_url": _url(city, draft, questions[place - 1])
        if place
        else f"{reverse('statements:start', args=[city.slug])}?suite={draft.key}",
        "sound_url": _sound_url(city, asked),
        "warns_child": asked.name == "qui",
        "tonight_url": reverse("statements:tonight", args=[city.slug]) if asked.name == "quand" else "",
    }
    return render(request, "statements/question.html", context, status=status)


def _after(request: HttpRequest, city: City, draft: Draft, asked: Question) -> HttpResponse:
    """To the next question; back on the page of all answers, to the first that is open, if any."""
    questions = draft.questions()
    place = questions.index(asked) + 1
    if draft.first_open() is None:
        return redirect("statements:check", city.slug, draft.key)
    return redirect(_url(city, draft, questions[place])) if place < len(questions) else _onward(city, draft)


def _onward(city: City, draft: Draft) -> HttpResponse:
    first_open = draft.first_open()
    if first_open is None:
        return redirect("statements:check", city.slug, draft.key)
    return redirect(_url(city, draft, first_open))


def _from_the_start(request: HttpRequest, city: City, draft: Draft) -> HttpResponse:
    """The session was lost on the way, or the question is not asked of these answers."""
    if draft.kind:
        return _onward(city, draft)
    messages.warning(
        request,
        _(
            "Nous n’avons plus toutes vos réponses\u202f: la page est restée ouverte trop longtemps, ou vous avez "
            "changé d’appareil. Ce que vous venez d’écrire est gardé."
        )
        if request.method == "POST"
        else _("Commençons par la première question."),
    )
    return redirect(f"{reverse('statements:start', args=[city.slug])}?suite={draft.key}")


def _draft(request: HttpRequest, city: City, key: str) -> Draft:
    return Draft(request.session, key=key, city=city, is_known=request.user.is_authenticated)


def _url(city: City, draft: Draft, asked: Question) -> str:
    return reverse("statements:question", args=[city.slug, draft.key, asked.name])


def _sound_url(city: City, asked: Question) -> str:
    language = get_language() or "fr"
    if not selectors.is_recorded(city, asked.name, language):
        return ""
    return reverse("statements:listen", args=[city.slug, asked.name, language])


def _unsaved(city: City, draft: Draft, answers: dict[str, Any]) -> Statement:
    """As it would be kept."""
    return Statement(
        city=city,
        kind=draft.kind,
        urgency=answers["urgency"],
        commune_id=answers["commune"],
        answers=answers,
        first_day=local_day(timezone.now(), city),
    )
