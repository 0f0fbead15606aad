"""A list taken in by the desk: sent, its columns chosen, tried, imported, mended, taken back. Each a service call."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import COORDINATION, person, town_page
from accounts.models import Organisation
from catalogue.imports import guessing
from catalogue.spreadsheets import FileQuestion, Unreadable
from catalogue.spreadsheets.writing import FORMATS
from cities.days import local_day
from cities.models import City
from lists import giving, presentation, reading, report, selectors, services
from lists.forms import AnswersForm, ColumnsForm, UploadForm
from lists.kinds import COLUMNS, label, required
from lists.models import Fate, ListImport, Step, What

# A multipart form is a little longer than its file.
_LONGEST_FORM = services.MOST_BYTES + 64 * 1024


def takes_files(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The one page that a file may be sent to (`config.uploads`)."""
    page.takes_files_up_to = _LONGEST_FORM  # type: ignore[attr-defined]
    return page


@takes_files
@town_page(COORDINATION)
@require_http_methods(["GET", "HEAD", "POST"])
def lists(request: HttpRequest, city: City) -> HttpResponse:
    """The town's lists, and the form for another."""
    user, now = person(request), timezone.now()
    is_sent = request.method == "POST"
    form = UploadForm(
        request.POST if is_sent else None,
        request.FILES if is_sent else None,
        senders=selectors.senders_of(user, city, What.OFFERS),
        organisations=Organisation.objects.filter(city=city)
        .exclude(state=Organisation.State.SUSPENDED)
        .order_by("name"),
    )
    if is_sent and int(request.META.get("CONTENT_LENGTH") or 0) > _LONGEST_FORM:
        form.add_error(
            "file",
            _("Ce fichier est trop gros (%(most)s Mo au plus). Coupez-le en deux.")
            % {"most": services.MOST_BYTES // 1024**2},
        )
    if is_sent and form.is_valid():
        said, file = form.cleaned_data, form.cleaned_data["file"]
        try:
            if said["what"] == What.OFFERS:
                sender = services.sender_of_offers(city=city, name=said["name"], now=now)
            else:
                sender = services.sender_of_needs(organisation=said["organisation"], now=now)
            one = services.receive(sender=sender, name=file.name, content=file.chunks(), by=user, now=now)
        except Unreadable as error:
            form.add_error("file", str(error))
        else:
            return redirect("lists:columns", city.slug, one.pk)
    page = Paginator(selectors.lists_of(user, city), 20).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page_obj": page,
        "rows": [(one, presentation.STEP_TAGS.get(Step(one.step), "")) for one in page],
        "what": What.choices,
        "formats": list(FORMATS),
    }
    return render(request, "lists/lists.html", context, status=422 if form.errors else 200)


@town_page(COORDINATION)
@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """Which column is which, shown beside five lines; or first how the file as a whole is to be read."""
    user, now, one = person(request), timezone.now(), _one(request, city, pk)
    if one.step not in (Step.COLUMNS, Step.READY, Step.FAILED) or one.emptied_at:
        return redirect("lists:one", city.slug, one.pk)
    if request.method == "POST" and "about" in request.POST:
        try:
            services.open_as(
                list_id=one.pk,
                about=request.POST["about"],
                choice=request.POST.get("choice", ""),
                by=user,
                now=now,
            )
        except Unreadable as error:
            messages.error(request, str(error))
        return redirect("lists:columns", city.slug, one.pk)
    try:
        with reading.opened(one) as table:
            header, rows = list(table.header), guessing.sample(table.lines)
            notices = list(table.notices)
    except FileQuestion as question:
        return render(request, "lists/question.html", {"one": one, "question": question})
    except (Unreadable, FileNotFoundError) as error:
        return render(request, "lists/unreadable.html", {"one": one, "error": error}, status=422)
    guesses = guessing.guess(COLUMNS[one.sender.what], header, rows, one.sender.headers)
    is_sent = request.method == "POST"
    form = ColumnsForm(request.POST if is_sent else None, sender=one.sender, header=header, guesses=guesses)
    if is_sent and form.is_valid():
        try:
            services.choose(
                list_id=one.pk,
                header=header,
                columns=form.chosen(),
                fixed=form.for_all(),
                by=user,
                now=now,
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            return redirect("lists:one", city.slug, one.pk)
    shown: list[dict[str, Any]] = [
        {
            "field": form[name],
            "how": guess.how,
            "header": text,
            "cells": [row[at] if at < len(row) else "" for row in rows[: guessing.SHOWN]],
        }
        for at, (name, guess, text) in enumerate(zip(form.columns, guesses, header, strict=True))
        if text or any(at < len(row) and row[at] for row in rows)
    ]
    what, visible = one.sender.what, {column["field"].name for column in shown}
    context = {
        "one": one,
        "form": form,
        "shown": shown,
        "hidden": [form[name] for name in form.columns if name not in visible],
        "fixed": [form[name] for name in form.fixed.values()],
        "needed": [label(what, name) for name in required(what)],
        "notices": notices,
        "before": selectors.same_file(one),
    }
    return render(request, "lists/columns.html", context, status=422 if form.errors else 200)


@town_page(COORDINATION)
@require_safe
def one(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """Where a list stands: its progress, the fate of each line, what is to be answered, and the way on."""
    one, now = _one(request, city, pk), timezone.now()
    if one.step == Step.COLUMNS and not one.emptied_at:
        return redirect("lists:columns", city.slug, one.pk)
    fate = request.GET.get("sort", "")
    fate = fate if fate in Fate.values else ""
    kept = "restent" in request.GET
    page = Paginator(selectors.lines_of(one, fate=fate, kept=kept), selectors.PER_PAGE)
    page_obj = page.get_page(request.GET.get("page"))
    questions = selectors.questions_of(one) if one.step == Step.READY else []
    context = {
        "one": one,
        "counts": [
            {
                "fate": Fate(name),
                "count": count,
                "tag": presentation.TAGS[Fate(name)],
                "current": name == fate,
            }
            for name, count in selectors.tabs_of(one)
        ],
        "page_obj": page_obj,
        "rows": presentation.rows(one, page_obj.object_list, today=local_day(now, city)),
        "query": urlencode({"sort": fate} if fate else {}),
        "fate": fate,
        "kept": kept,
        "answers": AnswersForm(what=one.sender.what, questions=questions) if questions else None,
        "may_undo": services.may_undo(one, now=now),
        "until": selectors.goes_on(one),
        "detail": "offers:detail" if one.sender.what == What.OFFERS else "needs:detail",
        "formats": list(FORMATS),
    }
    return render(request, "lists/one.html", context)


@town_page(COORDINATION)
@require_POST
def words(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """What words of the list mean; then it is tried again."""
    one = _one(request, city, pk)
    form = AnswersForm(request.POST, what=one.sender.what, questions=selectors.questions_of(one))
    said = form.answers() if form.is_valid() else {}
    if not said:
        messages.info(request, _("Aucune réponse\u202f: rien n’a changé."))
        return redirect("lists:one", city.slug, one.pk)
    return _done(request, one, services.answer, answers=said)


@town_page(COORDINATION)
@require_POST
def start(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """Import what was tried."""
    return _done(request, _one(request, city, pk), services.start_import)


@town_page(COORDINATION)
@require_POST
def to_mend(request: HttpRequest, city: City, pk: int, form: str) -> HttpResponse:
    """The lines to mend, as a spreadsheet of the same columns; POST, for it is kept who took it."""
    one, now = _one(request, city, pk), timezone.now()
    if form not in FORMATS:
        raise Http404
    try:
        file = report.report(one, form=form, today=local_day(now, city))
    except (FileNotFoundError, Unreadable):
        messages.info(request, _("Le fichier n’est plus là\u202f: il est effacé après une semaine."))
        return redirect("lists:one", city.slug, one.pk)
    services.note_reading(one, by=person(request), now=now)
    response = FileResponse(file, as_attachment=True, filename=f"a-corriger-{one.pk}.{form}")
    response["Cache-Control"] = "no-store"
    return response  # type: ignore[return-value]  # a response like any other, but for its name


@town_page(COORDINATION)
@require_POST
def settle(request: HttpRequest, city: City, pk: int, line: int) -> HttpResponse:
    """Of what the list and somebody here say differently, one of the two."""
    one = _one(request, city, pk)
    found = get_object_or_404(one.all_lines, pk=line)
    take = request.POST.get("take") == "list"
    try:
        services.settle(line_id=found.pk, take=take, by=person(request), now=timezone.now())
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("La liste est suivie.") if take else _("Gardé comme ici."))
    return redirect(f"{redirect('lists:one', city.slug, one.pk).url}?sort={Fate.DISPUTED}")


@town_page(COORDINATION)
@require_POST
def undo(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """Take an import back, but for what somebody has touched since."""
    return _done(request, _one(request, city, pk), services.undo)


@town_page(COORDINATION)
@require_POST
def forget(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """The file goes at once."""
    one = _one(request, city, pk)
    try:
        services.forget(list_id=one.pk, by=person(request), now=timezone.now())
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("lists:one", city.slug, one.pk)
    messages.success(request, _("Le fichier est effacé."))
    return redirect("lists:lists", city.slug)


@town_page(COORDINATION)
@require_POST
def give_out(request: HttpRequest, city: City) -> HttpResponse:
    """All offers or needs of the town in the columns in which lists come in; POST, for it is kept who took it."""
    what, form, now = request.POST.get("what", ""), request.POST.get("form", ""), timezone.now()
    if what not in What.values or form not in FORMATS:
        return HttpResponseBadRequest()
    file = giving.give_out(city=city, what=What(what), form=form, by=person(request), now=now)
    day = local_day(now, city).isoformat()
    response = FileResponse(file, as_attachment=True, filename=f"{city.slug}-{what}-{day}.{form}")
    response["Cache-Control"] = "no-store"
    return response  # type: ignore[return-value]  # a response like any other, but for its name


def _one(request: HttpRequest, city: City, pk: int) -> ListImport:
    return get_object_or_404(selectors.lists_of(person(request), city), pk=pk)


def _done(
    request: HttpRequest, one: ListImport, service: Callable[..., ListImport], **asked: Any
) -> HttpResponse:
    try:
        service(list_id=one.pk, by=person(request), now=timezone.now(), **asked)
    except services.Busy as busy:
        messages.warning(request, " ".join(busy.messages))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return redirect("lists:one", one.city.slug, one.pk)
