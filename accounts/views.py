"""One's account: parse, one service call, render."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import consequences, selectors, services, sign_in
from accounts.access import person
from accounts.forms import ProfileForm, TokenForm
from accounts.models import ApiToken, Consent, Organisation, User
from accounts.way_back import way_back


@login_required
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
@require_POST
def end_elsewhere(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere but here, after one's proof: whoever holds a stolen phone does not shut its owner out."""
    user = person(request)
    if proof_url := sign_in.proof_url(request, user, next_url=reverse("accounts:home")):
        return redirect(proof_url)
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
@require_POST
def end_one(request: HttpRequest, mark: str) -> HttpResponse:
    """Sign out in one other browser, after one's proof."""
    user = person(request)
    if proof_url := sign_in.proof_url(request, user, next_url=reverse("accounts:home")):
        return redirect(proof_url)
    if services.end_one(mark=mark, session_key=request.session.session_key, user=user):
        messages.success(request, _("L’appareil est déconnecté."))
    else:
        messages.info(request, _("Cet appareil était déjà déconnecté."))
    return redirect("accounts:home")


@login_required
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
    return way_back(request, "next", "accounts:home")


@login_required
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
