"""What if: what may be changed, the questions that were asked, what each would bring; and what was foreseen."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import STEERING, person, town_page
from cities.days import local_day
from cities.models import City
from cities.selectors import communes_of
from whatif import own, presentation, results, services
from whatif.foreseen import DAYS, foreseen
from whatif.forms import AskForm
from whatif.models import Question

PER_PAGE = 10


@town_page(STEERING)
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest, city: City) -> HttpResponse:
    """What may be changed, and the town's past questions."""
    form = AskForm(request.POST or None, communes=communes_of(city))
    if request.method == "POST" and form.is_valid():
        try:
            asked = services.ask(city=city, fields=form.cleaned_data, by=person(request), now=timezone.now())
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            return redirect("whatif:one", city.slug, asked.pk)
    page = Paginator(_questions(city), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page_obj": page,
        "rows": [
            {
                "question": one,
                "words": presentation.words(one),
                "said": presentation.sentence(one),
                "tag": presentation.TAGS[one.state],
            }
            for one in page.object_list
        ],
    }
    return render(request, "whatif/index.html", context, status=422 if form.errors else 200)


@town_page(STEERING)
@require_safe
def one(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """One question: how far it is, what it would bring, by which figures, and what is not established."""
    question = get_object_or_404(_questions(city), pk=pk)
    context = {
        "question": question,
        "words": presentation.words(question),
        "said": presentation.sentence(question),
        "done": len(question.years),
        "most": results.MOST_YEARS,
        "rows": presentation.table(question),
        "counted": presentation.counted(question),
        "call": presentation.call_address(question),
        "least": own.LEAST,
    }
    return render(request, "whatif/one.html", context)


@town_page(STEERING)
@require_safe
def drawing(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """People housed without and with the change."""
    question = get_object_or_404(_questions(city), pk=pk)
    return HttpResponse(presentation.drawing(question), content_type="image/svg+xml")


@town_page(STEERING)
@require_POST
def stop(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """Nobody waits for it any more."""
    question = get_object_or_404(_questions(city), pk=pk)
    services.stop(question_id=question.pk, by=person(request), now=timezone.now())
    messages.success(request, _("Le calcul est arrêté. Ce qui est calculé reste."))
    return redirect("whatif:one", city.slug, pk)


@town_page(STEERING)
@require_safe
def foreseen_page(request: HttpRequest, city: City) -> HttpResponse:
    """How foresight counts, and how far off it was."""
    rows = foreseen(city, today=local_day(timezone.now(), city))
    context = {"rows": presentation.foreseen_rows(rows), "days": DAYS}
    return render(request, "whatif/foreseen.html", context)


def _questions(city: City) -> QuerySet[Question]:
    return Question.objects.filter(city=city).select_related("city__seat", "commune", "by")
