"""The pages of offers: parse, one service call, render."""

import uuid
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.selectors import find_person, is_coordinator, is_operator
from accounts.services import log_contact_reading
from accounts.sign_in import start_code_sign_in
from catalogue.references import is_reference
from catalogue.vocabulary import Kind
from cities.models import City
from offers import intake, selectors, services, wizard, words
from offers.forms import (
    CONTACT,
    CallForm,
    OfferForm,
    SearchForm,
    WithdrawForm,
    complete,
    current_values,
    edit_names,
    period_formset,
    proposed_title,
    unchecked,
)
from offers.models import Offer, OfferState
from offers.wizard import STEPS, Draft, Step

PER_PAGE = 50
LAST_QUESTION = ("consent", "share_with_linked")


# --- "Je propose mon aide" -----------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, city_slug: str, step: str) -> HttpResponse:
    """One question. Going on needs a good answer; going back keeps whatever was typed."""
    city = _open_city(city_slug)
    draft = _draft(request, city)
    question = STEPS.get(step)
    if question is None:
        raise Http404
    if request.method == "POST":
        return _answer(request, city, draft, question)
    asked = request.GET.get("nature", "")
    if step == "kind" and asked in Kind.values:
        # From a page that already knows: "Je peux aider" under a need.
        draft.keep(question, _query(kind=asked), sent=True)
        return redirect(_step_url(city, STEPS["category"]))
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


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, city_slug: str) -> HttpResponse:
    """All the answers on one page, then send. Sent twice, it is registered once."""
    city = _open_city(city_slug)
    draft = _draft(request, city)
    if request.method == "POST":
        # Sent already, and the button pressed again or the page opened anew: the same receipt.
        reference = wizard.sent_by_key(request.session, request.POST.get("key", ""))
        if reference and request.POST.get("key") != draft.key:
            return _after_sending(request, city, reference)
    open_question = draft.first_open()
    if open_question is not None:
        return _where_one_is(request, city, draft)
    form = _last_form(request, city, draft)
    if request.method == "POST" and form.is_valid():
        response = _send(request, city, draft, form)
        if response is not None:
            return response
    draft.mark_checked()
    offer = Offer(**(draft.fields() | _form_extra(form)), city=city)
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
            by=sender,
            now=timezone.now(),
        )
    except ValidationError as error:
        form.add_service_errors(error)
        return None
    code_url = ""
    if sender is None and offer.owner.email:
        proven_url = reverse("offers:proven", args=[city.slug, offer.reference])
        code_url = start_code_sign_in(request=request, user=offer.owner, next_url=proven_url).url
    wizard.remember_sent(request.session, key=draft.key, reference=offer.reference, code_url=code_url)
    draft.forget()
    return _after_sending(request, city, offer.reference)


def _after_sending(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    name = "offers:detail" if request.user.is_authenticated else "offers:sent"
    return redirect(name, city.slug, reference)


@require_POST
def start_again(request: HttpRequest, city_slug: str) -> HttpResponse:
    """Forget the answers of this browser."""
    city = _open_city(city_slug)
    _draft(request, city).forget()
    return redirect("offers:new", city.slug)


@never_cache
@require_safe
def sent(request: HttpRequest, city_slug: str, reference: str) -> HttpResponse:
    """The receipt of a visitor, in the browser that sent the offer: its reference, and what remains to be done."""
    city = _any_city(city_slug)
    known = wizard.sent_by_reference(request.session, reference.upper())
    if known is None:
        raise Http404
    offer = get_object_or_404(
        Offer.objects.select_related("owner", "city"), city=city, reference=known["reference"]
    )
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


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def proven(request: HttpRequest, city_slug: str, reference: str) -> HttpResponse:
    """After the code: the offer becomes active. Only in the browser that sent it, or at a press of the button."""
    offer = _own_offer(request, city_slug, reference)
    here = wizard.sent_by_reference(request.session, offer.reference) is not None
    if request.method == "POST" or here:
        user = _user(request)
        if services.prove_contact(owner=user, by=user, now=timezone.now(), offer_id=offer.pk):
            messages.success(request, _("C’est confirmé. Merci."))
    return redirect("offers:detail", offer.city.slug, offer.reference)


# --- One's own offers ----------------------------------------------------------------------------------


@login_required
@never_cache
@require_safe
def mine(request: HttpRequest, city_slug: str) -> HttpResponse:
    """What somebody proposed in a town, and where each stands."""
    city = _any_city(city_slug)
    now, _today = _moment(city)
    page = Paginator(selectors.own_offers(_user(request), city), PER_PAGE).get_page(request.GET.get("page"))
    cards = [
        {
            "offer": offer,
            "tag": words.tag(offer),
            "next_step": words.next_step(offer, now=now),
            "asks_again": words.asks_again(offer, now=now) or offer.state == OfferState.EXPIRED,
            "periods": selectors.periods_of(offer),
        }
        for offer in page.object_list
    ]
    return render(request, "offers/mine.html", {"cards": cards, "page_obj": page})


@login_required
@never_cache
@require_safe
def detail(request: HttpRequest, city_slug: str, reference: str) -> HttpResponse:
    """One offer: its receipt, what is known, its history, and what can be done."""
    return _detail(request, _offer(request, city_slug, reference))


def _detail(request: HttpRequest, offer: Offer, *, contact: User | None = None) -> HttpResponse:
    user = _user(request)
    now, today = _moment(offer.city)
    is_owner = user.pk == offer.owner_id
    is_desk = _is_desk(request, offer.city)
    context = {
        "offer": offer,
        "tag": words.tag(offer),
        "next_step": words.next_step(offer, now=now) if is_owner else "",
        "facts": words.facts(offer, selectors.periods_of(offer), today=today),
        "events": words.history(
            offer, selectors.changes_of(offer), selectors.edits_of(offer), viewer=user, now=now
        ),
        "possible": selectors.possible(offer),
        "asks_again": words.asks_again(offer, now=now),
        "is_new": is_owner and offer.state == OfferState.ACTIVE and offer.changed_at == offer.confirmed_at,
        "steps": words.receipt_steps(offer),
        "received_at": timezone.localtime(offer.created_at),
        "service": offer.city.name,
        "town_contact": offer.city.phone or offer.city.email,
        "is_owner": is_owner,
        "is_desk": is_desk,
        "may_vet": is_coordinator(user, offer.city)
        and offer.kind == Kind.HOUSING
        and offer.vetted_at is None,
        "contact": contact,
    }
    return render(request, "offers/detail.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, city_slug: str, reference: str) -> HttpResponse:
    """All the fields of the kind on one page, and the periods."""
    offer = _offer(request, city_slug, reference)
    if not selectors.possible(offer).edit:
        messages.warning(request, _("Cette proposition ne peut plus être modifiée."))
        return redirect("offers:detail", offer.city.slug, offer.reference)
    now, today = _moment(offer.city)
    names = edit_names(offer.kind)
    windows = selectors.periods_of(offer)
    data = request.POST if request.method == "POST" else None
    form = OfferForm(
        data,
        city=offer.city,
        today=min(today, offer.best_before or today),
        kind=offer.kind,
        names=names,
        initial=current_values(offer, names),
        compact=True,
    )
    form.fields["title"].help_text = ""
    periods = period_formset(data, windows=windows, today=today)
    # Both are asked, so that all that is wrong is shown at once.
    if data is not None and all([form.is_valid(), periods.is_valid()]):
        fields = complete({"kind": offer.kind, **form.offer_fields()})
        try:
            services.change(
                offer_id=offer.pk, fields=fields, windows=periods.periods(), by=_user(request), now=now
            )
        except ValidationError as error:
            form.add_service_errors(error)
        else:
            messages.success(request, _("Vos changements sont enregistrés."))
            return redirect("offers:detail", offer.city.slug, offer.reference)
    context = {"offer": offer, "form": form, "periods": periods}
    is_wrong = data is not None
    return render(request, "offers/edit.html", context, status=422 if is_wrong else 200)


@login_required
@require_POST
def pause(request: HttpRequest, city_slug: str, reference: str) -> HttpResponse:
    return _act(request, city_slug, reference, services.pause, _("Elle est en pause."))


@login_required
@require_POST
def resume(request: HttpRequest, city_slug: str, reference: str) -> HttpResponse:
    return _act(request, city_slug, reference, services.resume, _("Elle est de nouveau active."))


@login_required
@require_POST
def reconfirm(request: HttpRequest, city_slug: str, reference: str) -> HttpResponse:
    return _act(request, city_slug, reference, services.reconfirm, _("Merci. C’est noté pour aujourd’hui."))


def _act(
    request: HttpRequest, city_slug: str, reference: str, service: Callable[..., Offer], said: str
) -> HttpResponse:
    offer = _offer(request, city_slug, reference)
    try:
        service(offer_id=offer.pk, by=_user(request), now=timezone.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, said)
    return redirect("offers:detail", offer.city.slug, offer.reference)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, city_slug: str, reference: str) -> HttpResponse:
    """Ask once before taking an offer back; the reason is optional."""
    offer = _offer(request, city_slug, reference)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.withdraw(
                offer_id=offer.pk, by=_user(request), now=timezone.now(), reason=form.cleaned_data["reason"]
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("La proposition est retirée. Merci de l’avoir faite."))
        return redirect("offers:detail", offer.city.slug, offer.reference)
    return render(request, "offers/withdraw.html", {"offer": offer, "form": form})


# --- The town's desk -----------------------------------------------------------------------------------


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, city_slug: str) -> HttpResponse:
    """One screen for somebody on the line. Looking up and changing the kind keep all that was typed."""
    city = _desk_city(request, city_slug)
    now, today = _moment(city)
    user = _user(request)
    source = request.POST if request.method == "POST" else request.GET
    kind = source.get("switch") or source.get("nature") or Kind.HOUSING
    kind = kind if kind in Kind.values else Kind.HOUSING
    data = request.POST if request.method == "POST" else None
    key = source.get("key", "")[:60] or str(uuid.uuid4())
    is_sent = data is not None and not {"switch", "look_up"} & set(data)
    form = CallForm(data if is_sent else None, kind=kind, city=city, today=today)
    if data is not None and not is_sent:
        form = CallForm(None, kind=kind, city=city, today=today, initial=unchecked(form, data))
    person, known = None, []
    if data is not None:
        person = find_person(phone=data.get("phone"), email=data.get("email"))
        if person is not None:
            known = selectors.known_offers(user, city, person)
            log_contact_reading(subject=person, reason="caller-look-up", by=user, now=now)
    if is_sent and form.is_valid():
        fields = complete({"kind": kind, **form.offer_fields()})
        fields["title"] = fields["title"] or proposed_title(fields)
        if selectors.same_offer(known, fields) and not form.cleaned_data["not_a_duplicate"]:
            form.add_error(
                "not_a_duplicate",
                _("Cette personne propose déjà la même chose. Est-ce une autre proposition\u202f?"),
            )
        else:
            try:
                offer = intake.take_call(
                    city=city,
                    contact={name: form.cleaned_data[name] for name in CONTACT},
                    fields=fields,
                    windows=form.periods(),
                    external_key=f"call:{key}",
                    by=user,
                    now=now,
                )
            except ValidationError as error:
                form.add_service_errors(error)
            else:
                messages.success(
                    request,
                    _("Enregistrée sous la référence %(reference)s. Lisez-la à la personne.")
                    % {"reference": offer.reference},
                )
                return redirect("offers:detail", city.slug, offer.reference)
    if not known:
        form.fields.pop("not_a_duplicate", None)
    context = {
        "form": form,
        "kind": kind,
        "kinds": [
            {"value": value, "label": label, "current": value == kind} for value, label in Kind.choices
        ],
        "key": key,
        "person": person,
        "known": known,
        "looked_up": data is not None and "look_up" in data,
    }
    return render(request, "offers/enter.html", context, status=422 if is_sent else 200)


@login_required
@never_cache
@require_safe
def town(request: HttpRequest, city_slug: str) -> HttpResponse:
    """The desk's list: search, those to call, homes to visit."""
    city = _desk_city(request, city_slug)
    user = _user(request)
    form = SearchForm(request.GET)
    search = form.cleaned_data if form.is_valid() else {}
    offers = selectors.town_offers(user, city, **search)
    view = request.GET.get("vue", "")
    if view == "appels":
        offers = selectors.to_call(offers)
    elif view == "visites":
        offers = selectors.to_visit(offers)
    page = Paginator(offers, PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        {"offer": offer, "tag": words.tag(offer), "periods": selectors.periods_of(offer)}
        for offer in page.object_list
    ]
    numbers = selectors.counts(user, city)
    here = reverse("offers:town", args=[city.slug])
    tabs = [
        {"url": here, "text": _("Toutes"), "current": view not in ("appels", "visites"), "count": None},
        {
            "url": f"{here}?vue=appels",
            "text": _("À appeler"),
            "current": view == "appels",
            "count": numbers["to_call"],
        },
        {
            "url": f"{here}?vue=visites",
            "text": _("À visiter"),
            "current": view == "visites",
            "count": numbers["to_visit"],
        },
    ]
    filters = {name: value for name, value in {**search, "vue": view}.items() if value}
    context = {
        "form": form,
        "view": view,
        "tabs": tabs,
        "rows": rows,
        "page_obj": page,
        "query": urlencode(filters),
        "is_search": any(search.values()),
        "may_vet": is_coordinator(user, city),
    }
    return render(request, "offers/town.html", context)


@login_required
@never_cache
@require_POST
def contact(request: HttpRequest, city_slug: str, reference: str) -> HttpResponse:
    """Show the desk how to reach the owner; the reading is kept."""
    offer = _desk_offer(request, city_slug, reference)
    log_contact_reading(
        subject=offer.owner,
        reason="offer",
        reference=offer.reference,
        by=_user(request),
        now=timezone.now(),
    )
    return _detail(request, offer, contact=offer.owner)


@login_required
@require_POST
def vet(request: HttpRequest, city_slug: str, reference: str) -> HttpResponse:
    """A coordinator says that the home was visited."""
    offer = _offer(request, city_slug, reference)
    if not is_coordinator(_user(request), offer.city) or offer.kind != Kind.HOUSING:
        raise Http404
    services.vet(offer_id=offer.pk, by=_user(request), now=timezone.now())
    messages.success(request, _("La visite est notée."))
    return _back_to_list(request, offer)


@login_required
@require_POST
def called(request: HttpRequest, city_slug: str, reference: str) -> HttpResponse:
    """Somebody without an e-mail confirmed their offer to an operator on the phone."""
    offer = _desk_offer(request, city_slug, reference)
    if services.prove_contact(owner=offer.owner, by=_user(request), now=timezone.now(), offer_id=offer.pk):
        messages.success(request, _("Confirmée au téléphone. La proposition est active."))
    return _back_to_list(
        request, offer, fallback=reverse("offers:town", args=[offer.city.slug]) + "?vue=appels"
    )


def _back_to_list(request: HttpRequest, offer: Offer, fallback: str = "") -> HttpResponseRedirect:
    case = request.POST.get("case", "")
    if is_reference(case):
        return redirect("matching:case", offer.city.slug, case)
    if request.POST.get("from") == "list":
        return HttpResponseRedirect(
            fallback or reverse("offers:town", args=[offer.city.slug]) + "?vue=visites"
        )
    return redirect("offers:detail", offer.city.slug, offer.reference)


# --- Shared --------------------------------------------------------------------------------------------


def _open_city(slug: str) -> City:
    return get_object_or_404(City.objects.open().select_related("seat"), slug=slug)


def _any_city(slug: str) -> City:
    return get_object_or_404(City, slug=slug)


def _desk_city(request: HttpRequest, slug: str) -> City:
    """The town, for its coordinators and operators; to anybody else the page does not exist."""
    city = _any_city(slug)
    if not _is_desk(request, city):
        raise Http404
    return city


def _is_desk(request: HttpRequest, city: City) -> bool:
    return is_coordinator(request.user, city) or is_operator(request.user, city)


def _moment(city: City) -> tuple[datetime, date]:
    """Now, and the town's today."""
    now = timezone.now()
    return now, timezone.localdate(now, ZoneInfo(city.timezone))


def _draft(request: HttpRequest, city: City) -> Draft:
    _now, today = _moment(city)
    return Draft(request.session, city=city, today=today, signed_in=request.user.is_authenticated)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _offer(request: HttpRequest, city_slug: str, reference: str) -> Offer:
    try:
        return selectors.get_offer(request.user, _any_city(city_slug), reference)
    except Offer.DoesNotExist:
        raise Http404 from None


def _desk_offer(request: HttpRequest, city_slug: str, reference: str) -> Offer:
    offer = _offer(request, city_slug, reference)
    if not _is_desk(request, offer.city):
        raise Http404
    return offer


def _own_offer(request: HttpRequest, city_slug: str, reference: str) -> Offer:
    offer = _offer(request, city_slug, reference)
    if offer.owner_id != _user(request).pk:
        raise Http404
    return offer


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
