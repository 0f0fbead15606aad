"""« Je propose mon aide »: one question a page, then the receipt. Parse, one service call, render."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import visitors
from accounts.access import ANYBODY, PUBLIC, SIGNED_IN, person, town_page
from accounts.models import User
from accounts.sign_in import start_code_sign_in
from catalogue import help_link
from catalogue.vocabulary import Kind
from cities.models import City
from offers import intake, receipts, selectors, services, wizard, words
from offers.forms import OfferForm
from offers.models import Offer, OfferState
from offers.wizard import STEPS, Draft, Step

LAST_QUESTION = ("consent", "share_with_linked")


@town_page(PUBLIC)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, city: City, step: str) -> HttpResponse:
    """One question. Going on needs a good answer; going back keeps whatever was typed."""
    draft = _draft(request, city)
    question = STEPS.get(step)
    if question is None:
        raise Http404
    if request.method == "POST":
        return _answer(request, city, draft, question)
    said = help_link.read(request.GET)
    if step == "kind" and said["kind"] in Kind.values:
        # From a page that already knows: "Je peux aider" under a need.
        if said["need"]:
            draft.begin_for(said)
            open_question = draft.first_open()
            return redirect(_step_url(city, open_question) if open_question else _check_url(city))
        draft.keep(question, _query(kind=said["kind"]), sent=True)
        return redirect(_step_url(city, draft.steps()[1]))
    if question not in draft.steps() or _is_ahead(draft, question):
        return _where_one_is(request, city, draft)
    return _question(request, city, draft, question, draft.form(question))


def _answer(request: HttpRequest, city: City, draft: Draft, question: Step) -> HttpResponse:
    is_lost = not draft.is_begun and question.name != "kind"
    going_back = request.POST.get("go") == "back"
    if not going_back and not is_lost and question in draft.steps():
        form = draft.form(question, request.POST)
        if not form.is_valid():
            return _question(request, city, draft, question, form, status=422)
        for note in form.place_notes:
            messages.info(request, note)
    draft.keep(question, request.POST, sent=not going_back)
    if is_lost:
        return _where_one_is(request, city, draft, kept=True)
    if going_back:
        return redirect(_before(city, draft, question))
    if draft.checked or question not in draft.steps():
        open_question = draft.first_open()
        return redirect(_step_url(city, open_question) if open_question else _check_url(city))
    steps = draft.steps()
    after = steps.index(question) + 1
    return redirect(_step_url(city, steps[after]) if after < len(steps) else _check_url(city))


def _question(
    request: HttpRequest, city: City, draft: Draft, question: Step, form: OfferForm, status: int = 200
) -> HttpResponse:
    n, total = draft.position(question)
    goes_on = draft.first_open() if question.name == "kind" and draft.kind and draft.category else None
    context = {
        "form": form,
        "question": question,
        "n": n,
        "total": total,
        "part": question.part,
        "back": n > 1,
        "saved": draft.is_begun,
        "resume_url": _step_url(city, goes_on) if goes_on and goes_on.name != "kind" else "",
        "second_period_open": any(
            form[name].value() for name in ("second_first_day", "second_last_day") if name in form.fields
        ),
        "home_url": reverse("home", args=[city.slug]),
    }
    return render(request, "offers/question.html", context, status=status)


def _is_ahead(draft: Draft, question: Step) -> bool:
    open_question = draft.first_open()
    steps = draft.steps()
    return open_question is not None and steps.index(question) > steps.index(open_question)


def _where_one_is(request: HttpRequest, city: City, draft: Draft, *, kept: bool = False) -> HttpResponse:
    """To the first open question, with the reason when the session was lost on the way."""
    open_question = draft.first_open()
    if open_question is not None and open_question.name == "kind":
        said = _(
            "Nous n’avons plus vos réponses\u202f: la page est restée ouverte trop longtemps, ou vous avez changé "
            "d’appareil. Reprenons du début."
        )
        if kept:
            said += " " + _("Ce que vous venez d’écrire est gardé.")
        messages.warning(request, said)
    return redirect(_step_url(city, open_question) if open_question else _check_url(city))


@town_page(PUBLIC)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, city: City) -> HttpResponse:
    """All the answers on one page, then send. Sent twice, it is registered once."""
    draft = _draft(request, city)
    if request.method == "POST":
        # Sent already, and the button pressed again or the page opened anew: the same receipt.
        reference = receipts.sent_by_key(request.session, request.POST.get("key", ""))
        if reference and request.POST.get("key") != draft.key:
            return _after_sending(request, city, reference)
    open_question = draft.first_open()
    if open_question is not None:
        return _where_one_is(request, city, draft)
    form = _last_form(request, city, draft)
    if request.method == "POST" and form.is_valid() and visitors.passes(request, visitors.Act.OFFER, form):
        response = _send(request, city, draft, form)
        if response is not None:
            return response
    draft.mark_checked()
    offer = Offer(**(draft.fields() | _form_extra(form)), city=city, answers_need=draft.answers_need)
    sections = [
        {"step": step, "url": _step_url(city, step), "part": step.part}
        for step in draft.steps()
        if step.name != "kind"
    ]
    contact = None if draft.signed_in else draft.contact()
    context = {
        "form": form,
        "draft_key": draft.key,
        "offer": offer,
        "facts": words.facts(offer, draft.periods(), today=draft.today),
        "contact": contact,
        "sections": sections,
        "back_url": _step_url(city, draft.steps()[-1]),
    }
    return render(request, "offers/check.html", context, status=422 if form.errors else 200)


def _form_extra(form: OfferForm) -> dict[str, Any]:
    """What the last page itself asks and an offer keeps."""
    if form.is_bound and form.is_valid():
        return form.offer_fields()
    return {}


def _last_form(request: HttpRequest, city: City, draft: Draft) -> OfferForm:
    """Somebody signed in was not asked "you": consent and sharing stand on the last page."""
    names = LAST_QUESTION if draft.signed_in else ()
    data = request.POST if request.method == "POST" else None
    return OfferForm(data, city=city, today=draft.today, names=names)


def _send(request: HttpRequest, city: City, draft: Draft, form: OfferForm) -> HttpResponse | None:
    """Register the offer, or put what was refused on the form and return None."""
    sender = request.user if isinstance(request.user, User) else None
    try:
        offer = intake.receive(
            city=city,
            contact={} if sender else draft.contact(),
            language=get_language() or "fr",
            fields=draft.offer_fields() | form.offer_fields(),
            windows=draft.periods(),
            external_key=f"form:{draft.key}",
            answers_need=draft.answers_need,
            by=sender,
            now=timezone.now(),
        )
    except ValidationError as error:
        form.add_service_errors(error)
        return None
    code_url = ""
    if sender is None and offer.owner.email:
        proven_url = reverse("offers:proven", args=[city.slug, offer.reference])
        code_url = start_code_sign_in(
            request=request, user=offer.owner, next_url=proven_url, city=city, reference=offer.reference
        ).url
    receipts.remember_sent(
        request.session,
        key=draft.key,
        reference=offer.reference,
        answers_need=offer.answers_need,
        code_url=code_url,
    )
    draft.forget()
    return _after_sending(request, city, offer.reference)


def _after_sending(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """To the receipt; of an offer for a need by the page that looks what has become of the need."""
    known = receipts.sent_by_reference(request.session, reference)
    if known and known.get("answers_need"):
        return redirect("matching:offer_for_need", city.slug, reference)
    name = "offers:detail" if request.user.is_authenticated else "offers:sent"
    return redirect(name, city.slug, reference)


@town_page(PUBLIC)
@require_POST
def start_again(request: HttpRequest, city: City) -> HttpResponse:
    """Forget the answers of this browser."""
    _draft(request, city).forget()
    return redirect("offers:new", city.slug)


@town_page(ANYBODY)
@never_cache
@require_safe
def sent(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """The receipt of a visitor, in the browser that sent the offer: its reference, and what remains to be done."""
    known = receipts.sent_by_reference(request.session, reference.upper())
    if known is None:
        raise Http404
    offer = get_object_or_404(Offer.objects.select_related("owner"), city=city, reference=known["reference"])
    if offer.state != OfferState.UNCONFIRMED and request.user == offer.owner:
        return redirect("offers:detail", city.slug, offer.reference)
    code_sent = known["code_url"].startswith(reverse("account_confirm_login_code"))
    if offer.owner.email:
        steps = [
            _("Nous vous avons envoyé un code à 6 chiffres par e-mail.")
            if code_sent
            else _("Demandez un code à 6 chiffres\u202f: il arrive par e-mail."),
            _("Saisissez-le\u202f: votre proposition devient active."),
            _("Nous cherchons un besoin qui correspond, et nous vous posons la question."),
        ]
    else:
        steps = [
            _("La ville vous appelle au numéro que vous avez donné, pour confirmer."),
            _("Votre proposition devient alors active."),
            _("Quand un besoin correspond, nous vous rappelons."),
        ]
    context = {
        "offer": offer,
        "received_at": timezone.localtime(offer.created_at),
        "service": city.name,
        "contact": city.phone or city.email,
        "steps": steps,
        "code_url": known["code_url"],
        "code_sent": code_sent,
    }
    return render(request, "offers/sent.html", context)


@town_page(SIGNED_IN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def proven(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """After the code: the offer becomes active. Only in the browser that sent it, or at a press of the button."""
    offer = get_object_or_404(selectors.own_offers(person(request), city), reference=reference.upper())
    here = receipts.sent_by_reference(request.session, offer.reference) is not None
    if request.method == "POST" or here:
        user = person(request)
        if services.prove_contact(owner=user, by=user, now=timezone.now(), offer_id=offer.pk):
            messages.success(request, _("C’est confirmé. Merci."))
            if offer.answers_need:
                return redirect("matching:offer_for_need", city.slug, offer.reference)
    return redirect("offers:detail", city.slug, offer.reference)


def _draft(request: HttpRequest, city: City) -> Draft:
    today = timezone.localdate()  # the town's: TownTime
    return Draft(request.session, city=city, today=today, signed_in=request.user.is_authenticated)


def _query(**values: str) -> Any:
    return wizard.as_query({name: [value] for name, value in values.items()})


def _step_url(city: City, question: Step) -> str:
    if question.name == "kind":
        return reverse("offers:new", args=[city.slug])
    return reverse("offers:step", args=[city.slug, question.name])


def _check_url(city: City) -> str:
    return reverse("offers:check", args=[city.slug])


def _before(city: City, draft: Draft, question: Step) -> str:
    steps = draft.steps()
    place = steps.index(question) if question in steps else 0
    return _step_url(city, steps[max(0, place - 1)])
