"""Signing in and out, and the second factor: parse, one call, render."""

from typing import Any

from allauth.account import views as allauth_views
from allauth.account.adapter import get_adapter
from allauth.account.stages import LoginStage
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts import known_browsers, selectors, sign_in, visitors
from accounts.forms import CODE, ConfirmCodeForm, RequestCodeForm
from accounts.proconnect_views import leave_url


class RequestCodeView(allauth_views.RequestLoginCodeView):
    """Ask for an address; whether it has an account or not, the next page is the same."""

    form_class = RequestCodeForm

    def _redirect_to_pending_stage(self, request: HttpRequest, stage: LoginStage) -> None:
        """Somebody who waits for a code may come back here, to correct the address or to ask again."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "has_proconnect": bool(settings.PROCONNECT_URL)}

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
        except sign_in.TooManyCodesError as refused:
            form.refuse_more(sign_in.too_many_message(refused))
            return self.form_invalid(form)
        except sign_in.MailNotSentError:
            if not is_known:
                visitors.give_back(self.request, visitors.Act.CODE)
            raise
        return HttpResponseRedirect(self.get_success_url())


class ConfirmCodeView(allauth_views.ConfirmLoginCodeView):
    """Ask for the code; three wrong ones or ten minutes, and a new one is needed.

    The link of the mail brings the code along: it is filled in and waits for the button, since mail servers open links.
    In another browser than the one in which it was asked for, it is shown to be copied. What is wrong with a code that
    was typed on a receipt is said there.
    """

    form_class = ConfirmCodeForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        receipt = self._receipt()
        try:
            response = super().dispatch(request, *args, **kwargs)
        except sign_in.UNAVAILABLE:
            if receipt:
                return sign_in.refuse_on(request, receipt, sign_in.unavailable_message())
            messages.error(request, sign_in.unavailable_message())
            return redirect("account_login")
        if isinstance(response, HttpResponseRedirect) and response.url == reverse("account_login"):
            if receipt:
                said = _("Ce code n’est plus valable. Demandez-en un autre.")
                return sign_in.refuse_on(request, receipt, said)
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
        except sign_in.TooManyTriesError as refused:
            sign_in.note_outcome(sign_in.Outcome.LIMIT, self._process.user)
            self._process.abort()
            if receipt := self._receipt():
                return sign_in.refuse_on(request, receipt, sign_in.too_many_tries_message(refused))
            messages.error(request, sign_in.too_many_tries_message(refused))
            return redirect("account_login")
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: ConfirmCodeForm) -> HttpResponse:
        self._try.rollback()
        email = self._process.state["email"]
        response = super().form_valid(form)
        known_browsers.remember(response, request=self.request, email=email)
        return response

    def form_invalid(self, form: ConfirmCodeForm) -> HttpResponse:
        sign_in.note_outcome(sign_in.Outcome.WRONG_CODE, self._process.user)
        if not (receipt := self._receipt()):
            return super().form_invalid(form)
        said = " ".join(form.errors.get("code", []))
        if not self._process.record_invalid_attempt():
            said = _("Trop de codes faux. Demandez-en un autre.")
        return sign_in.refuse_on(self.request, receipt, said)

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "code": self._code_brought()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), **self._words()}

    def _receipt(self) -> str:
        """The page of ours on which the code was typed, and which says what is wrong with it."""
        page = self.request.POST.get("receipt", "")
        return page if page.startswith("/") and get_adapter().is_safe_url(page) else ""

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
        signed = sign_in.signed_by_proconnect(self.request)
        response = super().post(*args, **kwargs)
        if url := leave_url(self.request, signed):
            response = render(self.request, "account/onward.html", {"url": url, "is_leaving": True})
        response["Clear-Site-Data"] = '"cache"'
        return response


@require_GET
def first_time(request: HttpRequest) -> HttpResponse:
    """How an account opens: with what one posts."""
    return render(request, "account/signup.html")
