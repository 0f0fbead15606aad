"""« Je propose mon aide »: one question a page, then the receipt. Parse, one service call, render."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import visitors
from accounts.access import PUBLIC, town_page
from accounts.models import User
from catalogue import help_link
from catalogue.vocabulary import Kind, Source
from cities.models import City, Commune
from cities.selectors import communes_of, town_of
from offers import begun, intake, met_needs, receipts, words
from offers.forms import WHEN, OfferForm
from offers.locating import located
from offers.models import Offer
from offers.proving import send_code
from offers.steps import ORDER, STEPS, Step
from offers.wizard import Draft, as_query

# On the last page: on with the town in which the place lies.
ELSEWHERE = "elsewhere"
# In the address of a question, and in its form: which of a browser's drafts it is.
NUMBER, IN_FORM = "brouillon", "draft"
# The button of a question, and of the last page, that leads on to another device.
DEVICE = "device"


@town_page(PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, city: City, step: str) -> HttpResponse:
    """One question. Going on needs a good answer; going back keeps whatever was typed."""
    draft = draft_of(request, city)
    question = STEPS.get(step)
    if question is None:
        raise Http404
    if offer := draft.sent_elsewhere():
        return sent_elsewhere(request, city, draft, offer)
    if request.method == "POST":
        return _answer(request, city, draft, question)
    said = help_link.read(request.GET)
    if step == "kind" and said["kind"] in Kind.values:
        # From a page that already knows: "Je peux aider" under a need.
        if said["need"]:
            draft = _draft_for(request, city, need=said["need"], kind=said["kind"])
            draft.begin_for(said)
            return redirect(next_url(city, draft))
        draft = _new_draft(request, city, kind=said["kind"])
        draft.keep(question, _query(kind=said["kind"]), sent=True)
        return redirect(_step_url(city, draft, draft.steps()[1]))
    if step == "kind" and draft.kind and NUMBER not in request.GET:
        # Another one; those that were begun are offered to go on with.
        draft = _new_draft(request, city, kind="")
    if (not draft.may_add(question) and question not in draft.steps()) or _is_ahead(draft, question):
        return _where_one_is(request, city, draft)
    return _question(request, city, draft, question, draft.form(question))


def _answer(request: HttpRequest, city: City, draft: Draft, question: Step) -> HttpResponse:
    if _is_of_another(request, draft):
        if question.name == "kind":
            draft = _new_draft(request, city, kind=request.POST.get("kind", ""))
        elif draft.is_begun:
            return _changed_elsewhere(request, city, draft)
    is_lost = not draft.is_begun and question.name != "kind"
    go = request.POST.get("go", "")
    going_back = go == "back"
    is_asked = question in draft.steps() or draft.may_add(question)
    if is_lost and (moved := begun.moved_url(request.session, city, draft.number)):
        return redirect(moved)
    if is_lost and (reference := receipts.sent_by_number(request.session, city.slug, draft.number)):
        return _already_sent(request, city, reference)
    if go == DEVICE and draft.is_begun:
        if not question.one_tap:  # whose answer is a button, and not this one
            draft.keep(question, request.POST, sent=draft.form(question, request.POST).is_valid())
        return redirect(device_url(city, draft))
    if not going_back and not is_lost and is_asked:
        form = draft.form(question, request.POST)
        if not form.is_valid():
            return _question(request, city, draft, question, form, status=422)
        notes = form.place_notes
        if (commune := form.cleaned_data.get("commune")) and town_of(commune, but=city):
            notes = notes[:-1]  # that it is another town's is said on the last page, with what to do
        for note in notes:
            messages.info(request, note)
    draft.keep(question, request.POST, sent=not going_back)
    if is_lost:
        return _where_one_is(request, city, draft, kept=True)
    if going_back:
        return redirect(_before(city, draft, question))
    if draft.checked or question not in draft.steps():
        return redirect(next_url(city, draft))
    steps = draft.steps()
    after = steps.index(question) + 1
    return redirect(_step_url(city, draft, steps[after]) if after < len(steps) else _check_url(city, draft))


def _is_of_another(request: HttpRequest, draft: Draft) -> bool:
    """Whether the page was made for another draft than the one that has its number now: of another tab, or one that
    is gone.
    """
    return request.POST.get("key", draft.key) != draft.key


def _changed_elsewhere(request: HttpRequest, city: City, draft: Draft) -> HttpResponse:
    """To the draft that has the number now, or to what became of the one that had it."""
    if reference := receipts.sent_by_key(request.session, request.POST["key"]):
        return _already_sent(request, city, reference)
    messages.warning(request, _("Ces réponses ont changé dans un autre onglet. Relisez-les."))
    return redirect(next_url(city, draft))


def _question(
    request: HttpRequest, city: City, draft: Draft, question: Step, form: OfferForm, status: int = 200
) -> HttpResponse:
    steps = draft.steps()
    n, total = draft.position(question) if question in steps else (0, 0)
    context = {
        "form": form,
        "question": question,
        "n": n,
        "total": total,
        "part": question.part,
        "back": n != 1,
        "back_url": _before(city, draft, question) if question.one_tap and n > 1 else "",
        "saved": draft.is_begun,
        "draft_key": draft.key,
        "draft_number": draft.number,
        "taken": draft.taken,
        "days": WHEN,
        "begun": _begun(request, city) if question.name == "kind" and not draft.kind else [],
        "second_period_open": any(
            form[name].value() for name in ("second_first_day", "second_last_day") if name in form.fields
        ),
        "home_url": reverse("home", args=[city.slug]),
    }
    return render(request, "offers/question.html", context, status=status)


def _begun(request: HttpRequest, city: City) -> list[dict[str, str]]:
    """The offers that this browser has begun and not sent: what each is about, and where it goes on."""
    found = []
    for number in begun.begun_numbers(request.session, city):
        draft = draft_of(request, city, number)
        if draft.category:
            found.append({"title": draft.title(), "url": next_url(city, draft)})
    return found


def _is_ahead(draft: Draft, question: Step) -> bool:
    open_question = draft.first_open()
    steps = draft.steps()
    if question not in steps:
        return open_question is not None
    return open_question is not None and steps.index(question) > steps.index(open_question)


def _where_one_is(request: HttpRequest, city: City, draft: Draft, *, kept: bool = False) -> HttpResponse:
    """To the first open question, with the reason when the session was lost on the way; or to what was sent, or where
    it went on in another town.
    """
    if not draft.is_begun and (moved := begun.moved_url(request.session, city, draft.number)):
        return redirect(moved)
    if not draft.is_begun and (
        reference := receipts.sent_by_number(request.session, city.slug, draft.number)
    ):
        return _already_sent(request, city, reference)
    open_question = draft.first_open()
    if open_question is not None and open_question.name == "kind":
        said = _(
            "Nous n’avons plus vos réponses\u202f: la page est restée ouverte trop longtemps, ou vous avez changé "
            "d’appareil. Reprenons du début."
        )
        if kept:
            said += " " + _("Ce que vous venez d’écrire est gardé.")
        messages.warning(request, said)
    return redirect(next_url(city, draft))


def _already_sent(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """Back, after sending: nothing is lost."""
    messages.info(request, _("Cette proposition est déjà envoyée. Voici son reçu."))
    return _after_sending(request, city, reference)


@town_page(PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, city: City) -> HttpResponse:
    """All the answers on one page, how to reach whoever gave them, then send. Sent twice, it is registered once."""
    draft = draft_of(request, city)
    if request.method == "POST":
        # Sent already, and the button pressed again or the page opened anew: the same receipt.
        reference = receipts.sent_by_key(request.session, request.POST.get("key", ""))
        if reference and request.POST.get("key") != draft.key:
            return _after_sending(request, city, reference)
    if offer := draft.sent_elsewhere():
        return sent_elsewhere(request, city, draft, offer)
    if draft.first_open() is not None:
        return _where_one_is(request, city, draft)
    if request.method == "POST" and _is_of_another(request, draft):
        return _changed_elsewhere(request, city, draft)
    if request.method == "POST" and (go := request.POST.get("go")):
        return _leave_check(request, city, draft, go)
    form = draft.last_form(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        draft.keep(STEPS["you"], request.POST, sent=False)
        if form.is_valid() and visitors.passes(request, visitors.Act.OFFER, form):
            response = _send(request, city, draft, form)
            if response is not None:
                return response
    draft.mark_checked()
    fields = draft.fields()
    offer = Offer(
        **(fields | _form_extra(form)), title=draft.title(), city=city, answers_need=draft.answers_need
    )
    optional = next((STEPS[name] for name in ORDER[draft.kind] if STEPS[name].optional), None)
    context = {
        "form": form,
        "draft_key": draft.key,
        "draft_number": draft.number,
        "taken": draft.taken,
        "offer": offer,
        "facts": words.facts(offer, draft.periods(), today=draft.today),
        "met": met_needs.count(offer=offer, periods=draft.periods(), now=timezone.now()),
        "sections": [step for step in draft.steps() if step.name != "kind"],
        **_place(fields["commune"], city),
        "may_add": optional if optional not in draft.steps() else None,
    }
    return render(request, "offers/check.html", context, status=422 if form.errors else 200)


def _place(commune: Commune, city: City) -> dict[str, Any]:
    """Whether the place is another town's on the service, or nobody's there."""
    town = town_of(commune, but=city)
    return {
        "other_town": town,
        "is_outside": town is None and not communes_of(city).filter(pk=commune.pk).exists(),
        "elsewhere": ELSEWHERE,
    }


def _leave_check(request: HttpRequest, city: City, draft: Draft, go: str) -> HttpResponse:
    """To a question, keeping what was typed on the last page."""
    draft.keep(STEPS["you"], request.POST, sent=False)
    draft.mark_checked()
    if go == DEVICE:
        return redirect(device_url(city, draft))
    if go == ELSEWHERE and (town := town_of(draft.fields()["commune"], but=city)):
        there = draft.moved_to(town, number=begun.next_number(request.session, town))
        begun.note_moved(request.session, city, draft.number, _check_url(town, there))
        return redirect(next_url(town, there))
    question = STEPS.get(go)
    if question is None or not (question in draft.steps() or draft.may_add(question)):
        question = draft.steps()[-1]
    return redirect(_step_url(city, draft, question))


def _form_extra(form: OfferForm) -> dict[str, Any]:
    """What the last page itself asks and an offer keeps."""
    if form.is_bound and form.is_valid():
        return form.offer_fields()
    return {}


def _send(request: HttpRequest, city: City, draft: Draft, form: OfferForm) -> HttpResponse | None:
    """Register the offer, or put what was refused on the form and return None."""
    sender = request.user if isinstance(request.user, User) else None
    try:
        offer = intake.receive(
            city=city,
            contact=form.contact(),
            language=get_language() or "fr",
            fields=located(draft.offer_fields() | form.offer_fields()),
            windows=draft.periods(),
            external_key=draft.external_key,
            answers_need=draft.answers_need,
            by=sender,
            now=timezone.now(),
        )
    except ValidationError as error:
        form.add_service_errors(error)
        return None
    if offer.source != Source.WEB:  # an operator was faster, by this much
        return sent_elsewhere(request, city, draft, offer)
    code_url = send_code(request, city, offer) if sender is None else ""
    receipts.remember_sent(
        request.session,
        key=draft.key,
        reference=offer.reference,
        answers_need=offer.answers_need,
        code_url=code_url,
        town=city.slug,
        number=draft.number,
    )
    draft.forget()
    return _after_sending(request, city, offer.reference)


def sent_elsewhere(request: HttpRequest, city: City, draft: Draft, offer: Offer) -> HttpResponse:
    """It was sent from another device, or on the phone: here is its receipt."""
    receipts.remember_sent(
        request.session,
        key=draft.key,
        reference=offer.reference,
        answers_need=offer.answers_need,
        code_url="",
        town=city.slug,
        number=draft.number,
    )
    draft.forget()
    messages.info(request, _("Cette proposition est déjà envoyée. Voici son reçu."))
    response = redirect("offers:sent", city.slug, offer.reference)
    if "HX-Request" in request.headers:
        # A part of a page that looks again by itself: the receipt is a whole one, and no place for that part.
        return HttpResponse(headers={"HX-Redirect": response["Location"]})
    return response


def _after_sending(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """To the receipt; of an offer for a need by the page that looks what has become of the need."""
    known = receipts.sent_by_reference(request.session, reference)
    if known and known.get("answers_need"):
        return redirect("matching:offer_for_need", city.slug, reference)
    name = "offers:detail" if request.user.is_authenticated else "offers:sent"
    return redirect(name, city.slug, reference)


def draft_of(request: HttpRequest, city: City, number: int | None = None) -> Draft:
    """The draft that the page is about; without a number, the first of this browser."""
    if number is None:
        typed = request.POST.get(IN_FORM) or request.GET.get(NUMBER) or ""
        number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else begun.FIRST
    user = request.user
    return Draft(
        request.session,
        city=city,
        today=timezone.localdate(),  # the town's: TownTime
        signed_in=user.is_authenticated,
        number=number,
        has_phone=isinstance(user, User) and bool(user.phone),
    )


def _new_draft(request: HttpRequest, city: City, *, kind: str) -> Draft:
    """One more; the latest again where nothing but this kind was said."""
    latest = next(iter(begun.begun_numbers(request.session, city)), None)
    if latest is not None and (draft := draft_of(request, city, latest)).is_bare and draft.kind == kind:
        return draft
    return draft_of(request, city, begun.next_number(request.session, city))


def _draft_for(request: HttpRequest, city: City, *, need: str, kind: str) -> Draft:
    """The draft that was begun for this need; else one that knows of the person what the latest does."""
    drafts = [draft_of(request, city, number) for number in begun.begun_numbers(request.session, city)]
    known = next((draft for draft in drafts if draft.answers_need == need), None)
    if known is not None:
        return known
    draft = _new_draft(request, city, kind=kind)
    if drafts:
        draft.know_person_of(drafts[0])
    return draft


def _query(**values: str) -> Any:
    return as_query({name: [value] for name, value in values.items()})


def _numbered(url: str, draft: Draft, *, always: bool = False) -> str:
    return f"{url}?{NUMBER}={draft.number}" if always or draft.number != begun.FIRST else url


def _step_url(city: City, draft: Draft, question: Step) -> str:
    if question.name == "kind":
        # Without its number the page begins another one.
        return _numbered(reverse("offers:new", args=[city.slug]), draft, always=bool(draft.kind))
    return _numbered(reverse("offers:step", args=[city.slug, question.name]), draft)


def _check_url(city: City, draft: Draft) -> str:
    return _numbered(reverse("offers:check", args=[city.slug]), draft)


def device_url(city: City, draft: Draft) -> str:
    """The page with its link and its number."""
    return _numbered(reverse("offers:device", args=[city.slug]), draft)


def next_url(city: City, draft: Draft) -> str:
    """The first open question, else the last page."""
    open_question = draft.first_open()
    return _step_url(city, draft, open_question) if open_question else _check_url(city, draft)


def _before(city: City, draft: Draft, question: Step) -> str:
    steps = draft.steps()
    if question not in steps:
        return _check_url(city, draft) if draft.may_add(question) else _step_url(city, draft, steps[0])
    return _step_url(city, draft, steps[max(0, steps.index(question) - 1)])
