"""Sign-in, one's account, associations: parse, one service call, render."""

import base64
from datetime import timedelta
from typing import Any

from allauth.account import views as allauth_views
from allauth.account.adapter import get_adapter
from allauth.account.stages import LoginStage
from allauth.mfa.totp import views as allauth_totp
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import consequences, known_browsers, selectors, services, sign_in, visitors
from accounts.access import COORDINATION, PUBLIC, own_page, person, town_page
from accounts.forms import (
    CODE,
    ConfirmCodeForm,
    OrganisationByVisitorForm,
    OrganisationForm,
    ProfileForm,
    RequestCodeForm,
    SuspendForm,
    TokenForm,
    ToldForm,
)
from accounts.models import ApiToken, Consent, Organisation, User
from cities.models import City

ORGANISATIONS_PER_PAGE = 50
# In the session of a visitor: the association that they introduce, until their address is proven.
_ASSOCIATION = "association"


# --- Sign-in ------------------------------------------------------------------------------------------


class RequestCodeView(allauth_views.RequestLoginCodeView):
    """Ask for an address; whether it has an account or not, the next page is the same."""

    form_class = RequestCodeForm

    def _redirect_to_pending_stage(self, request: HttpRequest, stage: LoginStage) -> None:
        """Somebody who waits for a code may come back here, to correct the address or to ask again."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().post(request, *args, **kwargs)
        except sign_in.UNAVAILABLE:
            messages.error(request, sign_in.unavailable_message())
            form = self.form_class(initial={"email": request.POST.get("email", "")})
            return self.render_to_response(self.get_context_data(form=form), status=503)

    def form_valid(self, form: RequestCodeForm) -> HttpResponse:
        email = form.cleaned_data["email"]
        # Whoever works here every day is held back by nobody who shares their network.
        is_known = bool(known_browsers.number(self.request, email))
        if not is_known and not visitors.passes(self.request, visitors.Act.CODE, form):
            return self.form_invalid(form)
        try:
            sign_in.send_code(
                request=self.request,
                user=selectors.find_person(email=email),
                email=email,
                next_url=self.get_next_url() or "",
            )
        except sign_in.TooManyCodesError:
            form.refuse_more()
            return self.form_invalid(form)
        except sign_in.MailNotSentError:
            if not is_known:
                visitors.give_back(self.request, visitors.Act.CODE)
            raise
        return HttpResponseRedirect(self.get_success_url())


class ConfirmCodeView(allauth_views.ConfirmLoginCodeView):
    """Ask for the code; three wrong ones or ten minutes, and a new one is needed.

    The link of the mail brings the code along: it is filled in and waits for the button, since mail servers open links.
    In another browser than the one in which it was asked for, it is shown to be copied.
    """

    form_class = ConfirmCodeForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = super().dispatch(request, *args, **kwargs)
        except sign_in.UNAVAILABLE:
            messages.error(request, sign_in.unavailable_message())
            return redirect("account_login")
        if isinstance(response, HttpResponseRedirect) and response.url == reverse("account_login"):
            if self._code_brought() and not hasattr(self, "_process") and request.user.is_anonymous:
                return render(request, "account/code_elsewhere.html", self._words())
            if getattr(self, "_process", "unknown") is None:
                messages.warning(request, _("Ce code n’est plus valable. Demandez-en un autre."))
            # Where the person was going is not forgotten with the code.
            return HttpResponseRedirect(self.passthrough_next_url(response.url))
        return response

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        state = self._process.state
        try:
            self._try = sign_in.count_try(request=request, email=state["email"], code_of=str(state["at"]))
        except sign_in.TooManyTriesError:
            self._process.abort()
            messages.error(request, get_adapter().error_messages["too_many_login_attempts"])
            return redirect("account_login")
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: ConfirmCodeForm) -> HttpResponse:
        self._try.rollback()
        email = self._process.state["email"]
        response = super().form_valid(form)
        known_browsers.remember(response, request=self.request, email=email)
        return response

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "code": self._code_brought()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), **self._words()}

    def _code_brought(self) -> str:
        """The code of the link, on the way to the button."""
        code = self.request.GET.get("code", "") if self.request.method in ("GET", "HEAD") else ""
        return code if CODE.fullmatch(code) else ""

    def _words(self) -> dict[str, Any]:
        minutes = settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT // 60
        again = self.passthrough_next_url(reverse("account_login"))
        return {"minutes": minutes, "again_url": again, "code_brought": self._code_brought()}


class SignOutView(allauth_views.LogoutView):
    """Asks first. The browser forgets what it kept of the pages, so that "back" shows nothing."""

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().post(*args, **kwargs)
        response["Clear-Site-Data"] = '"cache"'
        return response


class ActivateSecondFactorView(allauth_totp.ActivateTOTPView):
    """Add an authenticator application; the spare codes come next. Whoever adds one has just shown who they are: a
    browser that was left open would else let its finder be the one who is asked from then on.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and (
            proof_url := sign_in.proof_url(request, request.user, next_url=request.get_full_path())
        ):
            return redirect(proof_url)
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: forms.Form) -> HttpResponse:
        response = super().form_valid(form)
        sign_in.note_second_factor(request=self.request, user=person(self.request))
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        # The drawing has no ground of its own: black on black in dark mode.
        head, tag, rest = context["totp_svg"].partition("<path")
        svg = f'{head}<rect width="100%" height="100%" fill="#fff"/>{tag}{rest}'
        drawing = base64.b64encode(svg.encode()).decode()
        return {**context, "totp_svg_data_uri": f"data:image/svg+xml;base64,{drawing}"}


@require_GET
def first_time(request: HttpRequest) -> HttpResponse:
    """How an account opens: with what one posts."""
    return render(request, "account/signup.html")


# --- One's account ------------------------------------------------------------------------------------


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """Name, language; consents, associations, API keys."""
    user = person(request)
    initial = {"name": user.name, "language": user.language}
    form = ProfileForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            changed = services.update_profile(user=user, **form.cleaned_data, by=user, now=timezone.now())
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Vos changements sont enregistrés."))
            response = redirect("accounts:home")
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                changed.language,
                secure=settings.LANGUAGE_COOKIE_SECURE,
                samesite="Lax",
            )
            return response
    return _account_page(request, user, form=form)


@login_required
@never_cache
@require_POST
def end_elsewhere(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    user = person(request)
    ended = services.end_elsewhere(session_key=request.session.session_key, user=user)
    messages.success(
        request,
        ngettext(
            "Un autre appareil est déconnecté.",
            "%(n)s autres appareils sont déconnectés.",
            ended,
        )
        % {"n": ended}
        if ended
        else _("Votre compte n’était ouvert nulle part ailleurs."),
    )
    return redirect("accounts:home")


@login_required
@never_cache
@require_POST
@sensitive_post_parameters()
def add_token(request: HttpRequest) -> HttpResponse:
    """A new API key, for whoever has just shown who they are; its secret is in this answer and nowhere else."""
    user = person(request)
    if proof_url := sign_in.proof_url(request, user, next_url=reverse("accounts:home")):
        return redirect(proof_url)
    form = TokenForm(request.POST)
    secret = ""
    if form.is_valid():
        _token, secret = services.issue_token(
            user=user,
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            valid_for=timedelta(days=form.cleaned_data["days"]),
            by=user,
            now=timezone.now(),
        )
        form = TokenForm()
    return _account_page(request, user, token_form=form, secret=secret)


@login_required
@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    user = person(request)
    token = get_object_or_404(ApiToken, pk=pk, user=user)
    services.revoke_token(token=token, by=user, now=timezone.now())
    messages.success(request, _("La clé est révoquée."))
    return redirect("accounts:home")


@login_required
@require_POST
def agree_to_appeals(request: HttpRequest) -> HttpResponse:
    """Somebody wants to be asked for other needs near by; then back to the page where they said so."""
    user = person(request)
    services.agree_to_appeals(user=user, by=user, now=timezone.now())
    messages.success(
        request, _("C’est noté. Nous vous demanderons parfois, et vous arrêtez quand vous voulez.")
    )
    way_back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        way_back, {request.get_host()}, require_https=request.is_secure()
    )
    return redirect(way_back if is_ours else "accounts:home")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw_consent(request: HttpRequest, pk: int) -> HttpResponse:
    """What stops before an agreement is taken back; afterwards what goes on, and what would come back."""
    user = person(request)
    consent = get_object_or_404(Consent, pk=pk, user=user)
    if request.method == "POST":
        services.withdraw_consent(consent=consent, by=user, now=timezone.now())
        messages.success(request, _("Votre accord est retiré."))
        return redirect("accounts:withdraw_consent", pk)
    context = {
        "consent": consent,
        "is_given": selectors.consents_of(user).filter(purpose=consent.purpose, withdrawn_at=None).exists(),
        "foreseen": consequences.foresee(user, consent.purpose),
    }
    return render(request, "accounts/consent.html", context)


@login_required
@require_POST
def give_consent_again(request: HttpRequest, pk: int) -> HttpResponse:
    user = person(request)
    consent = get_object_or_404(Consent, pk=pk, user=user)
    services.give_consent_again(consent=consent, by=user, now=timezone.now())
    messages.success(request, _("C’est noté. Vous le retirez quand vous voulez."))
    return redirect("accounts:home")


@own_page
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def told(request: HttpRequest, pk: int) -> HttpResponse:
    """A manager says to whom of an association its messages go."""
    user = person(request)
    organisation = get_object_or_404(Organisation.objects.managed_by(user).select_related("city"), pk=pk)
    form = ToldForm(request.POST or None, team=selectors.team_of(organisation))
    if request.method == "POST" and form.is_valid():
        try:
            services.choose_told(organisation=organisation, **form.chosen(), by=user, now=timezone.now())
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("C’est noté."))
            return redirect("accounts:told", pk)
    context = {"form": form, "organisation": organisation}
    return render(request, "accounts/told.html", context, status=422 if form.errors else 200)


def _account_page(
    request: HttpRequest,
    user: User,
    *,
    form: ProfileForm | None = None,
    token_form: TokenForm | None = None,
    secret: str = "",
) -> HttpResponse:
    initial = {"name": user.name, "language": user.language}
    context = {
        "form": form or ProfileForm(initial=initial),
        "token_form": token_form or TokenForm(),
        "secret": secret,
        "organisations": selectors.organisations_of(user),
        "managed": set(Organisation.objects.managed_by(user).values_list("pk", flat=True)),
        "city_roles": selectors.roles_of(user),
        "consents": selectors.consents_of(user),
        "asks_for_appeals": not selectors.agrees_to_appeals(user),
        "tokens": selectors.tokens_of(user),
        "now": timezone.now(),
        "sessions": selectors.sessions_of(user, here=request.session.session_key, now=timezone.now()),
    }
    return render(request, "accounts/home.html", context)


# --- Associations -------------------------------------------------------------------------------------


@town_page(PUBLIC)
@require_http_methods(["GET", "POST"])
def register_organisation(request: HttpRequest, city: City) -> HttpResponse:
    """An association introduces itself. Of a visitor the answers stay in their browser's session until their address is
    proven: then they, and nobody else who signs in there, find them here once more, and send them.
    """
    draft = request.session.get(_ASSOCIATION, {})
    is_theirs = draft.get("person") == request.user.pk and draft.get("city") == city.slug
    kept = draft.get("fields", {}) if request.user.is_authenticated and is_theirs else {}
    form_class = OrganisationForm if request.user.is_authenticated else OrganisationByVisitorForm
    form = form_class(request.POST or None, initial=kept)
    if (
        request.method == "POST"
        and form.is_valid()
        and visitors.passes(request, visitors.Act.ASSOCIATION, form)
    ):
        try:
            return _register(request, city, form)
        except ValidationError as refusal:
            form.refuse(refusal)
    context = {"form": form, "city": city, "is_proven": bool(kept)}
    return render(request, "accounts/organisation_form.html", context, status=422 if form.errors else 200)


def _register(request: HttpRequest, city: City, form: OrganisationForm) -> HttpResponse:
    now = timezone.now()
    if request.user.is_authenticated:
        services.register_organisation(**form.cleaned_data, city=city, by=request.user, now=now)
        request.session.pop(_ASSOCIATION, None)
        messages.success(request, _("Votre association est inscrite. La ville va la vérifier."))
        return redirect("accounts:home")
    answers = {name: str(value) for name, value in form.cleaned_data.items()}
    newcomer = services.ensure_person(
        email=answers.pop("person_email"),
        name=answers.pop("person_name"),
        language=get_language() or settings.LANGUAGE_CODE,
        now=now,
    )
    request.session[_ASSOCIATION] = {"city": city.slug, "person": newcomer.pk, "fields": answers}
    here = reverse("accounts:register_organisation", args=[city.slug])
    return services.start_code_sign_in(request=request, user=newcomer, next_url=here, city=city)


@town_page(COORDINATION)
@require_GET
def organisations(request: HttpRequest, city: City) -> HttpResponse:
    """The associations of a city, those to verify first; `association`, the number of one, shows it alone."""
    found = selectors.organisations_to_review(person(request), city)
    if (number := request.GET.get("association", "")).isdecimal():
        found = found.filter(pk=number[:18])
    paginator = Paginator(found, ORGANISATIONS_PER_PAGE)
    page = paginator.get_page(request.GET.get("page"))
    selectors.note_same_numbers(page.object_list)
    context = {"city": city, "page_obj": page, "away_since": timezone.now() - selectors.AWAY}
    return render(request, "accounts/organisations.html", context)


@town_page(COORDINATION)
@require_POST
def verify_organisation(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    organisation = _organisation(request, city, pk)
    try:
        services.verify_organisation(organisation=organisation, by=person(request), now=timezone.now())
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("%(name)s est vérifiée.") % {"name": organisation})
    return redirect("accounts:organisations", city.slug)


@town_page(COORDINATION)
@require_POST
def suspend_organisation(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    organisation = _organisation(request, city, pk)
    form = SuspendForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["reason"])))
        return redirect("accounts:organisations", city.slug)
    services.suspend_organisation(
        organisation=organisation,
        reason=form.cleaned_data["reason"],
        by=person(request),
        now=timezone.now(),
    )
    messages.success(request, _("%(name)s est suspendue.") % {"name": organisation})
    return redirect("accounts:organisations", city.slug)


def _organisation(request: HttpRequest, city: City, pk: int) -> Organisation:
    return get_object_or_404(Organisation.objects.visible_to(request.user), city=city, pk=pk)
